"""The file of pairs, line by line: what rests with its mode, what is wrong in it, and how much it costs."""

from __future__ import annotations

import csv

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Installation
from invoices import removal
from sync import services
from sync.configure import ConfigureInput
from sync.models import Decision, Issue, Link, Mode, ModuleSetting, Record
from sync.pairs_file import MOST_SHOWN
from sync.pairs_lines import HEAD
from tests.factories import make_installation, make_member, signed_in_client
from tests.sync.test_pairs_file import bring_back, downloaded, standing
from tests.sync.world import World

OLD_HEAD = ",".join(HEAD[:8])


def line(installation: Installation, *cells: str) -> str:
    what, *rest = cells
    return ",".join((what, installation.bigin_org_id, installation.books_org_id or "", *rest))


def company_pair(installation: Installation, bigin_id: str, books_id: str, what: str = "pair") -> str:
    return line(installation, what, "company-customer", bigin_id, books_id, "A", "B")


def states(installation: Installation) -> list[tuple[str, str, str]]:
    rows = Link.objects.filter(installation=installation).order_by("kind", "state", "pk")
    return [(row.kind, row.books.remote_id if row.books else "", row.state) for row in rows.select_related("books")]


def switched(world: World, *modes: str) -> None:
    for mode in modes:
        setting = world.customers
        services.save_settings(setting, ConfigureInput(mode=mode), "Ada", setting.version)
        world.settle()
        world.approve()


def moved(world: World, mode: str) -> tuple[World, str]:
    """Its pairs out, Delete integration, a new Setup in that mode, the pairs in."""
    content = downloaded(world.installation)
    assert removal.delete(world.installation) == []
    world.remotes.close()
    again = World(world.sandbox)
    ModuleSetting.objects.filter(module="customers").update(mode=mode)
    return again, bring_back(again.installation, content)


@pytest.mark.parametrize("reach", [{"Email": "nils@alpine.example"}, {"Phone": "0207 946 0018"}])
def test_rule_5_8_a_pair_that_rests_comes_back_resting_and_makes_no_second_contact(
    world: World, reach: dict[str, str]
) -> None:
    company = world.remotes.company("Alpine Huts")
    world.remotes.contact("Berg", company, First_Name="Nils", **reach)
    world.configure(mode=Mode.CONTACTS)
    world.settle()
    switched(world, Mode.BOTH)
    stood, pairs = world.remotes.snapshot(), standing(world)
    assert [kind for kind, *_ in pairs] == ["company-customer", "contact-person"]
    assert "retired" in {state for *_, state in states(world.installation)}
    again, text = moved(world, Mode.BOTH)
    assert f"<strong>{len(pairs)}</strong><span>linked</span>" in text
    assert "<strong>1</strong><span>put aside</span>" in text
    assert 'data-test="refused"' not in text
    again.settle()
    assert again.remotes.snapshot() == stood
    assert standing(again) == pairs
    assert len(again.remotes.contacts()) == 1
    again.remotes.close()


def test_rule_5_8_pairs_of_another_mode_wait_for_that_mode(world: World) -> None:
    world.remotes.company("Alpine Huts")
    odd, unlike = world.remotes.company("Kestrel"), world.remotes.new_customer("Old Town Walks")
    world.configure(create_in_bigin="none")
    world.settle()
    services.link(world.installation, Record.objects.get(remote_id=odd), Record.objects.get(remote_id=unlike), "Ada")
    world.settle()
    pairs = standing(world)
    assert len(pairs) == 2
    again, text = moved(world, Mode.CONTACTS)
    again.configure(create_in_bigin="none")
    assert f"<strong>{len(pairs)}</strong><span>put aside</span>" in text
    assert standing(again) == []
    again.settle()
    switched(again, Mode.BOTH)
    assert standing(again) == pairs
    again.remotes.close()


def test_what_rests_is_taken_up_where_the_mode_in_force_uses_it_and_both_are_free(db: None) -> None:
    installation = make_installation()
    lines = [
        ",".join(HEAD),
        company_pair(installation, "1", "11", "resting"),
        company_pair(installation, "1", "12"),
        company_pair(installation, "2", "21", "resting"),
        company_pair(installation, "2", "22", "resting"),
        line(installation, "pair", "contact-customer", "5", "51", "Nils", "Nils", "77", "business"),
        line(installation, "pair", "contact-customer", "6", "61", "Eva", "Eva", "", "individual"),
    ]
    result = services.import_pairs(installation, lines, "Ada")
    assert states(installation) == [
        ("company-customer", "12", "linked"),
        ("company-customer", "21", "linked"),
        ("company-customer", "11", "retired"),
        ("company-customer", "22", "retired"),
        ("contact-customer", "61", "linked"),  # billed, without a company: it stands whatever is included
        ("contact-customer", "51", "retired"),
    ]
    assert (result.linked, result.resting, result.refused) == (3, 3, 0)
    again = services.import_pairs(installation, lines, "Ada")
    assert (again.linked, again.resting, again.present, again.refused) == (0, 0, 6, 0)


def test_a_file_of_the_first_form_links_no_kind_that_the_mode_leaves_out(db: None) -> None:
    installation = make_installation()
    lines = [
        OLD_HEAD,
        line(installation, "pair", "contact-customer", "1", "11", "Nils", "Nils"),
        line(installation, "pair", "contact-person", "1", "12", "Nils", "Nils"),
    ]
    result = services.import_pairs(installation, lines, "Ada")
    assert (result.linked, result.resting, result.refused) == (1, 1, 0)
    assert states(installation) == [("contact-customer", "11", "retired"), ("contact-person", "12", "linked")]


def test_of_two_that_rest_and_share_a_record_only_one_is_kept(db: None) -> None:
    """Both could not be taken up again."""
    installation = make_installation()
    ModuleSetting.objects.create(installation=installation, module="customers", mode=Mode.CONTACTS)
    lines = [",".join(HEAD), company_pair(installation, "1", "11"), company_pair(installation, "1", "12", "resting")]
    result = services.import_pairs(installation, lines, "Ada")
    assert [str(error) for error in result.errors] == ["Line 3: A is linked to another record."]
    setting = services.settings_of(installation)["customers"]
    services.save_settings(setting, ConfigureInput(mode=Mode.BOTH), "Ada", setting.version)
    assert states(installation) == [("company-customer", "11", "linked")]


# Lines that are wrong

HOSTILE = {
    "an id of 60 digits": ("pair,{orgs},company-customer," + "9" * 60 + ",22,A,B", "an id is missing or malformed."),
    "a digit of another script": ("pair,{orgs},company-customer,²,22,A,B", "an id is missing or malformed."),
    "a decision of 60 digits": ("skipped,{orgs},," + "9" * 60 + ",22,,", "an id is missing or malformed."),
    "NUL": ("pair,{orgs},company-customer,11,22,\x00,B", "it holds a character that no name has."),
    "a cell of 200,000": (
        "pair,{orgs},company-customer,11,22," + "x" * 200_000 + ",B",
        "it is not a line of such a file (field larger than field limit (131072)).",
    ),
    "a quote never closed": ('pair,{orgs},company-customer,11,22,"A,B', "it is not a line of such a file"),
    "too short": ("pair", "it belongs to other organisations."),
    "no kind": ("pair,{orgs},,11,22,A,B", "it says neither pair nor decision."),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_rule_5_8_a_line_that_is_wrong_is_told_and_takes_no_other_along(db: None, name: str) -> None:
    installation = make_installation()
    text, reason = HOSTILE[name]
    orgs = f"{installation.bigin_org_id},{installation.books_org_id}"
    lines = [OLD_HEAD, company_pair(installation, "1", "2"), text.replace("{orgs}", orgs)]
    lines += ["", company_pair(installation, "3", "4")]
    upload = {"file": SimpleUploadedFile("pairs.csv", "\r\n".join(lines).encode())}
    answer = signed_in_client(make_member(installation)).post("/embed/sync/pairs/import/", upload)
    page = answer.content.decode()
    assert answer.status_code == 200
    assert "<strong>2</strong><span>linked</span>" in page
    assert "<strong>1</strong><span>not linked</span>" in page
    assert f"Line 3: {reason}" in page
    assert sorted(Link.objects.values_list("bigin__remote_id", "books__remote_id")) == [("1", "2"), ("3", "4")]
    assert not Decision.objects.exists()


def test_what_is_left_of_a_pair_comes_back_as_such_and_only_once(db: None) -> None:
    installation = make_installation()

    def ended(bigin_id: str, books_id: str, gone: str, what: str = "ended") -> str:
        return line(installation, what, "company-customer", bigin_id, books_id, "A", "B", "", "business", "", gone)

    good = [ended("", "51", "bigin"), ended("6", "61", "books"), ended("7", "71", "bigin", "resting")]
    bad = [ended("8", "81", ""), ended("", "91", "books"), ended("9", "92", "books", "pair"), ended("1", "2", "zoho")]
    result = services.import_pairs(installation, [",".join(HEAD), *good, *bad], "Ada")
    assert (result.linked, result.ended, result.refused) == (0, 3, 4)
    assert states(installation) == [("company-customer", one, "closed") for one in ("51", "61", "71")]
    assert [issue.code for issue in Issue.objects.all()] == ["vanished"]  # what is gone in Bigin asks nothing
    taken = list(services.pairs_csv(installation))
    assert [row[0] for row in csv.reader(taken)] == ["what", "ended", "ended", "ended"]
    again = services.import_pairs(installation, taken, "Ada")
    assert (again.present, again.refused, Link.objects.count()) == (3, 0, 3)


@pytest.mark.parametrize("content", ["hello\n", "\x00\n", '"what\n', "a,b,c\npair,1,2\n"])
def test_a_file_that_is_no_such_file_is_told_once(db: None, content: str) -> None:
    result = services.import_pairs(make_installation(), content.splitlines(keepends=True), "Ada")
    assert result.refused == 1
    assert result.errors[0].number == 1
    assert not Link.objects.exists()


def test_cells_beyond_the_last_and_names_in_quotes_do_no_harm(db: None) -> None:
    installation = make_installation()
    quoted = line(
        installation, "pair", "company-customer", "1", "2", '"Alpine, ""Huts"""', "'=1+1", "", "", "", "", "more", "x"
    )
    result = services.import_pairs(installation, [",".join(HEAD), quoted], "Ada")
    assert (result.linked, result.refused) == (1, 0)
    assert sorted(Record.objects.values_list("label", flat=True)) == ["=1+1", 'Alpine, "Huts"']
    assert list(csv.reader(services.pairs_csv(installation)))[1][6:8] == ['Alpine, "Huts"', "'=1+1"]


def test_thousands_of_wrong_lines_are_counted_and_the_first_are_listed(db: None) -> None:
    installation = make_installation()
    body = "\n".join([OLD_HEAD, *(company_pair(installation, "x", str(number)) for number in range(1000))])
    text = bring_back(installation, body.encode())
    assert "<strong>1000</strong><span>not linked</span>" in text
    assert text.count("an id is missing or malformed.") == MOST_SHOWN
    assert "800 more lines are not shown." in text


# What it costs


def queries_of(installation: Installation, first: int, count: int) -> int:
    lines = [",".join(HEAD)]
    lines += [company_pair(installation, f"1{number}", f"2{number}") for number in range(first, first + count)]
    lines += [line(installation, "different", "", f"1{number}", f"3{number}") for number in range(first, first + count)]
    with CaptureQueriesContext(connection) as asked:
        result = services.import_pairs(installation, lines, "Ada")
    assert (result.linked, result.decisions, result.refused) == (count, count, 0)
    return len(asked)


def test_a_chunk_of_lines_costs_the_same_queries_whatever_it_holds(db: None) -> None:
    installation = make_installation()
    services.settings_of(installation)
    few = queries_of(installation, 10_000, 2)
    assert queries_of(installation, 20_000, 250) == few
    two_chunks = queries_of(installation, 30_000, 500)  # one of pairs, one of decisions
    assert two_chunks <= few + 3
    assert few <= 20


def test_what_was_asked_about_a_record_is_answered_by_its_pair(db: None) -> None:
    installation = make_installation()
    known = Record.objects.create(
        installation=installation, side="bigin", kind="company", remote_id="1", fingerprint="f", dirty=False
    )
    issue = Issue.objects.create(
        installation=installation, record=known, module="customers", kind="duplicate", code="possible_duplicate"
    )
    services.import_pairs(installation, [",".join(HEAD), company_pair(installation, "1", "2")], "Ada")
    issue.refresh_from_db()
    known.refresh_from_db()
    assert (issue.state, issue.closed_by, known.dirty) == ("resolved", "brought back from a file", True)
    assert not Record.objects.get(side="books").dirty


def test_rule_3_3_half_a_pair_that_was_unlinked_comes_back_apart(db: None) -> None:
    """A customer that a bill let alone, and a company whose customer is gone, are joined with nobody (rules 5.8)."""
    installation = make_installation()

    def apart(bigin_id: str, books_id: str, gone: str) -> str:
        return line(installation, "apart", "company-customer", bigin_id, books_id, "A", "B", "", "business", "", gone)

    halves = [apart("", "11", "bigin"), apart("2", "21", "books"), apart("3", "", "books")]
    lines = [",".join(HEAD), company_pair(installation, "1", "12"), *halves]
    assert services.import_pairs(installation, lines, "Ada").linked == 4
    taken = list(services.pairs_csv(installation))
    Record.objects.all().delete()
    assert not Link.objects.exists()
    result = services.import_pairs(installation, taken, "Ada")
    assert (result.linked, result.refused) == (4, 0)
    rows = Link.objects.order_by("pk").values_list("bigin__remote_id", "books__remote_id", "state")
    assert list(rows) == [("1", "12", "linked"), (None, "11", "apart"), ("2", "21", "apart"), ("3", None, "apart")]
