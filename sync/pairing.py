"""Judging records that stand alone: whose pair they are, what is created for them, or why nothing is (rules 2, 3).

Reads the database, writes nothing: `sync/planner.py` stores the outcomes and `sync/preview.py` shows them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from sync import holds, identity, unlinked, zcrm
from sync.candidates import OTHER_CODE, TOLD_BY_ZOHO, Likeness, Strength, likeness, search_keys
from sync.creation import create, refusal
from sync.mapping import Kind
from sync.models import Decision, Duplicates, Record, RecordKind, Side
from sync.outcomes import Create, LinkUp, Outcome, PassBy, Wait
from sync.plan import Policies
from sync.shape import Shape
from sync.sources import may_pair


@dataclass(frozen=True)
class Bench:
    """What judging one chunk needs, loaded in a constant number of queries. `parents`: of contacts and persons, id of
    the parent on this side -> id of its partner; `virtual` adds those that a preview would link."""

    shape: Shape
    kind: Kind
    side: str
    policies: Policies
    candidates: Sequence[Record]
    rivals: Sequence[Record]
    decisions: Mapping[str, Mapping[str, str]]
    parents: Mapping[str, str]
    children: Mapping[str, Sequence[Record]] = field(default_factory=dict)
    reserved: frozenset[str] = frozenset()  # name keys of vendors and inactive customers
    parent_keys: Mapping[str, frozenset[str]] = field(default_factory=dict)
    recent: frozenset[str] | None = None  # customers with recent documents, where the policy asks for them
    deleted: Mapping[str, Record] = field(default_factory=dict)  # contacts that were their pairs in another mode
    survivors: Sequence[Record] = ()  # of the other side, which only a closed pair holds
    awaited: Sequence[Record] = ()  # of the other side, which a create under way may have made


def judge(
    shape: Shape,
    kind: Kind,
    side: str,
    records: Sequence[Record],
    policies: Policies,
    *,
    virtual: Mapping[str, str] | None = None,
    recent: frozenset[str] | None = None,
) -> list[Outcome]:
    """One outcome per record; no network. `virtual` maps parents of this side that a preview would link."""
    bench = _bench(shape, kind, side, records, policies, virtual or {}, recent)
    outcomes: list[Outcome] = []
    taken: set[int] = set()
    is_awaited = identity.awaited(shape, kind, side)
    for record in records:
        outcome = Wait(record) if is_awaited(record) else _judge(bench, record)
        if isinstance(outcome, Create) and _matches(
            bench, record, bench.decisions.get(record.remote_id, {}), bench.awaited
        ):
            outcome = Wait(record)  # whose it is will be known soon
        if isinstance(outcome, LinkUp):
            partner = outcome.books if side == Side.BIGIN else outcome.bigin
            if partner.pk in taken:
                outcome = holds.hold(record, [(partner, Likeness(Strength.STRONG, 100, "already paired"))], "rivals")
            taken.add(partner.pk)
        outcomes.append(outcome)
    return outcomes


def judge_alone(shape: Shape, kind: Kind, record: Record, policies: Policies) -> Outcome:
    """A person said that no candidate is the same: what its creation in Books would be."""
    bench = _bench(shape, kind, Side.BIGIN, [record], policies, {}, None)
    kept_apart = Decision.Verdict.APART in bench.decisions.get(record.remote_id, {}).values()
    return _alone(bench, record, apart=kept_apart or any(_keys_meet(record, one) for one in bench.candidates))


def _keys_meet(record: Record, other: Record) -> bool:
    """Whether the two have one display name, which Books may insist to be unique."""
    mine = {key for key in record.keys if key.startswith("name:")}
    return bool(mine.intersection(other.keys))


def _bench(
    shape: Shape,
    kind: Kind,
    side: str,
    records: Sequence[Record],
    policies: Policies,
    virtual: Mapping[str, str],
    recent: frozenset[str] | None,
) -> Bench:
    far = unlinked.other(side)
    parents = {**unlinked.partner_ids(shape, side, (record.parent_id for record in records)), **virtual}
    extra = _keys_of_contacts(shape, kind, side, records)
    if kind is Kind.CONTACT_PERSON:
        below = [parents.get(record.parent_id, "") for record in records]
        candidates = unlinked.children(shape, kind, far, below)
        survivors = unlinked.children(shape, kind, far, below, unlinked.survivors)
        rivals = unlinked.children(shape, kind, side, (record.parent_id for record in records))
    else:
        wanted = {key for record in records for key in search_keys([*record.keys, *extra.get(record.remote_id, ())])}
        candidates = unlinked.by_keys(shape, kind, far, wanted)
        survivors = unlinked.by_keys(shape, kind, far, wanted, unlinked.survivors)
        candidates += zcrm.partners(shape, kind, side, records, candidates)
        rivals = unlinked.by_keys(shape, kind, side, (key for row in candidates for key in search_keys(row.keys)))
        rivals += zcrm.partners(shape, kind, far, candidates, rivals)
    is_awaited = identity.awaited(shape, kind, far)
    awaited = [candidate for candidate in candidates if is_awaited(candidate)]
    candidates = [candidate for candidate in candidates if candidate not in awaited]
    extra = {**extra, **_keys_of_contacts(shape, kind, far, candidates), **_keys_of_contacts(shape, kind, side, rivals)}
    return Bench(
        shape,
        kind,
        side,
        policies,
        candidates,
        rivals,
        unlinked.decisions(shape.installation, side, records),
        parents,
        _children(shape, kind, side, records),
        _reserved(shape, kind, side, records),
        extra,
        recent,
        unlinked.deleted_contacts(shape, kind, side, records),
        survivors,
        awaited,
    )


def _keys_of_contacts(shape: Shape, kind: Kind, side: str, records: Sequence[Record]) -> dict[str, frozenset[str]]:
    """A company of Bigin has no e-mail of its own: those of its contacts count as its (rules 3.1)."""
    if kind is not Kind.COMPANY_CUSTOMER or side != Side.BIGIN or not records:
        return {}
    rows = Record.objects.filter(
        installation=shape.installation,
        side=Side.BIGIN,
        kind=RecordKind.CONTACT,
        gone_at=None,
        parent_id__in=[record.remote_id for record in records],
    ).values_list("parent_id", "keys")
    found: dict[str, set[str]] = {}
    for parent, keys in rows:
        found.setdefault(parent, set()).update(key for key in keys if key.startswith(("email:", "phone:")))
    return {parent: frozenset(keys) for parent, keys in found.items()}


def _children(shape: Shape, kind: Kind, side: str, records: Sequence[Record]) -> dict[str, list[Record]]:
    """Contacts that travel with a new company (design section 3, batching)."""
    if kind is not Kind.COMPANY_CUSTOMER or side != Side.BIGIN or Kind.CONTACT_PERSON not in shape.active:
        return {}
    found: dict[str, list[Record]] = {}
    for child in unlinked.children(shape, Kind.CONTACT_PERSON, side, (record.remote_id for record in records)):
        if child.in_scope:
            found.setdefault(child.parent_id, []).append(child)
    return found


def _reserved(shape: Shape, kind: Kind, side: str, records: Sequence[Record]) -> frozenset[str]:
    """Names that belong to a vendor or an inactive customer: never written to, never doubled unasked (rules 1.3)."""
    if side != Side.BIGIN or unlinked.record_kind(kind, Side.BOOKS) != RecordKind.CUSTOMER:
        return frozenset()
    names = sorted({key for record in records for key in record.keys if key.startswith("name:")})
    rows = Record.objects.filter(
        installation=shape.installation,
        side=Side.BOOKS,
        kind__in=(RecordKind.VENDOR, RecordKind.CUSTOMER),
        gone_at=None,
        keys__overlap=names,
    ).values_list("kind", "meta", "keys")
    return frozenset(
        key
        for row_kind, meta, keys in rows
        if row_kind == RecordKind.VENDOR or meta.get("status") == "inactive"
        for key in keys
        if key.startswith("name:")
    )


def _judge(bench: Bench, record: Record) -> Outcome:
    early = _excluded(bench, record)
    if early is not None:
        return early
    verdicts = bench.decisions.get(record.remote_id, {})
    if Decision.Verdict.SKIPPED in verdicts.values():
        return PassBy(record, "skipped_duplicate", "It is skipped as a duplicate, as your settings say.")
    found = _matches(bench, record, verdicts, bench.candidates)
    surviving = _surviving(bench, record, verdicts)
    if surviving:
        return holds.hold(record, [*surviving, *found], holds.ENDED_PAIR)
    strong = [match for match in found if match[1].strength is Strength.STRONG]
    if _disagree(bench, strong, found):
        return holds.hold(record, found, "candidates")
    if strong:
        partner, like = strong[0]
        if _rivals(bench, record, partner):
            return holds.hold(record, strong, "rivals")
        return _met(bench, record, partner, like)
    if found:
        return holds.hold(record, found, "possible_duplicate")
    kept_apart = [its for its, verdict in verdicts.items() if verdict == Decision.Verdict.APART]
    if kept_apart and bench.side == Side.BOOKS:
        return PassBy(record, "kept_apart", "It is kept apart from a record of the same name, as your settings say.")
    return _alone(bench, record, apart=bool(kept_apart))


def _disagree(bench: Bench, strong: Sequence[object], found: Sequence[tuple[Record, Likeness]]) -> bool:
    """Two candidates; for items also a code that says one and a name that says another (rules 3.1); a name that says
    one and Zoho's own integration that says another (rules 1.4)."""
    if len(strong) > 1 or (strong and any(like is TOLD_BY_ZOHO for _, like in found)):
        return True
    return bench.kind is Kind.PRODUCT_ITEM and bool(strong) and any(like.score == OTHER_CODE for _, like in found)


def _excluded(bench: Bench, record: Record) -> Outcome | None:
    """What the settings leave out, before any candidate is looked for."""
    if not record.in_scope:
        code = "not_sold" if record.kind == RecordKind.ITEM else "not_in_view"
        why = "It is not sold." if code == "not_sold" else "It is in none of the chosen list views."
        return PassBy(record, code, why)
    if record.kind == RecordKind.CUSTOMER and not may_pair(bench.shape, bench.kind, record.meta):
        return PassBy(record, "individual", "It is an individual customer, and your settings leave those out.")
    if bench.kind is Kind.CONTACT_PERSON and record.parent_id not in bench.parents:
        return PassBy(record, "parent_not_linked", "Its company is not in step yet.")
    return None


def _surviving(bench: Bench, record: Record, verdicts: Mapping[str, str]) -> list[tuple[Record, Likeness]]:
    """Whom a closed pair holds and who is surely the same, so that no second one is created beside it (rules 5.1). What
    is inactive in Books is told as such."""
    if _is_inactive_customer(record):
        return []
    found = _matches(bench, record, verdicts, bench.survivors)
    return [
        (survivor, like)
        for survivor, like in found
        if like.strength is Strength.STRONG and not _is_inactive_customer(survivor)
    ]


def _is_inactive_customer(record: Record) -> bool:
    return record.kind == RecordKind.CUSTOMER and record.meta.get("status") == "inactive"


def _matches(
    bench: Bench, record: Record, verdicts: Mapping[str, str], candidates: Iterable[Record]
) -> list[tuple[Record, Likeness]]:
    """Best first, without those a person or a policy decided upon."""
    found = []
    for candidate in candidates:
        if candidate.remote_id in verdicts or not _same_parent(bench, record, candidate):
            continue
        like = likeness(bench.kind, _keys(bench, record), _keys(bench, candidate))
        if like.strength is not Strength.STRONG and zcrm.names(bench.kind, record, candidate):
            like = TOLD_BY_ZOHO
        if like.strength is not Strength.NONE:
            found.append((candidate, like))
    return sorted(found, key=lambda match: (-match[1].score, match[0].pk))


def _keys(bench: Bench, record: Record) -> list[str]:
    return [*record.keys, *bench.parent_keys.get(record.remote_id, ())] if record.side == Side.BIGIN else record.keys


def _same_parent(bench: Bench, record: Record, candidate: Record) -> bool:
    return bench.kind is not Kind.CONTACT_PERSON or bench.parents.get(record.parent_id) == candidate.parent_id


def _rivals(bench: Bench, record: Record, partner: Record) -> bool:
    """Whether another record of this side claims the same partner as strongly, an item by its name alone, or a customer
    by the id that Zoho's own integration gave it."""
    return any(
        rival.pk != record.pk
        and rival.in_scope
        and (bench.kind is not Kind.CONTACT_PERSON or rival.parent_id == record.parent_id)
        and (
            zcrm.names(bench.kind, rival, partner)
            or _claims(likeness(bench.kind, _keys(bench, rival), _keys(bench, partner)))
        )
        for rival in bench.rivals
    )


def _claims(like: Likeness) -> bool:
    return like.strength is Strength.STRONG or like.score == OTHER_CODE


def _met(bench: Bench, record: Record, partner: Record, like: Likeness) -> Outcome:
    """Exactly one partner, and it has no other suitor: the duplicate policy acts, once (rules 3.2)."""
    bigin, books = (record, partner) if bench.side == Side.BIGIN else (partner, record)
    if not bigin.in_scope:
        text = f"Bigin has it already: {bigin.label} ({like.why}), which is in none of the chosen list views. "
        text += "What becomes of the two is decided once it is in one of them."
        return PassBy(record, "not_in_view", text, waits_for=bigin.remote_id)
    if _is_inactive_customer(books):
        if bench.side == Side.BOOKS:
            return PassBy(record, "inactive", "It is inactive in Books.")
        return holds.inactive(bigin, books)
    policy = bench.shape.duplicates(bench.kind)
    if policy == Duplicates.SKIP:
        text = f"{holds.HERE[unlinked.other(bench.side)]} has it already ({like.why}); your settings skip duplicates."
        return PassBy(record, "skipped_duplicate", text, skipped_with=partner.remote_id)
    if policy == Duplicates.CLONE:
        if bench.side == Side.BOOKS:
            return PassBy(record, "kept_apart", "Your settings clone duplicates: the original is not imported.")
        return _alone(bench, record, apart=True, apart_from=(partner.remote_id,))
    return LinkUp(bench.kind, bigin, books, like.why, bench.shape.first(bench.kind))


def _alone(bench: Bench, record: Record, *, apart: bool = False, apart_from: tuple[str, ...] = ()) -> Outcome:
    """No counterpart: it is created, unless a setting or its content forbids it."""
    shape, kind = bench.shape, bench.kind
    if bench.side == Side.BOOKS:
        left_out = refusal(shape, kind, record, bench.recent)
        if left_out is not None:
            return left_out
        contact = bench.deleted.get(record.remote_id)
        if contact is not None and contact.remote_id not in bench.decisions.get(record.remote_id, {}):
            return holds.deleted_before(record, contact)
    namesake = bench.reserved.intersection(record.keys)
    if bench.side == Side.BIGIN and namesake and not apart and not record.meta.get("create_as"):
        return holds.reserved(record)
    target = unlinked.other(bench.side)
    parent = bench.parents.get(record.parent_id, "")
    made = create(shape, kind, target, record, bench.policies, parent=parent, apart=apart, apart_from=apart_from)
    if not isinstance(made, Create) or not bench.children.get(record.remote_id):
        return made
    return _with_children(bench, made, bench.children[record.remote_id])


def _with_children(bench: Bench, made: Create, children: Iterable[Record]) -> Create:
    carried = [
        create(bench.shape, Kind.CONTACT_PERSON, Side.BOOKS, child, bench.policies, parent="") for child in children
    ]
    return Create(
        made.kind,
        made.side,
        made.record,
        made.fields,
        made.source,
        made.warnings,
        tuple(item for item in carried if isinstance(item, Create)),
        made.apart_from,
    )
