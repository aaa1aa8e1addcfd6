"""Whether an end state is right: the promises of the sync, checked on what both remotes hold.

The rows come from the remotes; the product's tables are asked only for its links and for the reasons it states.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from django.db.models import Q

from accounts.models import Installation
from sync.models import Decision, Issue, Link, LinkKind, ModuleSetting, Record
from tests.sync_proof.people import Row, Snapshot
from tests.sync_proof.values import FIELDS, agree, full_name, label, maker, text

OURS = "Marta Quintela"  # whose connection the installation uses; people are somebody else
SIDES = {
    "company": "bigin",
    "contact": "bigin",
    "product": "bigin",
    "customer": "books",
    "person": "books",
    "item": "books",
}
KINDS = {
    "company-customer": ("company", "customer"),
    "contact-person": ("contact", "person"),
    "contact-customer": ("contact", "customer"),
    "product-item": ("product", "item"),
}
ALIVE = ("linked", "half", "closed", "apart", "beside")


@dataclass
class Ledger:
    """What people did. `edits` since the last quiet point; ids are remote ids."""

    made: set[tuple[str, str]] = field(default_factory=set)  # (kind, id)
    deleted: set[tuple[str, str]] = field(default_factory=set)
    edits: dict[tuple[str, str, str], str] = field(default_factory=dict)  # (kind, id, field) -> value
    values: dict[tuple[int, str], tuple[str, str]] = field(default_factory=dict)  # (link, field) -> at the quiet point
    customers: dict[str, str] = field(default_factory=dict)  # of persons
    seen: set[tuple[str, str]] = field(default_factory=set)  # everything that lived at the last quiet point
    unsettled: set[tuple[str, str]] = field(default_factory=set)  # moved, merged or restored: values are not judged
    known_as: dict[tuple[str, str], set[str]] = field(default_factory=dict)  # names and e-mails of people, ever seen

    def meet(self, snapshot: Snapshot) -> None:
        """Remembers under which names people stand in Books, as persons and as individual customers."""
        for kind, remote_id, row in _people(snapshot):
            self.known_as.setdefault((kind, remote_id), set()).update(_names(row))


def _people(snapshot: Snapshot) -> Iterator[tuple[str, str, Row]]:
    for remote_id, row in snapshot.persons.items():
        yield "person", remote_id, row
        customer = str(row["contact_id"])
        if snapshot.customers[customer].get("customer_sub_type") == "individual":
            yield "customer", customer, row


def _names(row: Row) -> set[str]:
    return {full_name(row).casefold(), text(row.get("email")).casefold()} - {""}


@dataclass
class Verdicts:
    """Everything that is wrong, in words."""

    installation: Installation
    snapshot: Snapshot
    ledger: Ledger
    wrong: list[str] = field(default_factory=list)

    def say(self, *words: object) -> None:
        self.wrong.append(" ".join(str(word) for word in words))


def check(installation: Installation, snapshot: Snapshot, ledger: Ledger) -> list[str]:
    """To be called at a quiet point; moves the ledger's quiet point there."""
    verdicts = Verdicts(installation, snapshot, ledger)
    setting = ModuleSetting.objects.get(installation=installation, module="customers")
    ledger.customers.update({one: str(row["contact_id"]) for one, row in snapshot.persons.items()})
    ledger.meet(snapshot)
    _agree(verdicts)
    _reasons(verdicts, setting)
    _doubles(verdicts, setting)
    _lost(verdicts)
    ledger.seen = {(kind, remote_id) for kind in SIDES for remote_id in snapshot.of(kind)}
    ledger.edits.clear()
    ledger.unsettled.clear()
    return verdicts.wrong


def _linked(verdicts: Verdicts) -> Iterator[tuple[Link, Row | None, Row | None]]:
    links = Link.objects.filter(installation=verdicts.installation, state="linked").select_related("bigin", "books")
    for link in links:
        if link.bigin is None or link.books is None:
            verdicts.say("a linked pair lacks a side:", link.pk)
            continue
        left, right = KINDS[link.kind]
        rows = (
            verdicts.snapshot.of(left).get(link.bigin.remote_id),
            verdicts.snapshot.of(right).get(link.books.remote_id),
        )
        yield (link, *rows)


def _agree(verdicts: Verdicts) -> None:
    """Linked pairs without an open issue agree, and on what people wrote."""
    values: dict[tuple[int, str], tuple[str, str]] = {}
    for link, left, right in _linked(verdicts):
        bigin, books = link.bigin, link.books
        assert bigin is not None
        assert books is not None
        if _has_issue(link):
            continue
        if left is None or right is None:
            verdicts.say(
                "a linked record is gone and nobody says so:", link.kind, bigin.label, left is None, right is None
            )
            continue
        for name, of_bigin, of_books in FIELDS[link.kind]:
            held = of_bigin(left), of_books(right)
            values[link.pk, name] = held
            met_as_they_were = link.first == "fill" and not agree(*verdicts.ledger.values.get((link.pk, name), held))
            if not agree(*held) and not met_as_they_were:  # in Contacts mode nothing is overwritten (design, section 4)
                verdicts.say("differs:", link.kind, name, held, "was", verdicts.ledger.values.get((link.pk, name)))
            _is_what_people_wrote(verdicts, link, name, held)
    verdicts.ledger.values = values


def _has_issue(link: Link) -> bool:
    records = [pk for pk in (link.bigin_id, link.books_id) if pk]
    parents = Q()
    for record in (link.bigin, link.books):
        if record is not None and record.parent_id:
            parents |= Q(record__remote_id=record.parent_id)
    found = Q(link=link) | Q(record__in=records) | (parents if record_has_parent(link) else Q(pk=None))
    return Issue.objects.filter(found, installation=link.installation_id, state="open").exists()


def record_has_parent(link: Link) -> bool:
    return any(record is not None and record.parent_id for record in (link.bigin, link.books))


def _is_what_people_wrote(verdicts: Verdicts, link: Link, name: str, held: tuple[str, str]) -> None:
    """Of a pair that was in step before: one edit wins, of two one; without any nothing moves."""
    ledger = verdicts.ledger
    before = ledger.values.get((link.pk, name))
    left, right = KINDS[link.kind]
    keys = (left, str(link.bigin and link.bigin.remote_id)), (right, str(link.books and link.books.remote_id))
    if before is None or ledger.unsettled.intersection(keys):
        return
    # A company is its customer's display name; a contact is the name of its customer's primary person.
    told = {"company-customer": {"name": "display name"}, "contact-customer": {name: f"primary {name}"}}
    names = (name, told.get(link.kind, {}).get(name, name))
    places = [(*key, its) for key, its in zip(keys, names, strict=True)]
    edits = [ledger.edits[place] for place in places if place in ledger.edits]
    allowed = [edit for edit in edits if edit] or (list(before) if edits else [])
    if not edits:
        allowed = list(before)
    if "" in edits:
        allowed.append("")
    if not any(agree(value, one) for one in allowed for value in held):
        verdicts.say("lost:", link.kind, name, "is", held, "was", before, "people wrote", edits)


# Every other record has a reason


def _reasons(verdicts: Verdicts, setting: ModuleSetting) -> None:
    installation = verdicts.installation
    paired = _ids_of(verdicts, ("linked",))
    for kind in SIDES:
        for remote_id, row in verdicts.snapshot.of(kind).items():
            if (kind, remote_id) in paired:
                continue
            issues = list(
                Issue.objects.filter(
                    Q(record__remote_id=remote_id)
                    | Q(link__bigin__remote_id=remote_id)
                    | Q(link__books__remote_id=remote_id),
                    installation=installation,
                    state="open",
                ).values_list("kind", "code")
            )
            if len(issues) > 1:
                verdicts.say("more than one issue:", kind, label(kind, row), issues)
            if not issues and not _other_reason(verdicts, setting, kind, remote_id, row):
                verdicts.say("no reason:", kind, remote_id, label(kind, row))


def _ids_of(verdicts: Verdicts, states: tuple[str, ...]) -> set[tuple[str, str]]:
    rows = Link.objects.filter(installation=verdicts.installation, state__in=states).values_list(
        "bigin__kind", "bigin__remote_id", "books__kind", "books__remote_id"
    )
    return {(str(kind), str(one)) for a, b, c, d in rows for kind, one in ((a, b), (c, d)) if one}


def _other_reason(verdicts: Verdicts, setting: ModuleSetting, kind: str, remote_id: str, row: Row) -> bool:
    if (kind, remote_id) in _ids_of(verdicts, ("closed", "apart", "beside")):
        return True
    side = SIDES[kind]
    verdict = {"bigin_id": remote_id, "verdict": "skipped"} if side == "bigin" else {"books_id": remote_id}
    if Decision.objects.filter(installation=verdicts.installation, **verdict).exclude(verdict="different").exists():
        return True
    return _excluded(verdicts, setting, kind, row)


def _excluded(verdicts: Verdicts, setting: ModuleSetting, kind: str, row: Row) -> bool:
    """By the settings alone."""
    mode, companies = setting.mode, _ids_of(verdicts, ("linked",))
    if kind == "company":
        return bool(mode == "contacts")
    if kind == "person":  # only those of a linked company are kept in step by themselves
        return (
            mode != "both"
            or not Link.objects.filter(
                installation=verdicts.installation,
                kind="company-customer",
                state="linked",
                books__remote_id=str(row["contact_id"]),
            ).exists()
        )
    if kind == "contact":
        company = str((row.get("Account_Name") or {}).get("id") or "")
        if mode == "companies":
            return True
        if mode == "contacts":
            return False
        return ("company", company) not in companies if company else not setting.include_unattached
    if kind == "customer":
        individual = row.get("customer_sub_type") == "individual"
        if row.get("status") == "inactive" or row.get("contact_type") != "customer":
            return True
        if individual and mode != "contacts":
            return mode == "companies" or not setting.include_unattached
        return bool(setting.create_in_bigin == "none")
    return kind == "item" and (row.get("status") == "inactive" or not row.get("can_be_sold"))


# Nothing twice


def _doubles(verdicts: Verdicts, setting: ModuleSetting) -> None:
    """What we made belongs to a pair, and no name stands twice but by the hands of people."""
    known = _ids_of(verdicts, (*ALIVE, "retired"))
    for kind in SIDES:
        groups: Counter[tuple[str, str]] = Counter()
        for remote_id, row in verdicts.snapshot.of(kind).items():
            ours = maker(row) == OURS
            if ours and (kind, remote_id) not in known:
                verdicts.say("an orphan of ours:", kind, remote_id, label(kind, row))
            if (kind, remote_id) not in verdicts.ledger.made:
                groups[_family(kind, row), label(kind, row)] += 1
        for (family, name), number in groups.items():
            if number > 1 and setting.duplicates != "clone":
                verdicts.say("twice:", kind, family, name, number)


def _family(kind: str, row: Row) -> str:
    if kind == "person":
        return str(row["contact_id"])
    return str((row.get("Account_Name") or {}).get("id") or "") if kind == "contact" else ""


# Nothing lost


def _lost(verdicts: Verdicts) -> None:
    ledger, snapshot = verdicts.ledger, verdicts.snapshot
    for kind, remote_id in sorted((ledger.seen | ledger.made) - ledger.deleted):
        if remote_id in snapshot.of(kind):
            continue
        if SIDES[kind] == "bigin" or not _follows_a_deletion(verdicts, kind, remote_id):
            verdicts.say("gone, and nobody deleted it:", kind, remote_id)


def _follows_a_deletion(verdicts: Verdicts, kind: str, remote_id: str) -> bool:
    """In Books: its counterpart was deleted in Bigin, its customer is gone, or it moved with its contact."""
    installation = verdicts.installation
    if kind == "person" and verdicts.ledger.customers.get(remote_id) not in verdicts.snapshot.customers:
        return True  # with its customer, which is judged by itself
    record = Record.objects.filter(installation=installation, kind=kind, remote_id=remote_id).first()
    if record is None:
        return False
    links = Link.objects.filter(installation=installation, books=record).select_related("bigin")
    if any(link.bigin is not None and _was_deleted(verdicts, link.bigin) for link in links):
        return True
    if any(link.state == "closed" and link.reason for link in links) and _lives_on(verdicts, kind, remote_id):
        return True
    if kind != "person":
        return False
    moved = Link.objects.filter(
        installation=installation, kind=LinkKind.CONTACT_PERSON, writes__op="move", writes__before__person=remote_id
    )
    return moved.exists()


def _lives_on(verdicts: Verdicts, kind: str, remote_id: str) -> bool:
    """A contact that gains or loses its company stands in Books as somebody else (rules 5.6)."""
    names = verdicts.ledger.known_as.get((kind, remote_id), set())
    return any(names & _names(row) for _, other, row in _people(verdicts.snapshot) if other != remote_id)


def _was_deleted(verdicts: Verdicts, record: Record) -> bool:
    return (record.kind, record.remote_id) in verdicts.ledger.deleted
