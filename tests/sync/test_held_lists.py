"""Rules 5.4, the lists: each is shown whole, is answered on its own run's page, and lets nothing else through."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from sync import deleted, engine, preview, services
from sync.models import Cursor, Issue, Link, Record, Run
from tests.factories import make_installation, make_member, signed_in_client
from tests.sync.test_deletes import list_again
from tests.sync.world import World


@pytest.fixture
def client(world: World) -> Client:
    return signed_in_client(make_member(world.installation))


def companies(world: World, number: int) -> list[str]:
    made = [world.remotes.company(f"Alpine Huts {one:03}") for one in range(number)]
    world.settle()
    world.later()
    return made


def lose(world: World, number: int) -> list[str]:
    """So many customers are deleted in Books, and the next run lists all of them anew."""
    standing = world.remotes.customers()
    gone = sorted(standing, key=lambda one: str(standing[one]["contact_name"]))[:number]
    for customer in gone:
        world.remotes.books.delete_contact(customer)
    list_again(world)
    return gone


def names(text: str) -> list[str]:
    return re.findall(r'<th scope="row">(?:<a [^>]*>)?(Alpine Huts \d{3})', text)


def page(client: Client, path: str) -> str:
    answer = client.get(f"/embed/sync/{path}")
    assert answer.status_code == 200
    return answer.content.decode()


def test_rule_5_4_an_answer_on_one_runs_page_answers_no_list_of_another_run(world: World, client: Client) -> None:
    products = [world.remotes.product(f"Walk {number}", Unit_Price=number + 1) for number in range(8)]
    companies(world, 8)
    lose(world, 7)
    first = world.sync()
    world.later()
    services.pause(world.customers, "Ada")
    world.remotes.delete("Products", *products[:7])
    second = run_of(world, ["products"])
    assert (first.state, second.state) == (Run.State.HELD, Run.State.HELD)
    assert "missing from the newest list" not in page(client, f"runs/{second.pk}/")
    client.post(f"/embed/sync/runs/{second.pk}/approve/")
    assert [issue.code for issue in world.issues()] == ["many_vanished"]
    client.post(f"/embed/sync/runs/{first.pk}/refuse/")
    assert not world.issues()
    assert Issue.objects.get(code="too_many_deletions").state == Issue.State.RESOLVED
    assert Issue.objects.get(code="many_vanished").state == Issue.State.DISMISSED


def run_of(world: World, modules: list[str]) -> Run:
    ended = engine.run(world.installation, modules)
    assert ended is not None
    return ended.run


def test_rule_5_4_the_records_that_were_missing_are_listed_where_they_are_approved(
    world: World, client: Client
) -> None:
    companies(world, 14)
    lose(world, 12)
    run = world.sync()
    issue = world.issue("many_vanished")
    wanted = [f"Alpine Huts {number:03}" for number in range(12)]
    assert names(page(client, f"issues/{issue.pk}/")) == wanted
    assert names(page(client, f"runs/{run.pk}/"))[:12] == wanted
    assert issue.detail["run"] == run.pk
    stranger = signed_in_client(make_member(make_installation()))
    assert stranger.get(f"/embed/sync/issues/{issue.pk}/").status_code == 404
    client.post(f"/embed/sync/runs/{run.pk}/approve/")
    list_again(world)
    world.settle()
    assert Link.objects.filter(state=Link.State.CLOSED).count() == 12
    assert len(world.company_names()) == 14


def test_rule_5_4_a_long_list_is_shown_page_by_page(world: World, client: Client) -> None:
    companies(world, 55)
    lose(world, 53)
    run = world.sync()
    issue = world.issue("many_vanished")
    first, second = (page(client, f"issues/{issue.pk}/?page={number}") for number in (1, 2))
    assert (len(names(first)), len(names(second))) == (50, 3)
    assert sorted(names(first) + names(second)) == [f"Alpine Huts {number:03}" for number in range(53)]
    text = page(client, f"runs/{run.pk}/")
    assert f'href="/embed/sync/issues/{issue.pk}/" data-test="held-all"' in text
    assert "See all 53 of this list" in text


def test_rule_5_4_a_list_that_grew_is_a_new_list_and_the_shorter_one_approves_nothing(
    world: World, client: Client
) -> None:
    companies(world, 14)
    lose(world, 6)
    before = world.sync()
    shown = world.issue("many_vanished")
    lose(world, 3)
    after = world.sync()
    longer = world.issue("many_vanished")
    assert (shown.detail["count"], longer.detail["count"]) == (6, 9)
    assert longer.pk != shown.pk
    assert services.approve_held(shown, "Ada") == 0
    assert services.approve_held(before, "Ada") == 0
    assert "stands on the list of another run" in page(client, f"runs/{before.pk}/")
    assert services.approve_held(after, "Ada") == 9


def test_rule_5_4_the_same_list_stays_on_the_page_of_the_run_that_met_it_first(world: World, client: Client) -> None:
    products = [world.remotes.product(f"Walk {number}", Unit_Price=number + 1) for number in range(8)]
    companies(world, 8)
    lose(world, 7)
    ended = preview.run(world.installation, None, "person")
    assert ended is not None
    issue = world.issue("many_vanished")
    assert len(names(page(client, f"runs/{ended.run.pk}/"))) == 7
    world.remotes.delete("Products", *products[:7])
    run = world.sync()
    again = world.issue("many_vanished")
    assert (again.pk, again.detail["run"]) == (issue.pk, ended.run.pk)
    assert services.approve_held(run, "Ada") == 7
    assert world.issues() == [again]
    assert services.approve_held(ended.run, "Ada") == 7


def test_rule_5_4_a_refused_list_of_missing_records_is_not_asked_again_the_same_day(world: World) -> None:
    companies(world, 8)
    lose(world, 7)
    services.refuse_held(world.sync(), "Ada")
    list_again(world)
    assert world.sync().state == Run.State.DONE
    assert not world.issues()
    assert not Link.objects.filter(state=Link.State.CLOSED).exists()
    lose(world, 1)
    assert world.sync().state == Run.State.HELD
    assert world.issue("many_vanished").detail["count"] == 8


def test_rule_5_4_what_bigin_did_not_list_stands_beside_what_books_did_not(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two lists of one module, neither in the other's place."""
    made = companies(world, 14)
    lose(world, 6)
    gone = {row.pk for row in Record.objects.filter(kind="company", remote_id__in=made[8:])}
    missing = deleted.missing

    def of_both(work: object, cursor: Cursor) -> list[Record]:
        if cursor.feed == "bigin_companies":
            return list(Record.objects.filter(pk__in=gone))
        return list(missing(work, cursor))  # type: ignore[arg-type]

    monkeypatch.setattr(deleted, "missing", of_both)
    for _ in range(2):
        world.sync()
        found = {issue.code: issue.detail["count"] for issue in world.issues()}
        assert found == {"many_vanished": 6, "many_vanished_bigin_companies": 6}
