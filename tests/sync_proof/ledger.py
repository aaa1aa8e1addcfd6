"""What people did, found by looking: whatever differs between two looks with no run between them was done by people,
and whatever differs across a run was done by the sync. What may be true of a pair by that is in `claims.py`, the end
state in `checker.py`.

A trial looks before and after everything that may write (`Trial.play`). Decisions that show on neither remote are told:
`decided`, `by_hand`, `unlinked`, `taken_back`, `merged`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Q

from accounts.models import Installation
from sync.models import Issue, Link, Module, ModuleSetting, Write
from tests.sync_proof.people import Row, Snapshot
from tests.sync_proof.told import asked_of
from tests.sync_proof.values import (
    CELLS,
    FIELDS,
    KINDS,
    OURS,
    SIDES,
    Field,
    agree,
    company_of,
    label,
    maker,
    may_pair,
    text,
)

SIDE_ORDER = {"bigin": (True, False), "books": (False, True)}  # which of a pair's two a write goes to
Key = tuple[str, str]  # record kind, id
Cell = tuple[str, str, str]  # record kind, id, name of the field


@dataclass(frozen=True)
class Event:
    """A cell's new content. `looks`: how often the sync had read everything by then."""

    order: int
    looks: int
    value: str


@dataclass(frozen=True)
class Agreed:
    """What a pair's field held when it was last in step, or was settled otherwise."""

    order: int
    bigin: str
    books: str


@dataclass(frozen=True)
class Choice:
    """Settings of a module in force from `order` on."""

    order: int
    module: str
    mode: str
    policy: str
    duplicates: str
    delete_policy: str
    create_in_bigin: str


@dataclass(frozen=True)
class Pair:
    link: Link
    bigin: Key
    books: Key
    left: Row
    right: Row

    def cells(self, name: str) -> tuple[Cell, Cell]:
        """Of the field; those of the person a customer is stand with that person."""
        kind, one = self.books
        person = self.person() if name in CELLS["person"] else None
        if person is not None:
            kind, one = "person", str(person["contact_person_id"])
        return (*self.bigin, name), (kind, one, name)

    def held(self, name: str) -> tuple[str, str]:
        left, right = self.cells(name)
        read = CELLS[right[0]].get(name)
        row = self.right if right[0] == self.books[0] else self.person() or {}
        return CELLS[left[0]][name](self.left), read(row) if read else ""

    def person(self) -> Row | None:
        """Who a contact is among the persons of its customer: the primary one until the pair names somebody."""
        if self.link.kind != "contact-customer":
            return None
        people: list[Row] = self.right.get("contact_persons") or []
        if named := self.link.person:
            return next((one for one in people if str(one["contact_person_id"]) == named), None)
        return next((one for one in people if one.get("is_primary_contact")), people[0] if people else None)


@dataclass
class Ledger:
    installation: Installation | None = None
    order: int = 0
    looks: Counter[str] = field(default_factory=Counter)  # per module
    rows: dict[Key, Row] = field(default_factory=dict)  # as last looked at
    ever: dict[Key, Row] = field(default_factory=dict)  # the same, with what is gone: it may be restored
    born: dict[Key, int] = field(default_factory=dict)
    ours: set[Key] = field(default_factory=set)  # made by the sync
    deleted: dict[Key, int] = field(default_factory=dict)  # by people, and not restored
    merged: set[Key] = field(default_factory=set)  # into another: told by the trial
    moved: set[Key] = field(default_factory=set)  # contacts that ever changed their company
    customers: dict[Key, str] = field(default_factory=dict)  # of persons
    partners: dict[Key, set[Key]] = field(default_factory=dict)  # whom a record of Books was ever in step with
    occupants: dict[int, list[str]] = field(default_factory=dict)  # link -> ids of its Books record, the newest last
    last: dict[Key, Pair] = field(default_factory=dict)  # of a record of Bigin, as last seen in step
    former: dict[int, Pair] = field(default_factory=dict)  # link -> the pair that its record of Bigin had before
    events: dict[Cell, list[Event]] = field(default_factory=dict)
    agreed: dict[tuple[int, str], Agreed] = field(default_factory=dict)
    choices: list[Choice] = field(default_factory=list)
    twins: dict[tuple[Key, Key], int] = field(default_factory=dict)  # strangers of one name, one on each side
    unlinked: set[int] = field(default_factory=set)  # links that a person took apart
    by_hand: set[int] = field(default_factory=set)  # links that a person made
    taken_back: set[Key] = field(default_factory=set)  # what a person's undo may delete
    undone: set[int] = field(default_factory=set)  # writes that took an update back, and were looked at
    dismissed: set[Key] = field(default_factory=set)  # what a person wants to hear of no more
    unmapped: set[str] = field(default_factory=set)  # fields of Bigin that are not kept in step for now
    is_viewed: bool = False  # only companies of the list view are kept in step
    freed: set[Key] = field(default_factory=set)  # whose pair a person ended by choosing another
    replaced: set[int] = field(default_factory=set)  # those pairs
    firsts: dict[Key, Key] = field(default_factory=dict)  # with whom a record was first seen in step
    wrong: list[str] = field(default_factory=list)

    def say(self, *words: object) -> None:
        self.wrong.append(" ".join(str(word) for word in words))

    # Looking

    def people_did(self, snapshot: Snapshot) -> None:
        """Since the last look nobody but people wrote."""
        self._open()
        now = _rows(snapshot)
        for key, row in now.items():
            if key in self.rows or key in self.deleted:
                self.deleted.pop(key, None)
            elif maker(row) == OURS:  # a write of the sync that Zoho stored late
                self.ours.add(key)
            if key[0] == "contact" and key in self.rows and company_of(row) != company_of(self.rows[key]):
                self.moved.add(key)
        for key in self.rows.keys() - now.keys():
            self.deleted[key] = self.order
        self._store(now)
        self._meet_twins()

    def sync_did(self, snapshot: Snapshot, read: Iterable[str]) -> None:
        """`read`: modules that were read to the end."""
        self._open()
        now = _rows(snapshot)
        for key in now.keys() - self.rows.keys():
            if key in self.deleted:
                del self.deleted[key]  # restored by a person in the middle of the run
            else:
                self.ours.add(key)
        before, gone = self.rows, self.rows.keys() - now.keys()
        self._store(now, typed=False)
        for key in sorted(gone):
            if not self._may_go(key, before[key]):
                self.say("gone, and nobody deleted it:", *key, label(key[0], before[key]))
        self._status(before, now)
        for pair in self.pairs():
            self.partners.setdefault(pair.books, set()).add(pair.bigin)
            last = self.last.get(pair.bigin)
            if last is not None and last.link.pk != pair.link.pk and not _rests(last.link):
                self.former.setdefault(pair.link.pk, last)
            self.last[pair.bigin] = pair
            self.firsts.setdefault(pair.books, pair.bigin)
            self.firsts.setdefault(pair.bigin, pair.books)
            seats = self.occupants.setdefault(pair.link.pk, [])
            if pair.books[1] not in seats:
                seats.append(pair.books[1])
        self._restored()
        self.looks.update(read)

    def _status(self, before: dict[Key, Row], now: dict[Key, Row]) -> None:
        for key in sorted(key for key in now.keys() & before.keys() if key[0] == "customer"):
            ended = (before[key].get("status"), now[key].get("status")) == ("active", "inactive")
            if ended and not self._may_go(key, now[key], "inactive"):
                self.say("made inactive, and nobody deleted it:", *key, label(key[0], now[key]))

    def _open(self) -> None:
        self.order += 1
        for module in Module.values:
            setting = self.setting(module)
            policies = (setting.policy, setting.duplicates, setting.delete_policy, setting.create_in_bigin)
            last = self.since(self.order, module)[-1:]
            if not last or last[0] != Choice(last[0].order, module, setting.mode, *policies):
                self.choices.append(Choice(self.order, module, setting.mode, *policies))

    def setting(self, module: str = Module.CUSTOMERS) -> ModuleSetting:
        return ModuleSetting.objects.get(installation=self.installation, module=module)

    def _store(self, now: dict[Key, Row], *, typed: bool = True) -> None:
        for key, row in now.items():
            self.born.setdefault(key, self.order)
            if key[0] == "person":
                self.customers[key] = str(row["contact_id"])
            old = self.ever.get(key)
            for name, read in CELLS[key[0]].items() if typed else ():
                value, cell = read(row), (*key, name)
                is_new = key not in self.ours and cell not in self.events
                if is_new if old is None else read(old) != value:
                    self.write(cell, value)
        self.rows = now
        self.ever |= now

    def write(self, cell: Cell, value: str) -> None:
        self.events.setdefault(cell, []).append(Event(self.order, self.looks[module_of(cell[0])], value))

    # Links

    def pairs(self) -> Iterator[Pair]:
        """Linked, with both records alive."""
        links = Link.objects.filter(installation=self.installation, state="linked").select_related("bigin", "books")
        for link in links:
            if link.bigin is None or link.books is None:
                self.say("a linked pair lacks a side:", link.pk)
                continue
            left, right = (
                (kind, one.remote_id) for kind, one in zip(KINDS[link.kind], (link.bigin, link.books), strict=True)
            )
            if left in self.rows and right in self.rows:
                yield Pair(link, left, right, self.rows[left], self.rows[right])

    def settle(self, pair: Pair, one: Field, held: tuple[str, str]) -> None:
        self.agreed[pair.link.pk, one.name] = Agreed(self.order, *held)
        for cell, value in zip(pair.cells(one.name), held, strict=True):
            events = self.events.get(cell)
            if not events or not agree(events[-1].value, value):
                self.write(cell, value)

    def decided(self, link: Link, detail: Mapping[str, Any], side: str) -> None:
        """A person chose `side` in a conflict; `detail` as the issue showed it."""
        pair = next((pair for pair in self.pairs() if pair.link.pk == link.pk), None)
        if pair is None:
            return
        for one in FIELDS[link.kind]:
            if one.bigin in detail:
                shown = text(detail[one.bigin]["bigin"]), text(detail[one.bigin]["books"])
                self.agreed[link.pk, one.name] = Agreed(self.order, *shown)
                self.order += 1
                winner = side == "books"
                self.write(pair.cells(one.name)[winner], shown[winner])

    def left_so(self, link: Link, fields: Iterable[str] = ("*",)) -> None:
        """A person wants the pair to stay as it was when last looked at, in these fields of either side."""
        names = set(fields)
        for pair in [pair for pair in self.pairs() if pair.link.pk == link.pk]:
            for one in FIELDS[link.kind]:
                if {one.bigin, one.books, "*"} & names:
                    self.settle(pair, one, pair.held(one.name))

    def free(self, links: Iterable[Link]) -> None:
        """A person chose another pair, or none, for records of these."""
        for link in links:
            self.replaced.add(link.pk)
            both = (link.bigin, link.books)
            self.freed |= {(record.kind, record.remote_id) for record in both if record is not None}

    def was_replaced(self, pair: Pair) -> bool:
        """A person ended it, or the pair of its company and customer, by choosing another: nothing goes through it."""
        if pair.link.pk in self.replaced or pair.link.kind != "contact-person":
            return pair.link.pk in self.replaced
        customer = Q(books__kind="customer", books__remote_id=str(pair.right["contact_id"]))
        own = Q(bigin__kind="company", bigin__remote_id=company_of(pair.left)) & customer
        last = Link.objects.filter(own, installation=self.installation).order_by("pk").last()
        return last is not None and last.pk in self.replaced

    def dismissed_of(self, issue: Issue) -> None:
        link, records = issue.link, [issue.record]
        if link is not None:
            records += [link.bigin, link.books]
            self.left_so(link, asked_of(issue))
        self.dismissed |= {(record.kind, record.remote_id) for record in records if record is not None}

    def _restored(self) -> None:
        """Updates that were taken back: the one side holds what once stood there, the other what it held, and both may
        stay so."""
        rows = Write.objects.filter(installation=self.installation, state="done", op="update", undoes__isnull=False)
        for write in rows.exclude(pk__in=self.undone).order_by("pk"):
            self.undone.add(write.pk)
            for pair in [pair for pair in self.pairs() if pair.link.pk == write.link_id]:
                self._take_back(pair, write)

    def _take_back(self, pair: Pair, write: Write) -> None:
        later = Write.objects.filter(link=write.link_id, side=write.side, state="done", op="update", pk__gt=write.pk)
        since = {name for fields in later.values_list("fields", flat=True) for name in fields}  # in the same run
        for one in FIELDS[pair.link.kind]:
            if (one.bigin if write.side == "bigin" else one.books) not in write.fields.keys() - since:
                continue
            held = pair.held(one.name)
            for cell, value, is_target in zip(pair.cells(one.name), held, SIDE_ORDER[write.side], strict=True):
                stood = [event.value for event in self.events.get(cell, [])]
                if not any(agree(value, old) for old in (stood if is_target else stood[-1:]) or [""]):
                    self.say("undone to what never stood:", *cell, value, stood)
            self.settle(pair, one, held)

    def is_out(self, key: Key) -> bool:
        """A company that is in no chosen list view, and was not made by the sync: what is born in Books stays."""
        country = text(self.rows.get(key, {}).get("Billing_Country"))
        return self.is_viewed and key[0] == "company" and key not in self.ours and country != "Portugal"

    # Who may go, who must meet

    def _may_go(self, key: Key, row: Row, *policies: str) -> bool:
        if key in self.taken_back or self._followed(key):
            return True
        if SIDES[key[0]] == "bigin":
            return False
        if key[0] == "person" and ("customer", self.customers[key]) not in self.rows:
            return True  # with its customer, which is judged by itself
        for partner in self.partners_of(key):
            if partner in self.deleted and partner not in self.merged:
                chosen = {one.delete_policy for one in self.since(self.deleted[partner], module_of(key[0]))}
                return not chosen.isdisjoint({"delete", *policies})
            if self.lives_on(key, partner) and (partner in self.moved or self.modes() > 1):
                return True
        return False

    def _followed(self, key: Key) -> bool:
        """A person paired by hand with a contact of another company moves below the customer of that one."""
        moves = Write.objects.filter(link__in=self.by_hand, op="move", before__person=key[1])
        return key[0] == "person" and moves.exists()

    def partners_of(self, key: Key) -> set[Key]:
        """With whom a record of Books was ever in step; an individual customer is its primary person too. Of a pair
        that a single run completed and let go, its end names the contact."""
        links = Link.objects.filter(
            installation=self.installation, books__kind=key[0], books__remote_id=key[1], bigin__isnull=False
        ).values_list("bigin__kind", "bigin__remote_id")
        ends = Write.objects.filter(
            installation=self.installation, link__books__kind=key[0], link__books__remote_id=key[1], link__bigin=None
        )
        let_go = {("contact", str(one)) for one in ends.values_list("source__contact", flat=True) if one}
        return self.partners.get(key, set()) | {(str(kind), str(one)) for kind, one in links} | let_go

    def lives_on(self, key: Key, partner: Key) -> bool:
        """Its contact, which has another company or another mode by now, goes on as another record (rules 5.6)."""
        return any(pair.bigin == partner and pair.books != key for pair in self.pairs())

    def policies(self, kind: str) -> set[str]:
        """Ever in force for such records."""
        return {choice.policy for choice in self.choices if choice.module == module_of(kind)}

    def modes(self) -> int:
        return len({choice.mode for choice in self.choices if choice.module == Module.CUSTOMERS})

    def since(self, order: int, module: str = Module.CUSTOMERS) -> list[Choice]:
        """Settings in force then or later."""
        mine = [choice for choice in self.choices if choice.module == module]
        before = [choice for choice in mine if choice.order <= order]
        return before[-1:] + [choice for choice in mine if choice.order > order]

    def _meet_twins(self) -> None:
        """Records of one name that belong to nobody yet: the next run pairs them, asks, or follows the policy."""
        if self.setting().mode == "contacts":
            return
        held = _held(self.installation)
        names: dict[tuple[str, str], list[Key]] = {}
        for key, row in self.rows.items():
            if key[0] in ("company", "product", "customer", "item") and key not in held and may_pair(key[0], row):
                if self.is_out(key):
                    continue
                names.setdefault((key[0], label(key[0], row)), []).append(key)
        for kind, name in [place for place in names if place[0] in ("company", "product")]:
            for left in names[kind, name]:
                for right in names.get(("customer" if kind == "company" else "item", name), []):
                    self.twins.setdefault((left, right), self.order)


def _rests(link: Link) -> bool:
    """With its mode: nothing of it is settled any more."""
    return Link.objects.filter(pk=link.pk, state="retired").exists()


def _held(installation: Installation | None) -> set[Key]:
    links = Link.objects.filter(installation=installation).exclude(state__in=Link.DEAD)
    rows = links.values_list("bigin__kind", "bigin__remote_id", "books__kind", "books__remote_id")
    return {(str(kind), str(one)) for a, b, c, d in rows for kind, one in ((a, b), (c, d)) if one}


def _rows(snapshot: Snapshot) -> dict[Key, Row]:
    return {(kind, remote_id): row for kind in SIDES for remote_id, row in snapshot.of(kind).items()}


def module_of(kind: str) -> str:
    return Module.PRODUCTS if kind in ("product", "item") else Module.CUSTOMERS
