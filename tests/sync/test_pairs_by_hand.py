"""A wrong pair is put right on the Pairs screens, and what stands alone says why."""

from __future__ import annotations

import html
import re

import pytest
from django.test import Client

from sync import services
from sync.models import Issue, Link, Mode, Record
from tests.factories import make_member, signed_in_client
from tests.sync.test_deletes import list_again
from tests.sync.world import World

PAIRS = "/embed/sync/pairs/"


class Screens:
    def __init__(self, world: World) -> None:
        self.world = world
        self.client: Client = signed_in_client(make_member(world.installation, name="Ada Keller"))

    def text(self, path: str = "") -> str:
        answer = self.client.get(PAIRS + path)
        assert answer.status_code == 200
        return html.unescape(answer.content.decode())

    def alone(self, side: str) -> dict[str, str]:
        """Per record without a pair: why."""
        rows = re.findall(r'<th scope="row">(.*?)</th>.*?<td class="small"[^>]*>(.*?)</td>', self.text(f"?show={side}"))
        return {name.split("<br>")[0]: re.sub(r" ?<a .*</a>", "", why) for name, why in rows}

    def offered(self, record: Record, text: str = "") -> list[tuple[str, str, str]]:
        """Names that may be linked with it, why and with which score."""
        page = self.text(f"link/{record.pk}/?q={text}")
        row = r'<th scope="row">(.*?)</th>.*?data-label="Why">(.*?)</td>.*?data-label="Score">(.*?)</td>'
        found = re.findall(row, page, re.DOTALL)
        return [(name, re.sub("<[^>]*>", "", why), score) for name, why, score in found]

    def link(self, bigin: Record, books: Record) -> str:
        answer = self.client.post(f"{PAIRS}link/", {"bigin": bigin.pk, "books": books.pk}, follow=True)
        return html.unescape(answer.content.decode())


@pytest.fixture
def screens(world: World) -> Screens:
    return Screens(world)


def record(remote_id: str) -> Record:
    return Record.objects.get(remote_id=remote_id)


def wrong_pair(world: World) -> tuple[str, str, str]:
    """A company, the customer it was linked with, and the right one."""
    world.configure(create_in_bigin="none")
    company, wrong = world.remotes.company("Alpine Huts"), world.remotes.new_customer("ALPINE HUTS")
    right = world.remotes.new_customer("Somebody Else")
    world.settle()
    assert world.link(company).books == record(wrong)
    return company, wrong, right


def test_rule_3_3_an_unlinked_pair_is_offered_to_others_and_linked_right(world: World, screens: Screens) -> None:
    company, wrong, right = wrong_pair(world)
    link = world.link(company)
    services.unlink(link, "Ada")
    world.settle()
    assert screens.alone("bigin") == {
        "Alpine Huts": "Its pair with Alpine Huts was taken apart: left alone until it is linked again."
    }
    assert f'href="{PAIRS}link/{record(company).pk}/"' in screens.text(f"{link.pk}/")
    assert ("Alpine Huts", "nothing in common", "–") in screens.offered(record(right), "Alpine")
    text = screens.link(record(company), record(right))
    assert "Linked. The next run brings the two into step." in text
    assert "Alpine Huts has no pair now: the next run judges it like a new record." in text
    world.later()
    world.remotes.update("Accounts", company, Website="https://alpine.example")
    world.settle()
    assert world.link(company).books == record(right)
    assert world.remotes.customer(right)["website"] == "https://alpine.example"
    assert not world.remotes.customer(wrong)["website"]
    assert screens.alone("books") == {"Alpine Huts": "Your settings create nothing in Bigin from Books."}


def test_a_living_pair_is_put_right_in_one_step(world: World, screens: Screens) -> None:
    company, wrong, right = wrong_pair(world)
    link = world.link(company)
    assert 'data-test="another"' in screens.text(f"{link.pk}/")
    assert "It is linked with Alpine Huts now." in screens.text(f"link/{record(company).pk}/")
    screens.link(record(company), record(right))
    screens.link(record(company), record(right))
    link.refresh_from_db()
    assert link.state == Link.State.REFUSED
    assert world.link(company).books == record(right)
    assert record(wrong).dirty
    world.settle()
    assert world.customer_names() == ["Alpine Huts", "Alpine Huts"]
    assert world.company_names() == ["Alpine Huts"]


def test_who_is_left_by_a_new_pair_is_judged_like_a_new_record(world: World, screens: Screens) -> None:
    company, wrong, right = wrong_pair(world)
    world.configure(create_in_bigin="active")
    screens.link(record(company), record(right))
    world.later()
    world.remotes.edit_customer(wrong, contact_name="Kestrel")
    world.settle()
    assert world.company_names() == ["Alpine Huts", "Kestrel"]
    assert Link.objects.get(books=record(wrong), state=Link.State.LINKED).reason == "created by the sync"


def test_who_is_left_by_a_candidate_that_was_chosen_is_judged_like_a_new_record(world: World) -> None:
    world.configure(create_in_bigin="none")
    company, customer = world.remotes.company("Kestrel"), world.remotes.new_customer("Alpine Huts")
    other = world.remotes.company("Alpine Huts Ltd")
    world.settle()
    asked = next(issue for issue in world.issues("possible_duplicate") if issue.record == record(other))
    services.unlink(services.link(world.installation, record(company), record(customer), "Ada"), "Ada")
    Record.objects.update(dirty=False)
    services.link_candidate(asked, record(customer), "Ada")
    assert world.link(other).books == record(customer)
    assert record(company).dirty


# A kind that the mode leaves out


def test_rule_3_3_a_pair_that_the_mode_does_not_use_is_neither_offered_nor_made(world: World, screens: Screens) -> None:
    world.configure(mode=Mode.COMPANIES, create_in_bigin="none")
    world.remotes.company("Kestrel")
    other = world.remotes.new_customer("Somebody Else")
    world.settle()
    contact = Record.objects.create(
        installation=world.installation, side="bigin", kind="contact", remote_id="77", label="Nils Berg"
    )
    assert screens.offered(contact, "Somebody") == []
    before = list(Link.objects.values_list("pk", "state"))
    text = screens.link(contact, record(other))
    assert "Your settings do not keep such records in step with each other; change that first." in text
    assert "brings the two into step" not in text
    assert list(Link.objects.values_list("pk", "state")) == before
    assert screens.alone("bigin")["Nils Berg"] == "Your settings do not keep records of this kind in step."


# Why, and how alike


def test_link_to_says_how_alike_two_are_and_why(world: World, screens: Screens) -> None:
    world.configure(create_in_bigin="none")
    company = world.remotes.company("Harbour Lights Ltd")
    world.remotes.new_customer("Harbour Lights Limited")
    world.remotes.new_customer("Old Town Walks")
    world.settle()
    assert screens.offered(record(company)) == [("Harbour Lights Limited", "nearly the same name", "70")]
    assert screens.offered(record(company), "Town") == [("Old Town Walks", "nothing in common", "–")]
    reason = next(issue.reason for issue in world.issues("possible_duplicate") if issue.record == record(company))
    assert screens.alone("bigin")["Harbour Lights Ltd"] == reason


def test_every_record_without_a_pair_says_why_or_what_comes_next(world: World, screens: Screens) -> None:
    world.configure(create_in_bigin="none")
    world.settle()
    world.configure(create_in_bigin="active")
    held = world.remotes.company("Harbour Lights Ltd")
    world.remotes.new_customer("Harbour Lights Limited")
    world.remotes.contact("Berg", None, First_Name="Nils", Email="nils@alpine.example")
    world.settle()
    Issue.objects.filter(record=record(held)).update(state=Issue.State.DISMISSED)
    for name, side, kind in (
        ("Fjord & Fell", "bigin", "company"),
        ("Glacier walk", "books", "item"),
        ("Kestrel", "bigin", "company"),
        ("Kestrel", "books", "customer"),
    ):
        Record.objects.create(
            installation=world.installation, side=side, kind=kind, remote_id=f"9{side}{name}"[:40], label=name,
            keys=[f"name:{name.casefold()}"], fields={"Account_Name": name, "name": name, "contact_name": name},
            meta={"status": "active", "contact_type": "customer", "sub_type": "business"},
        )  # fmt: skip
    assert screens.alone("bigin") == {
        "Fjord & Fell": "The next sync creates it in Books.",
        "Harbour Lights Ltd": "Books may have it already: Harbour Lights Limited (nearly the same name).",
        "Kestrel": "The next sync links it with Kestrel.",
        "Nils Berg": "It has no company, and your settings leave such contacts out.",
    }
    books = screens.alone("books")
    assert books["Kestrel"] == "The next sync links it with Kestrel."
    assert books["Glacier walk"] == "The next sync creates it in Bigin."
    Record.objects.filter(label="Fjord & Fell").update(dirty=False)
    assert screens.alone("bigin")["Fjord & Fell"] == (
        "Left alone by an earlier decision; the sync looks at it again once it changes."
    )


def test_looking_at_what_stands_alone_costs_the_same_queries_whatever_there_is(
    world: World, screens: Screens, django_assert_max_num_queries: pytest.FixtureRequest
) -> None:
    world.settle()
    Record.objects.bulk_create(
        Record(
            installation=world.installation, side="bigin", kind="company", remote_id=str(number), label=f"H {number}",
            keys=[f"name:huts {number}"], fields={"Account_Name": f"Huts {number}"},
        )
        for number in range(50)
    )  # fmt: skip
    with django_assert_max_num_queries(45):  # type: ignore[operator]
        assert len(screens.alone("bigin")) == 50


def test_rule_5_1_what_a_deletion_left_is_created_again_from_its_pairs_page(world: World, screens: Screens) -> None:
    """Also where nothing is asked, as the settings keep it, or where the question was dismissed."""
    world.configure(delete_policy="keep")
    kept, lost = world.remotes.company("Alpine Huts"), world.remotes.company("Fjord Tours")
    world.settle()
    world.remotes.delete("Accounts", kept)
    world.remotes.books.delete_contact(world.remotes.customer_named("Fjord Tours"))
    list_again(world)
    world.settle()
    services.dismiss(world.issue("vanished"), "Ada")
    links = [world.link(kept), world.link(lost)]
    for link in links:
        assert 'data-test="create-again"' in screens.text(f"{link.pk}/")
        path = f"{PAIRS}{link.pk}/create-again/"
        answer = screens.client.post(path, follow=True).content.decode()
        assert "has no pair now: the next run judges it like a new record." in html.unescape(answer)
        assert screens.client.post(path).status_code == 404  # that pair is history
    world.settle()
    assert world.company_names() == world.customer_names() == ["Alpine Huts", "Fjord Tours"]
    assert Link.objects.filter(state=Link.State.LINKED).count() == 2
    assert 'data-test="create-again"' not in screens.text(f"{world.link(lost).pk}/")
    answer = screens.client.post(f"{PAIRS}{world.link(lost).pk}/create-again/", follow=True).content.decode()
    assert "Nothing was changed" in answer
