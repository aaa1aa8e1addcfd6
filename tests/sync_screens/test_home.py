"""The settings home: entities and intervals, the first run's summary, Start, Sync Now, Pause, progress."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Connection, Installation, Quota
from sync.models import Module, ModuleSetting, Run, Write
from tests.factories import make_member, signed_in_client
from tests.sync_screens.conftest import Queued
from tests.sync_screens.world import HOSTILE, World, pair, preview

pytestmark = pytest.mark.django_db
HOME = "/embed/sync/"
HTMX = {"HX-Request": "true"}


def text_of(client: Client, path: str = HOME) -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    return answer.content.decode()


def test_the_table_tells_interval_last_sync_pushes_and_what_is_in_step(client: Client, world: World) -> None:
    text = text_of(client)
    assert "Companies &amp; Contacts" in text
    assert "Customers &amp; contact persons" in text
    assert text.count("every 15 minutes") >= 2
    assert 'data-test="configure-customers"' in text
    assert 'data-test="sync-now-products"' in text
    assert 'data-test="pause-customers"' in text
    assert "3 to do" in text
    assert "1 conflict" in text
    # Ten pairs, two of them with an open issue.
    assert '<td data-label="In step" class="num">8</td>' in text
    setting = ModuleSetting.objects.get(module="customers")
    row = text.partition('data-test="module-customers"')[2].partition("</tr>")[0]
    for label, moment in (
        ("Last sync", setting.last_sync_at),
        ("Last push to Zoho Books", setting.pushed_to_books_at),
        ("Last push to Bigin", setting.pushed_to_bigin_at),
        ("Next run", setting.next_run_at),
    ):
        assert moment is not None
        assert f'data-label="{label}">\n<time datetime="{moment.isoformat()}">' in row


def quota(world: World, remaining: int) -> None:
    """Ten calls a run, and what is left of today's 1,000; a fifth of the day is people's."""
    Run.objects.filter(kind=Run.Kind.SYNC).update(state=Run.State.DONE, calls={"books": 10})
    ends = timezone.now() + timedelta(hours=10)
    today = {"product": "books", "day": timezone.now().date(), "limit": 1_000, "remaining": remaining}
    Quota.objects.filter(product="books").delete()
    Quota.objects.create(installation=world.installation, **today, resets_at=ends)


def interval_of(text: str, module: str) -> str:
    row = text[text.index(f'data-test="module-{module}"') :]
    return " ".join(row[row.index('data-label="Interval"') : row.index('data-label="Last sync"')].split())


def test_a_stretched_interval_stands_beside_the_chosen_one_with_its_reason(client: Client, world: World) -> None:
    quota(world, 950)
    assert "for now" not in text_of(client)
    quota(world, 400)  # twenty runs in ten hours
    found = interval_of(text_of(client), "customers")
    assert "every 15 minutes" in found
    assert "for now about every 30 minutes: the calls left today with Zoho Books would not last" in found
    quota(world, 220)  # two runs
    assert "for now about every 5 hours: the calls left today with Zoho Books" in interval_of(
        text_of(client), "products"
    )


def test_what_does_not_run_has_no_stretched_interval(client: Client, world: World) -> None:
    quota(world, 400)
    ModuleSetting.objects.filter(module="customers").update(paused_at=timezone.now())
    ModuleSetting.objects.filter(module="products").update(started_at=None, interval_minutes=30)
    assert "for now" not in text_of(client)


def test_an_interval_longer_than_the_quota_asks_for_is_the_chosen_one(client: Client, world: World) -> None:
    quota(world, 400)
    ModuleSetting.objects.update(interval_minutes=60)
    assert "for now" not in text_of(client)


def test_sync_now_during_a_preview_shows_that_a_run_follows(client: Client, world: World) -> None:
    ModuleSetting.objects.update(queued_at=None, requested_at=None)
    Run.objects.create(installation=world.installation, kind=Run.Kind.PREVIEW, trigger="person")
    client.post("/embed/sync/now/", {"module": "products"})
    text = text_of(client)
    assert "another one follows as soon as it is done" in text
    row = text[text.index('data-test="module-products"') :]
    assert "starting" in row[: row.index('data-label="Interval"')]


def test_nothing_offers_to_write_before_the_first_summary(client: Client, installation: Installation) -> None:
    text = text_of(client)
    assert 'data-test="first-run"' in text
    assert 'data-test="start-sync"' not in text
    assert 'data-test="sync-now"' not in text
    assert 'hx-trigger="load, submit"' in text


def test_a_redrawn_home_does_not_ask_for_another_preview(client: Client, installation: Installation) -> None:
    text = client.get(HOME, headers=HTMX).content.decode()
    assert 'data-test="first-run"' in text
    assert "load, submit" not in text


def test_rule_1_1_the_summary_says_what_will_be_linked_and_created_on_each_side(
    client: Client, installation: Installation
) -> None:
    preview(installation, [])
    text = text_of(client)
    assert 'data-test="start-sync"' in text
    summary = text[text.index('data-test="first-summary"') :]
    row = summary[summary.index('value="customers"') : summary.index("</tr>", summary.index('value="customers"'))]
    numbers = [cell.split("<")[0] for cell in row.split('">')[1:] if cell[:1].isdigit()]
    assert numbers == ["1", "0", "1", "1", "1", "1"]  # link, create in Bigin, in Books, change, held, skip


def test_start_starts_the_chosen_modules_once(client: Client, installation: Installation, queued: Queued) -> None:
    preview(installation, [])
    client.get(HOME)
    for _press in range(2):
        answer = client.post("/embed/sync/start/", {"module": ["customers"]})
        assert answer.headers["Location"] == HOME
    setting = ModuleSetting.objects.get(installation=installation, module=Module.CUSTOMERS)
    assert setting.started_at is not None
    assert setting.started_by == "Ada Keller"
    assert ModuleSetting.objects.get(installation=installation, module=Module.PRODUCTS).started_at is None
    assert text_of(client).count("The sync was started") == 2  # one message for each press, shown once
    assert "The sync was started" not in text_of(client)


@pytest.mark.django_db(transaction=True)
def test_start_queues_one_run_however_often_it_is_pressed(
    client: Client, installation: Installation, queued: Queued
) -> None:
    preview(installation, [])
    client.get(HOME)
    for _press in range(3):
        client.post("/embed/sync/start/", {"module": ["customers", "products"]})
    assert queued.of("run_sync") == [
        (str(installation.pk), ["customers"], "person"),
        (str(installation.pk), ["products"], "person"),
    ]


def test_rule_1_1_start_before_any_preview_starts_nothing(
    client: Client, installation: Installation, queued: Queued
) -> None:
    Run.objects.filter(pk=preview(installation, []).pk).update(modules=["products"])
    client.post("/embed/sync/start/", {"module": ["customers", "products"]})
    assert "First look at what it would do" in text_of(client)
    assert not ModuleSetting.objects.filter(started_at__isnull=False).exists()
    assert queued.calls == {}


def test_start_without_a_choice_says_so(client: Client, installation: Installation) -> None:
    client.post("/embed/sync/start/", {"module": ["nonsense"]})
    assert "Choose what to start." in text_of(client)
    assert not ModuleSetting.objects.filter(started_at__isnull=False).exists()


@pytest.mark.parametrize("module", ["customers", ""])
def test_sync_now(client: Client, world: World, module: str) -> None:
    client.post("/embed/sync/now/", {"module": module} if module else {})
    assert "The sync starts now" in text_of(client)
    requested = ModuleSetting.objects.filter(requested_at__isnull=False).values_list("module", flat=True)
    assert sorted(requested) == ([module] if module else ["customers", "products"])


def test_sync_now_of_an_unknown_module_does_nothing(client: Client, world: World, queued: Queued) -> None:
    assert client.post("/embed/sync/now/", {"module": "nonsense"}).status_code == 404
    assert not ModuleSetting.objects.filter(requested_at__isnull=False).exists()
    assert queued.calls == {}


def test_sync_now_before_start_says_what_to_do(client: Client, installation: Installation, queued: Queued) -> None:
    client.post("/embed/sync/now/")
    assert "press Start sync first" in text_of(client)
    assert queued.calls == {}


def test_pause_and_resume(client: Client, world: World) -> None:
    client.post("/embed/sync/customers/pause/")
    text = text_of(client)
    assert "Paused. Nothing is written until you press Resume" in text
    assert 'data-test="resume-customers"' in text
    assert ModuleSetting.objects.get(module="customers").paused_at is not None
    client.post("/embed/sync/customers/resume/")
    assert ModuleSetting.objects.get(module="customers").paused_at is None


def test_read_only_is_shown(client: Client, world: World) -> None:
    client.post("/embed/sync/products/read-only/", {"on": "1"})
    assert ModuleSetting.objects.get(module="products").read_only
    assert "read-only" in text_of(client)
    client.post("/embed/sync/products/read-only/", {"on": "0"})
    assert not ModuleSetting.objects.get(module="products").read_only


def test_a_broken_connection_is_said_at_the_top(client: Client, world: World) -> None:
    Connection.objects.filter(product="books").update(problem="Zoho Books no longer accepts our access.")
    Installation.objects.update(problem="Zoho Books no longer accepts our access. Press Reconnect.")
    text = text_of(client)
    assert "The sync is stopped." in text
    assert "Press Reconnect." in text
    assert "disconnected" in text


def test_hostile_names_are_text(installation: Installation, world: World, queued: Queued) -> None:
    Installation.objects.update(bigin_org_name=HOSTILE, books_org_name=HOSTILE)
    client = signed_in_client(make_member(installation, name=HOSTILE))
    text = text_of(client)
    assert "<img" not in text
    assert text.count("&lt;img src=x") >= 3


def running(installation: Installation, **values: object) -> Run:
    Run.objects.filter(installation=installation).delete()
    standard = {"trigger": "person", "stage": "Reading bigin_companies", "counts": {}, "calls": {"bigin": 4}}
    return Run.objects.create(installation=installation, **{**standard, **values})


def test_progress_counts_the_whole_series(client: Client, world: World) -> None:
    run = running(world.installation, counts={"customers": {"books": {"read": 10, "created": 2}}})
    Run.objects.filter(pk=run.pk).update(state=Run.State.PARTIAL)
    second = Run.objects.create(
        installation=world.installation,
        trigger="person",
        series=run.series,
        stage="Sending company-customer",
        counts={"customers": {"books": {"read": 5, "created": 1}}},
        calls={"bigin": 2, "books": 7},
    )
    for number, state in enumerate(["done", "done", "pending", "rejected", "withdrawn"]):
        Write.objects.create(
            installation=world.installation, run=run, link=world.links[number], side="books", op="update", state=state
        )
    answer = client.get("/embed/sync/progress/", {"shown": f"{second.series}-running"})
    text = answer.content.decode()
    assert "3 of 4" in text
    assert 'value="3" max="4"' in text
    assert "Writing companies" in text
    assert "<strong>15</strong><span>read</span>" in text
    assert "<strong>3</strong><span>created</span>" in text
    assert "<strong>6</strong><span>calls to Bigin</span>" in text
    assert 'hx-trigger="every 2s"' in text
    assert "HX-Trigger-After-Settle" not in answer.headers


def test_a_run_that_goes_on_claims_no_zeros_and_counts_one_call_as_one(client: Client, world: World) -> None:
    run = running(world.installation, counts={"customers": {"bigin": {"read": 7}}}, calls={"bigin": 4, "books": 1})
    text = client.get(f"/embed/sync/progress/?shown={run.series}-running").content.decode()
    assert "<strong>7</strong><span>read</span>" in text
    assert "<strong>1</strong><span>call to Books</span>" in text
    assert "created" not in text  # it tells its counts every ten seconds only
    Run.objects.update(state=Run.State.DONE, finished_at=timezone.now())
    assert "<strong>0</strong><span>created</span>" in client.get("/embed/sync/progress/").content.decode()


def test_progress_tells_the_page_when_a_run_begins_and_ends(client: Client, world: World) -> None:
    run = running(world.installation)
    assert client.get("/embed/sync/progress/?shown=").headers["HX-Trigger-After-Settle"] == "run-changed"
    Run.objects.update(state=Run.State.DONE, finished_at=timezone.now())
    ended = client.get(f"/embed/sync/progress/?shown={run.series}-running")
    assert ended.headers["HX-Trigger-After-Settle"] == "run-changed"
    assert 'data-announce="The sync is done"' in ended.content.decode()


def test_a_run_that_began_and_ended_between_two_looks_is_not_missed(client: Client, world: World) -> None:
    run = running(world.installation)
    Run.objects.update(state=Run.State.DONE, finished_at=timezone.now())
    assert client.get("/embed/sync/progress/?shown=").headers["HX-Trigger-After-Settle"] == "run-changed"
    drawn = client.get(f"/embed/sync/progress/?shown={run.series}-ended")
    assert "HX-Trigger-After-Settle" not in drawn.headers


def test_a_long_run_says_when_it_will_be_done(client: Client, world: World) -> None:
    run = running(world.installation, started_at=timezone.now() - timedelta(minutes=10))
    Write.objects.filter(installation=world.installation).delete()
    Write.objects.bulk_create(
        Write(installation=world.installation, run=run, link=world.links[0], side="books", op="update", state="done")
        for _ in range(31)
    )
    for link in world.links[:9]:
        Write.objects.create(installation=world.installation, run=run, link=link, side="bigin", op="update")
    text = client.get(f"/embed/sync/progress/?shown={run.series}-running").content.decode()
    assert "31 of 40" in text
    assert "Done at about " in text


def test_the_number_of_statements_does_not_grow_with_the_records(client: Client, world: World) -> None:
    client.get(HOME)  # the first visit writes the session
    with CaptureQueriesContext(connection) as few:
        client.get(HOME)
    for number in range(50, 90):
        pair(world.installation, number, f"Customer {number}")
    with CaptureQueriesContext(connection) as many:
        client.get(HOME)
    assert len(many) == len(few)
    assert len(few) <= 30
