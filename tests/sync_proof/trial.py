"""One trial: people work on both sides, runs go on in between, and at quiet points the end state is checked.

An operation is a name and two numbers, which choose what it works on: so a sequence is data that can be shrunk,
repeated by its seed, and written down. The moves of people are in `in_bigin.py`, `in_books.py`, `administrator.py` and
`configurator.py`; runs and record actions are here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import closing, suppress

from accounts import connections
from sync import actions, services
from sync.billing import ensure_customer
from tests.sync.crashes import Killed, Points, counted
from tests.sync_proof.administrator import WHO, Administrator
from tests.sync_proof.checker import check
from tests.sync_proof.configurator import MODULES, Configurator
from tests.sync_proof.in_bigin import InBigin
from tests.sync_proof.in_books import InBooks
from tests.sync_proof.stage import BIGIN
from tests.sync_proof.values import company_of
from tests.sync_proof.world import A_WHILE
from zoho.errors import Rejected

Operation = tuple[str, int, int]
DAY = 86_400.0
BEGINNING: list[Operation] = [
    ("add_company", 0, 1), ("add_contact", 0, 1), ("add_contact", 0, 4), ("add_customer", 0, 1), ("add_product", 0, 1),
    ("add_item", 0, 1),
]  # fmt: skip
FAULTS = (
    "drop_after",
    "drop_before",
    "late_commit",
    "error_after",
    "error_before",
    "html",
    "rate_limited",
    "expired_token",
)
_DATA = "^/(contacts|items|Accounts|Contacts|Products)"


class Trial(InBigin, InBooks, Administrator, Configurator):
    def play(self, operations: Sequence[Operation]) -> None:
        """Looks before and after whatever may write, so that the ledger knows who did what."""
        for name, which, how in operations:
            if name in RUNS:
                self.before()
            OPERATIONS[name](self, which, how)
            if name in RUNS:
                self.remember()

    def end(self) -> None:
        """Quiet at last: fails with everything that is wrong."""
        self.write_again()
        self.before()
        self.world.time.forward(DAY + 60)  # what was deleted in Books shows in the nightly listing only
        self.world.settle()
        self.approve()
        self.world.forget_calls()
        self.world.sync()
        assert not self.world.writes(), f"a quiet run wrote: {self.world.writes()}"
        self.remember()
        wrong = check(self.ledger)
        assert not wrong, "\n".join(["", *wrong])

    def approve(self) -> None:
        """Every list that waits for it, such as what a change of mode creates, and every creation whose result was
        edited before it was looked for, with what follows from that."""
        while waiting := [*self.held(), *self.lost()]:
            for issue in waiting:
                if issue.kind == "held":
                    services.approve_held(issue, WHO)
                else:
                    self.link_to(issue, 0)
            self.world.settle()

    def run(self, which: int, how: int) -> None:
        self.world.time.forward((0.0, 61.0, A_WHILE, 7 * 3600.0)[how % 4])
        self.sync([MODULES[which % 2]] if how % 5 == 4 else MODULES)

    def run_in_trouble(self, which: int, how: int) -> None:
        """One call of the run meets a fault."""
        kind, method = FAULTS[how % len(FAULTS)], ("POST", "PUT", "GET", "DELETE")[which % 4]
        kind = "drop_before" if kind == "late_commit" and method == "GET" else kind
        self.world.time.forward(61)
        self.world.sandbox.fault(kind, method=method, path=_DATA, nth=1 + which // 4, seconds=20)
        self.sync(MODULES)
        self.world.sandbox.control("DELETE", "faults")

    def run_and_die(self, which: int, how: int) -> None:
        """The worker is killed after a commit or a remote write; it is missed a minute later."""
        self.world.time.forward(61)
        with counted(self.world.patch, Points(1 + 5 * which + how)), suppress(Killed):
            self.world.run(self.active() or None)
        self.world.time.forward(61)

    def sync_one(self, which: int, how: int) -> None:
        """Somebody presses Sync this record now."""
        kind = ("company", "contact", "product")[how % 3]
        one = self.pick(kind, which)
        if one is not None:
            actions.sync_record(self.world.installation, BIGIN[kind], one)

    def day(self, which: int, how: int) -> None:
        self.world.time.forward(DAY + 60)
        self.run(which, 0)

    def settle(self, which: int, how: int) -> None:
        self.end()

    def sync(self, modules: Sequence[str]) -> None:
        """Those of them that may write."""
        active = [module for module in modules if module in self.active()]
        if active:
            self.world.sync(active)

    def bill(self, which: int, how: int) -> None:
        """A sales person makes the customer of a record, now: of a contact's company, where it has one (rules 7.1)."""
        kind, mode = ("company", "contact")[how % 2], self.world.setting().mode
        one = self.pick(kind, which)
        if kind == "contact" and mode != "contacts":
            company = company_of(self.world.bigin.all("Contacts").get(one or "", {}))
            kind, one = ("company", company) if company else (kind, one)
        if one is None or (kind, mode) in (("company", "contacts"), ("contact", "companies")):
            return
        installation = self.world.installation
        bigin, books = connections.bigin(installation, "person"), connections.books(installation, "person")
        with closing(bigin.client), closing(books.client), suppress(Rejected):
            ensure_customer(installation, BIGIN[kind], one, bigin=bigin, books=books, anyway=how % 4 > 1)


OPERATIONS: dict[str, Callable[[Trial, int, int], None]] = {
    name: getattr(Trial, name)
    for name in (
        "add_company add_contact add_product edit_company edit_contact edit_product move_contact move_country"
        " delete_in_bigin restore_in_bigin empty_the_bin merge_companies add_customer add_namesake add_person"
        " add_item edit_customer edit_person edit_item delete_in_books mark_in_books bill_in_books make_primary run"
        " run_in_trouble run_and_die sync_one bill day settle switch_mode change_policy change_deletes"
        " change_duplicates change_imports change_mapping change_views pause read_only answer refuse dismiss"
        " create_again link_candidate link_by_hand unlink undo_one undo_run"
    ).split()
}
RUNS = ("run", "run_in_trouble", "run_and_die", "sync_one", "bill", "day")  # what may write; `end` looks by itself
