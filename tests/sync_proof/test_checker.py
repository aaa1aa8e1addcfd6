"""The end-state checker tells faults of the product: each is put in as a patch, and a short story must end with its
words.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from sync import creation, lifecycle, moved_to, pairing, plan, relations, removal, send
from sync.mapping import Kind
from sync.models import Record, Write
from sync.outcomes import Hold, PassBy
from sync.shape import Shape
from sync.work import Work
from tests.sync_proof.trial import Operation, Trial
from tests.sync_proof.world import World

Patch = pytest.MonkeyPatch
Mutant = Callable[[Patch, Trial], None]


def no_prices(patch: Patch, trial: Trial) -> None:
    inner = plan._merge_row
    patch.setattr(plan, "_merge_row", lambda draft, row, *rest: row.books == "rate" or inner(draft, row, *rest))


def nothing_pairs(patch: Patch, trial: Trial) -> None:
    patch.setattr(pairing, "_matches", lambda *args: [])


def nothing_reopens(patch: Patch, trial: Trial) -> None:
    patch.setattr(lifecycle, "reopen", lambda link, reason: False)


def deleted_though_restored(patch: Patch, trial: Trial) -> None:
    """Somebody restores it just when its deletion is about to be sent."""
    inner = removal.from_books

    def late(work: Work, write: Write) -> None:
        trial.restore_in_bigin(0, 0)
        inner(work, write)

    patch.setitem(send._BOOKS, Write.Op.DELETE, late)
    patch.setattr(removal, "_still_gone", lambda work, write: True)


def bigin_always_wins(patch: Patch, trial: Trial) -> None:
    patch.setattr(plan, "_by_policy", lambda *args: "bigin")


def books_is_never_heard(patch: Patch, trial: Trial) -> None:
    patch.setattr(plan, "_winner", lambda row, left, right: "bigin")


def the_older_wins(patch: Patch, trial: Trial) -> None:
    inner = plan._by_policy
    other = {"bigin": "books", "books": "bigin"}
    patch.setattr(plan, "_by_policy", lambda *args: other[inner(*args)])


def nobody_is_asked(patch: Patch, trial: Trial) -> None:
    patch.setattr(plan, "is_guarded", lambda row: False)


def books_wins_the_first_meeting(patch: Patch, trial: Trial) -> None:
    """Of what Bigin holds nothing is written over what Books holds."""
    inner = plan._first_meeting

    def meet(draft: Any, row: Any, bigin: Any, books: Any, policies: Any) -> None:
        inner(draft, row, bigin, books, plan.Policies("books", "policy"))

    patch.setattr(plan, "_first_meeting", meet)


def deleted_though_kept(patch: Patch, trial: Trial) -> None:
    patch.setattr(plan, "_deleted_in_bigin", lambda pair, policy: plan.Remove("books", "delete"))


def kept_though_deleted(patch: Patch, trial: Trial) -> None:
    patch.setattr(plan, "_deleted_in_bigin", lambda pair, policy: plan.Close("kept", "kept"))


def duplicates_are_taken(patch: Patch, trial: Trial) -> None:
    patch.setattr(Shape, "duplicates", lambda self, kind: "overwrite")


def a_move_takes_the_name_only(patch: Patch, trial: Trial) -> None:
    inner = moved_to.own
    patch.setattr(moved_to, "own", lambda person: {k: v for k, v in inner(person).items() if k in ("name", "email")})


def nothing_moves(patch: Patch, trial: Trial) -> None:
    patch.setattr(relations, "move", lambda batch, link, customer_id: None)


def everything_is_asked(patch: Patch, trial: Trial) -> None:
    patch.setattr(plan, "is_guarded", lambda row: True)


def no_individuals_come(patch: Patch, trial: Trial) -> None:
    inner = creation.refusal

    def refuse(shape: Shape, kind: Kind, record: Record, recent: frozenset[str] | None) -> Hold | PassBy | None:
        none = PassBy(record, "not_imported", "A fault.") if kind is Kind.CONTACT_CUSTOMER else None
        return none or inner(shape, kind, record, recent)

    patch.setattr(pairing, "refusal", refuse)


def everything_comes(patch: Patch, trial: Trial) -> None:
    patch.setattr(pairing, "refusal", lambda *args: None)


# What people do. The first company's customer is the first that people see.

_END: Operation = ("settle", 0, 0)
_RUN: Operation = ("run", 0, 0)
_PAIR: list[Operation] = [("add_company", 0, 1), _RUN]
_CITY_TWICE: list[Operation] = [("edit_company", 0, 3), ("edit_customer", 0, 3)]
_TITLE_TWICE: list[Operation] = [("edit_person", 0, 3), ("edit_contact", 0, 3)]
_NAME_TWICE: list[Operation] = [("edit_company", 0, 0), ("edit_customer", 0, 0)]
_TWINS: list[Operation] = [("add_company", 0, 1), ("edit_company", 0, 2), ("add_namesake", 0, 1)]
_DELETED: list[Operation] = [*_PAIR, ("delete_in_bigin", 0, 0)]
_PERSON: list[Operation] = [("add_company", 0, 1), *_PAIR, ("add_contact", 0, 1), _RUN]
_MOVED: list[Operation] = [*_PERSON, ("edit_person", 0, 3), ("move_contact", 0, 1)]
_INDIVIDUAL: list[Operation] = [("add_customer", 0, 4)]
_OF_NOBODY = "two of one name, and nobody was asked"
FAULTS: list[tuple[Mutant, dict[str, Any], list[Operation], str]] = [
    (no_prices, {}, [("add_item", 0, 1), _RUN, ("edit_item", 0, 2)], "differs: product-item price"),
    (nothing_pairs, {}, _TWINS, _OF_NOBODY),
    (duplicates_are_taken, {"duplicates": "skip"}, _TWINS, _OF_NOBODY),
    (books_wins_the_first_meeting, {}, _TWINS, "lost: company-customer website"),
    (books_is_never_heard, {}, [*_PAIR, ("edit_customer", 0, 3)], "lost: company-customer city"),
    (bigin_always_wins, {"policy": "books"}, [*_PAIR, *_CITY_TWICE], "lost: company-customer city"),
    (bigin_always_wins, {"policy": "books"}, [*_PERSON, ("run", 0, 1), *_TITLE_TWICE], "lost: contact-person title"),
    (nobody_is_asked, {"policy": "books"}, [*_PAIR, *_NAME_TWICE], "lost: company-customer name"),
    (
        the_older_wins,
        {"policy": "ask"},
        [*_PAIR, *_CITY_TWICE, _RUN, ("edit_customer", 0, 3), ("change_policy", 0, 0)],
        "lost: company-customer city",
    ),
    (deleted_though_kept, {"delete_policy": "keep"}, _DELETED, "gone, and nobody deleted it: customer"),
    (kept_though_deleted, {}, _DELETED, "no reason: customer"),
    (deleted_though_restored, {}, [*_DELETED, _RUN], "gone, and nobody deleted it: customer"),
    (nothing_reopens, {"delete_policy": "keep"}, [*_DELETED, _RUN, ("restore_in_bigin", 0, 0)], "no reason: company"),
    (nothing_moves, {}, _MOVED, "below another customer than its company's"),
    (everything_is_asked, {}, [*_PAIR, *_CITY_TWICE], "asked though the policy decides"),
    (a_move_takes_the_name_only, {}, _MOVED, "contact-person title"),
    (no_individuals_come, {"mode": "both", "include_unattached": True}, _INDIVIDUAL, "no reason: customer"),
    (everything_comes, {"create_in_bigin": "none"}, [("add_customer", 0, 1)], "created in Bigin against the settings"),
]


@pytest.mark.parametrize(("mutant", "chosen", "story", "words"), FAULTS, ids=[one[0].__name__ for one in FAULTS])
def test_the_fault_is_told(
    world: World, monkeypatch: Patch, mutant: Mutant, chosen: dict[str, Any], story: list[Operation], words: str
) -> None:
    world.fresh(**chosen)
    trial = Trial(world)
    mutant(monkeypatch, trial)
    with pytest.raises(AssertionError, match=words):
        trial.play([*story, _END])


def test_rule_2_3_individual_customers_that_the_settings_leave_out_stand_alone(world: World) -> None:
    world.fresh(mode="both", include_unattached=True, create_in_bigin="none")
    Trial(world).play([*_INDIVIDUAL, _END])
    assert [row["customer_sub_type"] for row in world.look().customers.values()] == ["individual"]
    assert not world.bigin.all("Contacts")


def test_rule_6_4_a_price_that_an_undo_brought_back_to_bigin_stays_until_somebody_writes(world: World) -> None:
    world.fresh()
    trial = Trial(world)

    def prices() -> tuple[int, int]:
        (product,), (item,) = world.bigin.all("Products").values(), world.look().items.values()
        return product["Unit_Price"], item["rate"]

    trial.play([("add_product", 0, 1), _RUN, ("edit_product", 0, 3), _RUN, ("undo_one", 0, 0), _END])
    assert prices() == (102, 11)
    trial.play([("edit_item", 0, 2), _END])
    assert prices() == (203, 203)
