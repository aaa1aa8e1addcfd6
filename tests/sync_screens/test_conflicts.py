"""Conflicts: both values and the last common one side by side, a choice per field, many at once, a second click."""

import pytest
from django.test import Client

from sync.models import Issue, Link
from tests.factories import make_installation
from tests.sync_screens.world import World, fill

pytestmark = pytest.mark.django_db
CONFLICTS = "/embed/sync/conflicts/"


@pytest.fixture
def clash(world: World) -> Issue:
    """Two fields, as planning notes them: by Bigin's name, with the other side's beside it."""
    world.clash.detail = {
        "Account_Name": {
            "bigin": "Sunward Ltd", "books": "Sunward Travel", "base": "Sunward", "books_field": "contact_name",
        },
        "Phone": {"bigin": None, "books": "+44 1", "base": None, "books_field": "billing_address.phone"},
    }  # fmt: skip
    world.clash.save()
    return world.clash


def test_both_values_and_the_last_common_one_stand_side_by_side(client: Client, clash: Issue) -> None:
    text = client.get(CONFLICTS).content.decode()
    table = text[text.index(f'data-test="conflict-{clash.pk}"') :]
    for value in ("Sunward Ltd", "Sunward Travel", "Sunward", "(none)", "(empty)", "+44 1"):
        assert value in table
    assert 'name="field:Account_Name" value="bigin"' in table
    assert 'name="field:Phone" value="books"' in table


def test_each_field_goes_its_own_way(client: Client, clash: Issue) -> None:
    client.post(f"{CONFLICTS}{clash.pk}/", {"field:Account_Name": "books", "field:Phone": "bigin"})
    clash.refresh_from_db()
    assert (clash.state, clash.closed_by) == ("resolved", "Ada Keller")
    link = Link.objects.get(issues=clash)
    # The loser's value becomes the base, so that the winner's is the one change left.
    assert link.bigin_base["Account_Name"] == link.books_base["contact_name"] == "Sunward Ltd"
    assert link.bigin_base["Phone"] == link.books_base["billing_address.phone"] == "+44 1"


@pytest.mark.parametrize("body", [{}, {"field:Account_Name": "books"}, {"field:Account_Name": "x", "field:Phone": "y"}])
def test_every_field_needs_a_choice(client: Client, clash: Issue, body: dict[str, str]) -> None:
    client.post(f"{CONFLICTS}{clash.pk}/", body)
    clash.refresh_from_db()
    assert clash.state == "open"
    assert "Choose a value for every field." in client.get(CONFLICTS).content.decode()


def test_a_second_click_changes_nothing(client: Client, clash: Issue) -> None:
    choice = {"field:Account_Name": "books", "field:Phone": "bigin"}
    client.post(f"{CONFLICTS}{clash.pk}/", choice)
    link = Link.objects.get(issues=clash)
    client.post(f"{CONFLICTS}{clash.pk}/", {"field:Account_Name": "bigin", "field:Phone": "books"})
    assert Link.objects.get(issues=clash).bigin_base == link.bigin_base
    assert "This conflict was settled in the meantime." in client.get(CONFLICTS).content.decode()


def test_many_at_once_take_one_side(client: Client, clash: Issue, world: World) -> None:
    second = Issue.objects.create(
        installation=world.installation, link=world.links[5], module="customers", kind="clash", code="both_changed",
        reason="Both sides changed the name.",
        detail={"Website": {"bigin": "a.example", "books": "b.example", "base": None}},
    )  # fmt: skip
    foreign = fill(make_installation()).clash
    client.post(f"{CONFLICTS}bulk/", {"side": "bigin", "issue": [clash.pk, second.pk, foreign.pk]})
    assert set(Issue.objects.filter(state="resolved").values_list("pk", flat=True)) == {clash.pk, second.pk}
    assert Link.objects.get(issues=second).bigin_base["Website"] == "b.example"
    assert "Settled 2 conflicts." in client.get(CONFLICTS).content.decode()
    client.post(f"{CONFLICTS}bulk/", {"side": "nobody", "issue": [foreign.pk]})
    assert "Tick the conflicts and choose a side." in client.get(CONFLICTS).content.decode()


def test_no_conflicts_says_when_there_would_be_some(client: Client) -> None:
    assert "When both sides change the same field" in client.get(CONFLICTS).content.decode()
