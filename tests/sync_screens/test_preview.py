"""Preview: counts, the list by outcome with field differences, filters; nothing is written; Start from there."""

from datetime import datetime, timedelta

import pytest
from django.test import Client
from django.utils import timezone
from django.utils.formats import date_format
from pytest_django import Settings

from accounts.models import Installation, Quota
from sandbox.testing import Sandbox
from sync import engine, preview
from sync.fields import FieldType
from sync.mapping import Kind, Row
from sync.models import Issue, Link, ModuleSetting, Proposal, Record, Run, Write
from sync.queries import preflight
from tests.factories import connected_installation, make_member, signed_in_client
from tests.sync_screens.conftest import Queued
from tests.sync_screens.world import World
from tests.sync_screens.world import preview as drawn_preview

pytestmark = pytest.mark.django_db
PREVIEW = "/embed/sync/preview/"


def text_of(client: Client, path: str = PREVIEW) -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    return answer.content.decode()


def test_no_preview_yet(client: Client, installation: Installation) -> None:
    assert "No preview yet" in text_of(client)


def test_counts_and_rows_with_their_differences(client: Client, world: World) -> None:
    text = text_of(client)
    assert "Possible duplicate, held" in text
    rows = text[text.index('data-test="proposals"') :]
    assert "<ins>fjord.example</ins>" in rows
    assert "<del>Leeds</del>" in rows
    assert "Books does not know the value" in rows
    assert "<img" not in rows


def test_a_pair_that_would_be_made_names_both(client: Client, world: World) -> None:
    link = Proposal.objects.get(outcome="link")
    bigin, books = Record.objects.filter(side="bigin")[0], Record.objects.filter(side="books")[0]
    books.label = "Harbour Lights Ltd & <b>Sons</b>"
    books.save()
    Proposal.objects.filter(pk=link.pk).update(bigin=bigin, books=books)
    text = text_of(client, f"{PREVIEW}?outcome=link")
    assert "Harbour Lights Ltd &amp; &lt;b&gt;Sons&lt;/b&gt;" in text
    assert text.count('data-test="counterpart"') == 1
    same = Proposal.objects.filter(outcome="update")
    same.update(bigin=bigin, books=books, label=books.label)
    Record.objects.filter(pk=bigin.pk).update(label=books.label)
    assert 'data-test="counterpart"' not in text_of(client, f"{PREVIEW}?outcome=update")


def test_a_contact_is_shown_with_its_company(client: Client, world: World) -> None:
    company = world.links[1].bigin
    assert company is not None
    contact = Record.objects.create(
        installation=world.installation, side="bigin", kind="contact", remote_id="8299", label="Ivo Faro",
        parent_id=company.remote_id,
    )  # fmt: skip
    Proposal.objects.create(
        run=world.preview, module="customers", kind="contact-person", side="books", outcome="create", label="Ivo Faro",
        bigin=contact,
    )  # fmt: skip
    text = text_of(client, f"{PREVIEW}?q=ivo")
    assert '<span class="small muted">Blue Harbour Cruises</span>' in text


def test_rule_5_4_changed_settings_are_said_until_a_preview_shows_them(client: Client, world: World) -> None:
    change = {"at": timezone.now().isoformat(), "creates": [["contact-person", "books"]], "fields": []}
    ModuleSetting.objects.filter(module="customers").update(changed=change)
    one = "/embed/sync/customers/preview/"
    assert "no preview shows yet what that does" in text_of(client, one)
    assert "no preview shows yet what that does" in text_of(client)
    assert "settings were changed" not in text_of(client, "/embed/sync/products/preview/")
    home = text_of(client, "/embed/sync/")
    assert 'data-test="changed-customers"' in home
    assert 'data-test="changed-products"' not in home
    Run.objects.filter(pk=world.preview.pk).update(started_at=timezone.now())
    assert "This is what the changed settings do. The next run does it." in text_of(client, one)
    ModuleSetting.objects.update(changed={})
    assert "changed settings" not in text_of(client, one)
    assert "no preview shows yet" not in text_of(client, one)


def test_what_a_person_refused_to_create_is_told_with_the_way_on(client: Client, world: World) -> None:
    assert "refused to create" not in text_of(client)
    Issue.objects.filter(pk=world.skipped.pk).update(code="refused_by_person")
    text = text_of(client)
    assert "1 record is left out, as a person refused to create it." in text
    assert 'href="/embed/sync/issues/?code=refused_by_person"' in text


def test_filters(client: Client, world: World) -> None:
    rows = text_of(client, f"{PREVIEW}?outcome=create")
    table = rows[rows.index('data-test="proposals"') :]
    assert "Fjord" in table
    assert "Harbour Lights" not in table
    assert "No record matches" in text_of(client, f"{PREVIEW}?q=nobody")
    assert "Harbour Lights" in text_of(client, f"{PREVIEW}?q=harbour")
    for query in ("?outcome=%00", "?side=nobody", "?page=x"):
        assert client.get(PREVIEW + query).status_code == 200


def test_it_is_asked_for_by_post_and_leads_back(client: Client, installation: Installation) -> None:
    assert client.post(PREVIEW).headers["Location"] == PREVIEW
    assert client.post(f"{PREVIEW}?next=home").headers["Location"] == "/embed/sync/"
    one = "/embed/sync/products/preview/"
    assert client.post(one).headers["Location"] == one
    assert client.post("/embed/sync/deals/preview/").status_code == 404


@pytest.mark.django_db(transaction=True)
def test_each_press_queues_one_dry_run(client: Client, installation: Installation, queued: Queued) -> None:
    client.post("/embed/sync/products/preview/")
    client.post(PREVIEW)
    assert queued.of("run_preview") == [
        (str(installation.pk), ["products"], "person", None, None, "Ada Keller"),
        (str(installation.pk), ["customers", "products"], "person", None, None, "Ada Keller"),
    ]
    assert queued.of("run_sync") == []


@pytest.mark.django_db(transaction=True)
def test_rule_1_1_from_an_empty_installation_to_start_with_nothing_written_before(
    sandbox: Sandbox, queued: Queued
) -> None:
    """The travel agency: what the preview says is what the first run does."""
    installation = connected_installation(sandbox)
    ada = signed_in_client(make_member(installation, name="Ada Keller"))
    ada.post(f"{PREVIEW}?next=home")
    (asked,) = queued.of("run_preview")
    ended = preview.run(installation, asked[1], asked[2])
    assert ended is not None
    assert ended.run.state == Run.State.DONE
    assert Link.objects.count() == Write.objects.count() == 0
    home = text_of(ada, "/embed/sync/")
    assert 'data-test="start-sync"' in home
    made = Proposal.objects.filter(outcome="create", side="books", module="products").count()
    assert f'<td class="num" data-label="Create in Zoho Books">{made}</td>' in home
    ada.post("/embed/sync/start/", {"module": ["products"]})
    assert ModuleSetting.objects.get(module="products").started_at is not None
    run = engine.run(installation, ["products"], "person")
    assert run is not None
    done = Write.objects.filter(op="create", side="books", state="done")
    assert done.count() == made
    activity = text_of(ada, f"/embed/sync/runs/{run.run.pk}/")
    assert "Create in" in activity
    assert "In step" in text_of(ada, "/embed/sync/")


def check_of(world: World, name: str, modules: tuple[str, ...] = ("customers", "products")) -> preflight.Check:
    found = preflight.checks(world.installation, world.preview, list(modules))
    return next(check for check in found if check.name == name)


def test_pre_flight_names_and_equal_names(world: World) -> None:
    assert check_of(world, "names").ok
    assert check_of(world, "equal_names").ok
    for number in (1, 2):
        Record.objects.create(
            installation=world.installation,
            side="bigin",
            kind="contact",
            remote_id=f"71{number}",
            fields={"Name": None},
        )
        Record.objects.create(
            installation=world.installation,
            side="bigin",
            kind="company",
            remote_id=f"72{number}",
            keys=["name:twin ltd"],
        )
    assert "2 contacts have no name" in str(check_of(world, "names").text)
    assert "1 name belongs to several companies" in str(check_of(world, "equal_names").text)
    Record.objects.filter(remote_id="722").update(gone_at=timezone.now())
    assert check_of(world, "equal_names").ok


def test_pre_flight_codes_and_picklists(world: World) -> None:
    assert check_of(world, "codes").ok
    Proposal.objects.create(
        run=world.preview, module="products", kind="product-item", outcome="duplicate", label="Tour"
    )
    assert "1 product nearly matches an item" in str(check_of(world, "codes").text)
    assert check_of(world, "picklists").ok
    row = Row(Kind.PRODUCT_ITEM, "Product_Category", "cf_category", FieldType.PICKLIST)
    ModuleSetting.objects.filter(module="products").update(
        mapping=[row.to_json()],
        picklists={"bigin": {"Product_Category": ["Tour", "Flight"]}, "books": {"cf_category": ["Tour", "Hotel"]}},
    )
    assert str(check_of(world, "picklists").text).endswith("Flight, Hotel")


def test_pre_flight_currency(world: World) -> None:
    Installation.objects.update(bigin_currency="EUR", books_currency="USD")
    world.installation.refresh_from_db()
    assert "Bigin's currency is EUR" in str(check_of(world, "warning").text)
    Installation.objects.update(bigin_currency="USD")
    world.installation.refresh_from_db()
    assert str(check_of(world, "currency").text) == "Bigin and Books both count in USD."


def done_at(moment: datetime) -> str:
    return f"At about {date_format(timezone.localtime(moment), 'SHORT_DATETIME_FORMAT')} it is done"


def test_pre_flight_size_against_the_quota(one_moment: datetime, world: World, settings: Settings) -> None:
    settings.ZOHO_BOOKS_PER_MINUTE = 100
    Proposal.objects.all().delete()

    def propose(number: int, side: str) -> None:
        Proposal.objects.bulk_create(
            Proposal(
                run=world.preview, module="customers", kind="company-customer", side=side, outcome="create", label="x"
            )
            for _ in range(number)
        )

    propose(400, "books")
    propose(101, "bigin")
    # 400 calls to Books at 80 a minute; two writes and two read-backs in Bigin.
    size = check_of(world, "size")
    assert (size.ok, str(size.text)) == (True, "The first sync needs about 404 calls and takes about 5 minutes.")
    Quota.objects.filter(product="books", day=one_moment.date()).update(remaining=500)
    size = check_of(world, "size")
    assert not size.ok
    assert "about 404 calls; today's quota has 500 left." in str(size.text)
    assert done_at(one_moment + timedelta(minutes=5)) in str(size.text)
    Quota.objects.filter(product="books", day=one_moment.date()).update(
        limit=1_000, remaining=200, resets_at=one_moment + timedelta(hours=3)
    )
    # Two hundred today, two hundred at 80 a minute once the quota starts anew.
    assert done_at(one_moment + timedelta(hours=3, minutes=2.5)) in str(check_of(world, "size").text)


def test_pre_flight_stands_beside_start(client: Client, installation: Installation) -> None:
    drawn_preview(installation, [])
    for path in ("/embed/sync/", PREVIEW):
        text = text_of(client, path)
        assert 'data-test="check-size" data-ok="yes"' in text
        assert "No two companies have the same name." in text


def test_rule_2_3_what_is_created_in_bigin_is_compared_with_what_its_plan_takes(world: World) -> None:
    here = Record.objects.filter(installation=world.installation, side="bigin").count()
    assert str(check_of(world, "room").text) == "Nothing is created in Bigin by the first sync."
    new = {
        "run": world.preview,
        "module": "customers",
        "kind": "company-customer",
        "side": "bigin",
        "outcome": "create",
    }
    Proposal.objects.bulk_create(Proposal(label="Old Town Walks", **new) for _ in range(500 - here))
    assert "your plan must allow them" in str(check_of(world, "room").text)
    world.installation.settings = {"bigin_plan": "free"}
    assert check_of(world, "room").ok
    Proposal.objects.create(label="Old Town Walks", **new)
    check = check_of(world, "room")
    assert not check.ok
    assert f"{501 - here} records would be created in Bigin beside the {here}" in str(check.text)
    assert "Bigin Free takes about 500." in str(check.text)
    for edition in ("biginexpress", "of-tomorrow", ""):  # no figure is known, so nobody is alarmed
        world.installation.settings = {"bigin_plan": edition}
        check = check_of(world, "room")
        assert (check.ok, "your plan must allow them" in str(check.text)) == (True, True)
