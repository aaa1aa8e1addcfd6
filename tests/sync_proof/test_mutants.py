"""Each shortcut of design section 2 has a scenario that goes wrong when it is taken, and well when it is not."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from sync import actions, mirror
from sync.models import Link
from tests.sync.crashes import Killed
from tests.sync_proof import mutants
from tests.sync_proof.world import World
from zoho.bigin import Bigin
from zoho.books import Books

Scenario = Callable[[World, pytest.MonkeyPatch], None]


def company(world: World, **values: Any) -> tuple[str, str]:
    """A pair in step: (Bigin's id, Books' id)."""
    made = world.bigin.add("Accounts", Account_Name="Alder Walks", **values)
    world.settle()
    link = Link.objects.get(bigin__remote_id=made)
    assert link.books is not None
    return made, link.books.remote_id


def shown(world: World, made: tuple[str, str], *names: str) -> tuple[str, ...]:
    row = world.bigin.all("Accounts")[made[0]]
    return tuple(row[name] or "" for name in names)


def small_pages(patch: pytest.MonkeyPatch, rows: int) -> None:
    """Lists of a few rows, so that a handful of records has several pages."""
    bigin, books = Bigin.page, Books.contacts_page
    patch.setattr(Bigin, "page", lambda self, *args, **more: bigin(self, *args, **{**more, "per_page": rows}))
    patch.setattr(Books, "contacts_page", lambda self, **more: books(self, **{**more, "per_page": rows}))


def at_one_time(world: World) -> Callable[[], None]:
    """Sets the sandbox's clock back to one moment, again and again."""
    moment = (world.time.now() + timedelta(seconds=10)).replace(microsecond=0).isoformat()
    return lambda: world.sandbox.control("PUT", "clock", {"now": moment}) and None


def a_create_whose_answer_is_lost(world: World, patch: pytest.MonkeyPatch) -> None:
    world.bigin.add("Accounts", Account_Name="Alder Walks")
    world.sandbox.fault("drop_after", product="books", method="POST", path="^/contacts$")
    world.sync()
    world.settle()
    assert [row["contact_name"] for row in world.look().customers.values()] == ["Alder Walks"]


def a_side_that_cannot_be_read(world: World, patch: pytest.MonkeyPatch) -> None:
    world.bigin.add("Accounts", Account_Name="Alder Walks")
    world.books.customer("Alder Walks")
    world.sandbox.fault("error_before", product="books", method="GET", path="^/contacts$", times=0)
    world.sync()
    world.sandbox.control("DELETE", "faults")
    world.settle()
    assert len(world.look().customers) == len(world.look().companies) == 1


def many_rows_of_one_second(world: World, patch: pytest.MonkeyPatch) -> None:
    ids = [str(world.books.customer(f"Customer {number}")["contact_id"]) for number in range(5)]
    world.settle()
    world.time.forward(600)
    now = at_one_time(world)
    for one in ids:
        now()
        assert world.books.edit(one, website="https://changed.example")
    small_pages(patch, 2)
    world.sync()
    assert [row["Website"] for row in world.bigin.all("Accounts").values()] == ["https://changed.example"] * 5


def a_scan_that_is_cut_after_its_first_page(world: World, patch: pytest.MonkeyPatch) -> None:
    ids = [world.bigin.add("Accounts", Account_Name=f"Company {number}") for number in range(5)]
    world.settle()
    for one in ids:
        world.time.forward(300)
        assert world.bigin.edit("Accounts", one, Billing_City="Zermatt")
    small_pages(patch, 2)
    world.time.forward(300)
    world.sandbox.fault("error_before", product="bigin", method="GET", path="^/Accounts$", nth=2, times=9)
    assert world.sync().state == "failed"
    world.sandbox.control("DELETE", "faults")
    world.sync()
    cities = [row["billing_address"]["city"] for row in world.look().customers.values()]
    assert cities == ["Zermatt"] * 5


def two_edits_in_one_second(world: World, patch: pytest.MonkeyPatch) -> None:
    made = company(world)
    now = at_one_time(world)
    now()
    world.bigin.edit("Accounts", made[0], Phone="+41 27 111")
    world.sync()
    now()
    world.bigin.edit("Accounts", made[0], Billing_City="Zermatt")
    world.sync()
    address = world.look().customers[made[1]]["billing_address"]
    assert (address["phone"], address["city"]) == ("+41 27 111", "Zermatt")


def an_edit_in_the_second_of_our_own_write(world: World, patch: pytest.MonkeyPatch) -> None:
    made = company(world)
    now = at_one_time(world)
    world.books.edit(made[1], website="https://alder.example")
    send = Bigin.update

    def at_that_time(self: Bigin, *args: Any) -> Any:
        now()
        return send(self, *args)

    patch.setattr(Bigin, "update", at_that_time)
    world.sync()
    now()
    world.bigin.edit("Accounts", made[0], Billing_City="Zermatt")
    world.sync()
    assert world.look().customers[made[1]]["billing_address"]["city"] == "Zermatt"


def a_value_that_bigin_stores_in_its_own_way(world: World, patch: pytest.MonkeyPatch) -> None:
    world.sandbox.switch(bigin_phone="bare")
    made = company(world)
    world.books.edit_address(made[1], phone="+41 (27) 111-22")
    world.settle()
    assert shown(world, made, "Phone") == ("+412711122",)
    assert world.look().customers[made[1]]["billing_address"]["phone"] == "+41 (27) 111-22"


def an_edit_before_a_lost_create_is_found(world: World, patch: pytest.MonkeyPatch) -> None:
    one = world.bigin.add("Accounts", Account_Name="Alder Walks", Website="https://old.example")
    world.sandbox.fault("drop_after", product="books", method="POST", path="^/contacts$")
    world.sandbox.fault("error_before", product="books", method="GET", path="^/contacts$", nth=2, times=9)  # the look
    assert world.sync().state == "failed"
    world.sandbox.control("DELETE", "faults")
    customer = str(world.books.rows("contact")[0]["contact_id"])
    world.books.edit(customer, website="https://new.example")
    world.settle()
    assert shown(world, (one, customer), "Website") == ("https://new.example",)


def a_newer_edit_after_a_lost_update(world: World, patch: pytest.MonkeyPatch) -> None:
    made = company(world)
    world.bigin.edit("Accounts", made[0], Website="https://ours.example")
    world.sandbox.fault("drop_before", product="books", method="PUT", path="^/contacts", times=2)
    world.sandbox.fault("error_before", product="books", method="GET", path="^/contacts/", times=9)  # the look
    world.sync()
    world.sandbox.control("DELETE", "faults")
    world.time.forward(300)
    world.books.edit(made[1], website="https://newest.example")
    world.settle()
    assert world.look().customers[made[1]]["website"] == "https://newest.example"


def a_newer_edit_after_a_cut_run(world: World, patch: pytest.MonkeyPatch) -> None:
    made = company(world)
    world.bigin.edit("Accounts", made[0], Website="https://ours.example")
    world.sandbox.fault("quota", product="books", method="PUT", path="^/contacts")
    world.sync_once()
    world.sandbox.control("DELETE", "faults")
    world.time.forward(3700)
    world.books.edit(made[1], website="https://newest.example")
    world.settle()
    assert world.look().customers[made[1]]["website"] == "https://newest.example"


def a_page_from_before_a_settle(world: World, patch: pytest.MonkeyPatch) -> None:
    """While a page is on its way, the record is brought into step by a person's press."""
    product = world.bigin.add("Products", Product_Name="Glacier walk", Description="old")
    world.settle()
    item = next(iter(world.look().items))
    world.books.edit_item(item, unit="hours")  # so that the row is in the page
    world.bigin.edit("Products", product, Description="new")
    page, pressed = Books.items_page, list[str]()

    def slow(self: Books, **more: Any) -> Any:
        answer = page(self, **more)
        if not pressed:
            pressed.append(actions.sync_record(world.installation, "Products", product))
        return answer

    patch.setattr(Books, "items_page", slow)
    world.forget_calls()
    world.sync()
    assert list(world.writes()) == [("books", "PUT", "/items/{id}")]  # nothing comes back
    assert pressed == ["in_step"]
    assert world.bigin.all("Products")[product]["Description"] == "new"
    assert world.look().items[item]["description"] == "new"


def a_crash_before_a_page_is_stored(world: World, patch: pytest.MonkeyPatch) -> None:
    ids = [world.bigin.add("Accounts", Account_Name=f"Company {number}") for number in range(5)]
    world.settle()
    for one in ids:
        world.time.forward(300)
        assert world.bigin.edit("Accounts", one, Billing_City="Zermatt")
    small_pages(patch, 2)
    world.time.forward(300)

    def killed(*args: Any, **more: Any) -> int:
        raise Killed

    with patch.context() as crash:
        crash.setattr(mirror, "store", killed)
        with pytest.raises(Killed):
            world.run()
    world.time.forward(300)
    world.sync()
    cities = [row["billing_address"]["city"] for row in world.look().customers.values()]
    assert cities == ["Zermatt"] * 5


SHORTCUTS: list[tuple[mutants.Shortcut, Scenario]] = [
    (mutants.resend_unknown_creates, a_create_whose_answer_is_lost),
    (mutants.plan_before_all_was_read, a_side_that_cannot_be_read),
    (mutants.cursor_after_instead_of_from, many_rows_of_one_second),
    (mutants.mark_moves_with_each_page, a_scan_that_is_cut_after_its_first_page),
    (mutants.equal_times_are_skipped, two_edits_in_one_second),
    (mutants.equal_times_are_our_echo, an_edit_in_the_second_of_our_own_write),
    (mutants.one_shared_base, a_value_that_bigin_stores_in_its_own_way),
    (mutants.settle_with_what_was_sent, a_value_that_bigin_stores_in_its_own_way),
    (mutants.half_made_links_get_no_bases, an_edit_before_a_lost_create_is_found),
    (mutants.resend_unknown_updates, a_newer_edit_after_a_lost_update),
    (mutants.send_what_a_cut_run_left, a_newer_edit_after_a_cut_run),
    (mutants.no_freshness_guard, a_page_from_before_a_settle),
    (mutants.cursor_before_its_page, a_crash_before_a_page_is_stored),
]
NAMES = [shortcut.__name__ for shortcut, _ in SHORTCUTS]


@pytest.mark.parametrize(("shortcut", "scenario"), SHORTCUTS, ids=NAMES)
def test_the_shortcut_is_caught(
    world: World, monkeypatch: pytest.MonkeyPatch, shortcut: mutants.Shortcut, scenario: Scenario
) -> None:
    """First as the product is, then with the shortcut: the same scenario must fail."""
    with monkeypatch.context() as patch:
        scenario(world, patch)
    world.fresh()
    with monkeypatch.context() as patch:
        shortcut(patch)
        with pytest.raises(AssertionError) as caught:
            scenario(world, patch)
    assert str(caught.traceback[-1].path) == __file__  # by its own words, not for another reason
