"""Activity and Health: runs, each record's outcome, filters, pictures with their numbers, undo, CSV by ticket."""

import csv
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from unittest.mock import Mock

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import Connection, Installation, Member, Quota, Ticket
from sync.models import Issue, Run, Write
from sync.queries import health, pictures, probes
from tests.factories import make_installation
from tests.sync_screens.world import World, fill
from zoho import probes_bigin, probes_books

pytestmark = pytest.mark.django_db
ACTIVITY = "/embed/sync/activity/"


def text_of(client: Client, path: str = ACTIVITY) -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    return answer.content.decode()


def test_each_run_tells_counts_calls_duration_and_how_it_ended(client: Client, world: World) -> None:
    table = text_of(client)
    row = table[table.index(f"/embed/sync/runs/{world.run.pk}/", table.index('data-test="runs"')) :]
    row = row[: row.index("</tr>")]
    # read 40 + 31, written 1 + 1 + 1, failed 0, calls 7 + 4, 13 seconds: the run of a day ago.
    for label, number in (("Read", 71), ("Written", 3), ("Failed", 0), ("API calls", 11), ("Seconds", 13)):
        assert f'data-label="{label}">{number}</td>' in row
    assert "held: needs your decision" in table


def test_runs_say_what_they_were_of(client: Client, world: World) -> None:
    Run.objects.filter(pk=world.run.pk).update(modules=["products"])
    squeezed = " ".join(text_of(client).split())
    assert '<td data-label="Entity">Products</td>' in squeezed
    assert '<td data-label="Entity">Companies and contacts, Products</td>' in squeezed  # the preview
    assert '<td data-label="Entity">All</td>' in squeezed
    run = " ".join(text_of(client, f"/embed/sync/runs/{world.run.pk}/").split())
    assert "<dt>Entity</dt><dd>Products</dd>" in run


def test_a_day_whose_answers_tell_no_quota_shows_that_of_the_plan(client: Client, world: World) -> None:
    Quota.objects.filter(product="bigin").update(limit=None, remaining=None)
    settings = {**world.installation.settings, "bigin_plan": "free"}
    Installation.objects.update(settings=settings)
    assert "300 of 5000 by your plan" in text_of(client, "/embed/sync/health/")


def test_runs_are_filtered_and_quiet_ones_hidden(client: Client, world: World) -> None:
    quiet = Run.objects.create(
        installation=world.installation, trigger="api", state="done", finished_at=timezone.now(), counts={}, calls={}
    )
    assert f"/runs/{quiet.pk}/" in text_of(client)
    assert f"/runs/{quiet.pk}/" not in body_of_runs(client, "?quiet=hide")
    assert f"/runs/{quiet.pk}/" in body_of_runs(client, "?trigger=api")
    assert f"/runs/{world.run.pk}/" not in body_of_runs(client, "?trigger=api")
    assert f"/runs/{world.held.pk}/" in body_of_runs(client, "?state=held")
    assert "No run here" in text_of(client, f"{ACTIVITY}?state=failed")


def test_what_a_run_holds_is_said_once_on_its_page_and_its_other_issues_too(client: Client, world: World) -> None:
    held = {
        "installation": world.installation,
        "run": world.held,
        "module": "customers",
        "kind": Issue.Kind.HELD,
        "code": "too_many_deletions",
        "reason": "3 deletions would be made within 24 hours.",
    }
    writes = list(Write.objects.filter(run=world.held).values_list("pk", flat=True))
    listed = Issue.objects.create(**held, detail={"run": world.held.pk, "writes": writes})
    address = f"/embed/sync/runs/{world.held.pk}/"
    page = client.get(address).content.decode()
    assert (page.count("3 deletions would be made"), "Not synchronised" in page) == (1, False)
    Issue.objects.filter(pk=listed.pk).update(state=Issue.State.DISMISSED)
    page = client.get(address).content.decode()
    assert (page.count("3 deletions would be made"), "Not synchronised" in page) == (1, True)


def body_of_runs(client: Client, query: str) -> str:
    text = text_of(client, ACTIVITY + query)
    return text[text.index('data-test="runs"') :]


def test_the_picture_has_its_numbers_in_a_table(client: Client, world: World) -> None:
    text = text_of(client)
    assert text.count("<rect") >= 10
    numbers = text[text.index("The numbers") : text.index('data-test="runs"')]
    assert numbers.count("<tr>") == 1 + len(pictures.runs_over_time(world.installation))


def test_one_run_lists_each_records_outcome_with_its_reason(client: Client, world: World) -> None:
    text = text_of(client, f"/embed/sync/runs/{world.run.pk}/")
    assert "Bigin refused the phone number. Correct it in Books, then press Retry." in text
    assert text.count(">taken back<") == 0
    assert f'data-test="undo-{world.write.pk}"' in text
    assert "Both sides changed the name." in text  # what was not synchronised in it


def test_records_are_searched_and_filtered(client: Client, world: World) -> None:
    refused = text_of(client, f"{ACTIVITY}records/?state=rejected&side=bigin")
    assert "Meridian Business Travel" in refused
    assert "Alpine Trails" not in refused
    assert "Nothing was written" in text_of(client, f"{ACTIVITY}records/?q=nobody")
    for query in ("q=%00", "run=x", "run=99999999999999999999", "state=%00", "page=-1", "op=drop"):
        assert client.get(f"{ACTIVITY}records/?{query}").status_code == 200


def test_undo_takes_back_one_change_once(client: Client, world: World) -> None:
    target = world.links[0].books
    assert target is not None
    target.fields = {**target.fields, "billing_address.city": "York", "website": "https://example.com/new"}
    target.save()
    for _click in range(2):
        client.post(f"/embed/sync/writes/{world.write.pk}/undo/")
    undo = Write.objects.get(undoes=world.write)
    assert undo.fields == {"billing_address.city": "Leeds", "website": None}
    assert undo.state == "pending"
    text = text_of(client, f"/embed/sync/runs/{world.write.run_id}/")
    assert "1 change is being taken back." in text
    assert "It was taken back already" in text
    assert ">taken back<" in text
    assert f'data-test="undo-{world.write.pk}"' not in text


def test_undo_leaves_alone_what_was_changed_since(client: Client, world: World) -> None:
    client.post(f"/embed/sync/writes/{world.write.pk}/undo/")
    assert not Write.objects.filter(undoes=world.write).exists()
    assert "was changed since; it is left alone" in text_of(client, f"/embed/sync/runs/{world.write.run_id}/")


def test_undo_of_a_whole_run_shows_first_what_it_takes_back(client: Client, world: World) -> None:
    before = text_of(client, f"/embed/sync/runs/{world.run.pk}/undo/")
    assert "3 changes, listed below." in before
    assert not Write.objects.filter(undoes__isnull=False).exists()
    for link in world.links[:3]:
        assert link.books is not None
        link.books.fields = {**link.books.fields, "billing_address.city": "York", "website": "https://example.com/new"}
        link.books.save()
    client.post(f"/embed/sync/runs/{world.run.pk}/undo/")
    assert Write.objects.filter(undoes__run=world.run, state="pending").count() == 3
    assert "3 changes are being taken back." in text_of(client, f"/embed/sync/runs/{world.run.pk}/")


# Files that leave the frame


def exported(client: Client, what: str, query: str = "") -> str:
    answer = client.post(f"/embed/sync/export/{what}/{query}", headers={"HX-Request": "true"})
    assert answer.status_code == 200
    return str(answer.headers["HX-Redirect"])


def lines_of(client: Client, path: str) -> list[list[str]]:
    answer = client.get(path)
    assert answer.status_code == 200
    assert answer.headers["Content-Disposition"].startswith("attachment")
    stream: Iterator[bytes] = answer.streaming_content  # type: ignore[attr-defined]
    return list(csv.reader(b"".join(stream).decode("utf-8-sig").splitlines()))


def test_the_file_opens_once_without_a_cookie(client: Client, world: World) -> None:
    path = exported(client, "issues")
    rows = lines_of(Client(), path)
    assert len(rows) == 1 + 3
    assert rows[0] == ["Since", "Module", "Record", "Code", "Reason", "What to do"]
    again = Client().get(path)
    assert again.status_code == 410
    assert "A download link works once" in again.content.decode()


def test_an_old_ticket_and_a_ticket_for_something_else_open_nothing(client: Client, world: World) -> None:
    path = exported(client, "pairs")
    Ticket.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert Client().get(path).status_code == 410
    other = exported(client, "pairs")
    Ticket.objects.update(subject="invoice-pdf")
    assert Client().get(other).status_code == 410
    assert client.post("/embed/sync/export/passwords/").status_code == 404


def test_whoever_is_no_administrator_any_more_gets_no_file(client: Client, world: World, administrator: Member) -> None:
    path = exported(client, "pairs")
    Member.objects.filter(pk=administrator.pk).update(profile="Standard")
    assert Client().get(path).status_code == 410


def test_the_file_holds_what_the_filter_showed_and_nothing_of_others(client: Client, world: World) -> None:
    fill(make_installation())
    everything = lines_of(client, exported(client, "activity"))
    assert len(everything) - 1 == Write.objects.filter(installation=world.installation).count()
    refused = lines_of(client, exported(client, "activity", "?state=rejected"))
    assert {row[5] for row in refused[1:]} == {"rejected"}
    assert len(refused) - 1 == 10
    shown = lines_of(client, exported(client, "preview", "?outcome=create"))
    assert [row[2:4] for row in shown[1:]] == [["create", "Fjord & Fell"]]


def test_a_name_that_is_a_formula_is_harmless_in_a_spreadsheet(client: Client, world: World) -> None:
    world.alone.label = '=HYPERLINK("https://evil.example")'
    world.alone.save()
    rows = lines_of(client, exported(client, "issues"))
    assert [row[2] for row in rows if "HYPERLINK" in row[2]] == ['\'=HYPERLINK("https://evil.example")']


# Health


def test_health_tells_connections_quota_probes_and_who_changed_what(client: Client, world: World) -> None:
    Installation.objects.update(
        probes={"books_equal_names": {"held": True, "text": "Two contacts share a name."}, "linked_with_zohocrm": False}
    )
    Connection.objects.filter(product="books").update(problem="Access was revoked. Press Reconnect.")
    text = text_of(client, "/embed/sync/health/")
    assert "Access was revoked. Press Reconnect." in text
    assert "disconnected" in text
    assert "300 of 5000" in text
    assert "May several customers have one name?" in text
    assert "Two contacts share a name." in text
    assert "inked with zohocrm" not in text  # what setup notes for itself
    assert "Changed the interval of Products to every hour." in text


def test_every_question_of_the_probes_is_asked_in_words_and_says_what_a_no_means(db: None) -> None:
    """The names are those that the probes themselves give (an unknown one would be shown by its name)."""
    lists = [f"bigin_{name}_deleted_list" for name in ("accounts", "contacts", "products")]
    lists += [f"books_{name}_changed_since" for name in ("contacts", "items", "invoices", "estimates", "salesorders")]
    single = [name for name, _ask in (*probes_bigin.questions(Mock()), *probes_books.questions(Mock(product="books")))]
    named = [*lists, *(name for name in single if name != "books_plan_and_quota"), "books_plan", "books_daily_quota"]
    answers = {name: {"held": False, "text": "So it is."} for name in named}
    asked = {"asked_at": {"held": None, "text": "2026-03-04T05:06:07+00:00"}}
    found = probes.found(make_installation(probes={**answers, **asked}))
    shown = {answer.name: answer for _side, answers in found.by_side for answer in answers}
    assert set(shown) == set(named)
    assert [name for name, answer in shown.items() if not str(answer.words).endswith("?")] == []
    assert str(shown["books_items_changed_since"].words) == "Does it list only items changed since a time?"
    assert str(shown["bigin_accounts_deleted_list"].otherwise) == "The nightly listing finds deletions instead."
    assert found.asked_at == datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)


def test_silence_is_noticed_after_a_day(world: World) -> None:
    Run.objects.filter(state="done").update(finished_at=timezone.now() - timedelta(hours=25))
    assert health.is_silent(world.installation)
    Run.objects.filter(state="done").update(finished_at=timezone.now() - timedelta(hours=23))
    assert not health.is_silent(world.installation)


def test_quota_nearly_used_up(world: World) -> None:
    Quota.objects.filter(product="books").update(calls=4800, limit=5000, remaining=200)
    low = {one.connection.product: one.is_low for one in health.connections(world.installation)}
    assert low == {"bigin": False, "books": True}


@pytest.mark.parametrize("numbers", [(0, 0, 0), (1, 0, 0), (1, 10_000, 1), (3, 3, 3), (0, 5, 0)])
def test_a_stretch_never_leaves_its_bar(numbers: tuple[int, int, int]) -> None:
    bar = pictures.stretch("all", [(str(place), number, "fill-1") for place, number in enumerate(numbers)])
    assert bar.total == sum(numbers)
    assert all(part.x + part.width <= pictures.WIDE for part in bar.parts)
    assert [part.width > 0 for part in bar.parts] == [number > 0 for number in numbers]
