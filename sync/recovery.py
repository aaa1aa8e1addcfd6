"""What became of writes whose answer was lost: looked up, never resent blindly. This is crash recovery too.

An unknown update is read back: equal -> done, else planned anew. An unknown create is found among what was created
since by our own connection with the same identity; absence is believed only after two looks, the second long enough
after the attempt ended (design section 3, rules 3.4).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import partial

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q

from sync import (
    details,
    identity,
    issues,
    keyed,
    makers,
    mirror,
    moves,
    outbox,
    removal,
    send_books,
    settle,
    sources,
    unlinked,
    unreadable,
)
from sync.fields import is_normalised, shown
from sync.mapping import Kind
from sync.models import Issue, Link, Record, RecordKind, Side, Write
from sync.shape import BIGIN_MODULES, MODULE_OF, RECORD_KINDS
from sync.sources import Seen
from sync.work import Overtaken, Work
from zoho.books_calls import MAX_PAGES, BooksPage
from zoho.times import parse_time_or_none

_PAGES = 5


def resolve(work: Work, kind: Kind, link_id: int | None = None) -> None:
    """Every unknown write of this kind of link: network reads, then settles. Creates first."""
    outbox.orphaned(work.shape.installation.pk, work.clock.now())
    rows = Write.objects.filter(
        installation=work.shape.installation, link__kind=kind, state=Write.State.UNKNOWN, carried_by=None
    )
    if link_id is not None:
        rows = rows.filter(link=link_id)
    for write in rows.select_related("link", "link__bigin", "link__books").order_by("id"):
        work.check()
        try:
            _resolve(work, kind, write)
        except Overtaken:  # a run and a record action looked for the same answer
            continue
        except unreadable.NotShown as error:
            unreadable.stay_unknown(work, write, error)


def _resolve(work: Work, kind: Kind, write: Write) -> None:
    if write.op == Write.Op.CREATE and write.link.state in Link.DEAD:
        family = [write, *outbox.carried(write)]
        outbox.move(family, Write.State.UNKNOWN, Write.State.WITHDRAWN, error="Its pair has ended.")
    elif write.op == Write.Op.CREATE:
        _resolve_create(work, kind, write)
    elif write.op == Write.Op.UPDATE:
        _resolve_update(work, kind, write)
    elif write.op == Write.Op.MOVE:
        if moves.is_known(work, write) or _is_absent(work, write):
            outbox.move([write], Write.State.UNKNOWN, Write.State.PENDING, looks=0)
    else:
        _resolve_end(work, write)


# Updates


def _resolve_update(work: Work, kind: Kind, write: Write) -> None:
    record = write.link.bigin if write.side == Side.BIGIN else write.link.books
    requested_at = work.clock.now()
    with unreadable.asking():
        seen = None if record is None else read(work, record)
    if seen is None:
        _withdraw(write, "The record is not there any more.")
        return
    if all(is_normalised(value, seen.fields.get(name)) for name, value in write.fields.items()):
        settle.done(work, write, seen)
        return
    if not _is_over(work, write):
        return  # it may still arrive, and would then undo what was planned meanwhile
    with transaction.atomic():
        mirror.store(work.shape, [seen], requested_at)
        if write.undoes_id is not None:  # nothing plans an undo anew: it is sent again, after a last look
            outbox.move([write], Write.State.UNKNOWN, Write.State.PENDING)
            return
        _withdraw(write, "It had not arrived; it is planned anew.")


def read(work: Work, record: Record) -> Seen | None:
    """The record as it is now at its remote; network."""
    if record.side == Side.BIGIN:
        fields = sources.bigin_fields(work.shape, record.kind)
        row = work.patiently(lambda: work.bigin.get(BIGIN_MODULES[record.kind], record.remote_id, fields))
        return None if row is None else sources.bigin_record(work.shape, record.kind, row)
    if record.kind == RecordKind.ITEM:
        row = work.patiently(lambda: work.books.item(record.remote_id))
        return None if row is None else sources.books_item(work.shape, row)
    customer_id = record.parent_id if record.kind == RecordKind.PERSON else record.remote_id
    detail = work.patiently(lambda: work.books.contact(customer_id))
    if detail is None:
        return None
    if record.kind == RecordKind.CUSTOMER:
        whom = record.meta.get(sources.PERSON)
        return sources.books_customer(work.shape, detail, detailed=True, person=whom)
    customer = sources.books_customer(work.shape, detail, detailed=True)
    for person in sources.persons_of(detail):
        if str(person.get("contact_person_id")) == record.remote_id:
            return sources.books_person(work.shape, person, customer_id, customer.modified_at)
    return None


def _withdraw(write: Write, why: str) -> None:
    outbox.move([write], Write.State.UNKNOWN, Write.State.WITHDRAWN, error=why)
    Record.objects.filter(pk__in=[pk for pk in (write.link.bigin_id, write.link.books_id) if pk]).update(dirty=True)


def _resolve_end(work: Work, write: Write) -> None:
    """A delete or a change of status: gone or as wished -> done; else it is tried again, which is harmless."""
    record = write.link.bigin if write.side == Side.BIGIN else write.link.books
    with unreadable.asking():
        seen = None if record is None else read(work, record)
    if write.op == Write.Op.DELETE and seen is None:
        removal.finish(work, write, "It was deleted.", Link.Cause.FOLLOWED)
    elif seen is not None and write.op != Write.Op.DELETE and _status_is(seen, write):
        removal.inactivated(work, write, active=write.op == Write.Op.ACTIVE)
    else:
        outbox.move([write], Write.State.UNKNOWN, Write.State.PENDING)


def _status_is(seen: Seen, write: Write) -> bool:
    return seen.meta.get("status") == ("active" if write.op == Write.Op.ACTIVE else "inactive")


# Creates


def _resolve_create(work: Work, kind: Kind, write: Write) -> None:
    """By its key where it has one; else, and for one that was sent before there were keys, by its identity."""
    marked = keyed.find(work, write) if write.side == Side.BOOKS else None
    if marked is not None and keyed.is_free(work, write, marked):
        _settle_found(work, write, marked)
        _answered(work, write)
        return
    requested_at = work.clock.now()
    looked = [seen for seen in _look(work, kind, write) if _may_be_ours(work, write, seen)]
    found = [seen for seen in looked if identity.is_same(kind, write.side, write.fields, seen.fields)]
    ours, others = makers.told_apart(work, found)
    if len(ours) == 1 or (ours and write.step == Link.State.BESIDE):  # that is left alone: any of them will do
        _complete(work, write, ours[0])
    elif ours or others:
        _ask(work, kind, write, ours, others, requested_at)
    elif edited := makers.edited_since(work, kind, write, looked):
        _ask(work, kind, write, edited, [], requested_at)
    else:
        _absent(work, write)


def _settle_found(work: Work, write: Write, row: sources.RemoteRow) -> None:
    if "item_id" in row:
        settle.done(work, write, sources.books_item(work.shape, row))
    else:
        send_books.settle_customer(work, write, row, outbox.carried(write))


def _complete(work: Work, write: Write, found: makers.Candidate) -> None:
    """The create did happen: a settle like any other, so its bases come from the Write."""
    if found.detail is not None:
        send_books.settle_customer(work, write, found.detail, outbox.carried(write))
    else:
        settle.done(work, write, found.seen)
    _answered(work, write)


def _answered(work: Work, write: Write) -> None:
    """What was asked while more than one record, or none of ours, might have been the result."""
    records = [pk for pk in (write.link.bigin_id, write.link.books_id) if pk]
    issues.close_settled(work.shape.installation, [], records=records, kinds=(Issue.Kind.DUPLICATE,))


def _may_be_ours(work: Work, write: Write, seen: Seen) -> bool:
    """Created after the attempt began, by our connection's user where its row tells that (rules 3.4)."""
    if write.attempted_at is None or (seen.created_at is None and seen.kind != RecordKind.PERSON):
        return False
    if seen.created_at is not None and seen.created_at < write.attempted_at - identity.SKEW:
        return False
    return not makers.is_anothers(work, write.side, str(seen.meta.get("created_by") or ""))


def _look(work: Work, kind: Kind, write: Write) -> list[Seen]:
    """Fresh from the remote, newest first, down to the beginning of the attempt; linked records and what another create
    made are left out."""
    since = (write.attempted_at or write.created_at) - identity.SKEW
    if write.side == Side.BIGIN:
        seen = _newest_of_bigin(work, kind, since)
    elif kind is Kind.CONTACT_PERSON:
        seen = _persons(work, write)
    elif kind is Kind.PRODUCT_ITEM:
        seen = _items(work, write, since)
    else:
        seen = _customers(work, write, since)
    made = identity.made_otherwise(write, (one.remote_id for one in seen))
    strangers = [one for one in seen if one.remote_id not in made]
    return free(work, RECORD_KINDS[kind][0 if write.side == Side.BIGIN else 1], strangers)


def free(work: Work, record_kind: str, seen: Sequence[Seen]) -> list[Seen]:
    """Those that belong to no pair."""
    own = "bigin" if record_kind in BIGIN_MODULES else "books"
    held = unlinked.live_links().filter(**{own: OuterRef("pk")})
    taken = set(
        Record.objects.filter(
            Exists(held),
            installation=work.shape.installation,
            kind=record_kind,
            remote_id__in=[item.remote_id for item in seen],
        ).values_list("remote_id", flat=True)
    )
    return [item for item in seen if item.remote_id not in taken]


def _newest_of_bigin(work: Work, kind: Kind, since: datetime) -> list[Seen]:
    record_kind = RECORD_KINDS[kind][0]
    fields = sources.bigin_fields(work.shape, record_kind)
    found: list[Seen] = []
    for number in range(1, _PAGES + 1):
        newest = partial(work.bigin.page, page=number, sort_by="Created_Time", sort_order="desc")
        page = work.patiently(partial(newest, BIGIN_MODULES[record_kind], fields))
        found += [sources.bigin_record(work.shape, record_kind, row) for row in page.rows]
        oldest = found[-1].created_at if found else None
        if not page.more or (oldest is not None and oldest < since):
            break
    return found


def _items(work: Work, write: Write, since: datetime) -> list[Seen]:
    """All of that name. An ignored filter makes the list long; identity is compared anyway."""
    page = partial(work.books.items_page, filters={"name": shown(write.fields.get("name"))})
    return [sources.books_item(work.shape, row) for row in _all_rows(work, page, since)]


def _customers(work: Work, write: Write, since: datetime) -> list[Seen]:
    """By the exact display name, all of them, as with items."""
    name = write.fields.get("contact_name") or write.fields.get("person.name")
    page = partial(work.books.contacts_page, filters={"contact_name": shown(name)})
    rows = [row for row in _all_rows(work, page, since) if sources.is_customer(row)]
    return [sources.books_customer(work.shape, row, detailed=False) for row in rows]


def _all_rows(work: Work, page: Callable[..., BooksPage], since: datetime) -> list[sources.RemoteRow]:
    """Every page, newest first, down to the beginning of the attempt where Books says that it sorted so."""
    rows: list[sources.RemoteRow] = []
    for number in range(1, MAX_PAGES):
        found = work.patiently(partial(page, page=number, sort_column="created_time", sort_order="D"))
        rows += found.rows
        oldest = parse_time_or_none(found.rows[-1].get("created_time")) if found.rows else None
        is_sorted = (found.sort_column, found.sort_order) == ("created_time", "D")
        if not found.more or (is_sorted and oldest is not None and oldest < since):
            break
    return rows


def _persons(work: Work, write: Write) -> list[Seen]:
    customer_id = send_books.customer_of_person(work, write)
    requested_at = work.clock.now()
    with unreadable.asking():
        detail = work.patiently(lambda: work.books.contact(customer_id)) if customer_id else None
    if detail is None:
        return []
    with transaction.atomic():
        details.store_customer(work.shape, detail, requested_at)
    return [sources.books_person(work.shape, one, customer_id, None) for one in sources.persons_of(detail)]


def _ask(
    work: Work,
    kind: Kind,
    write: Write,
    ours: Sequence[makers.Candidate],
    others: Sequence[makers.Candidate],
    requested_at: datetime,
) -> None:
    """The results are strangers to pairing until a person says which one it is."""
    record = write.link.bigin or write.link.books
    found = [candidate.seen for candidate in (*ours, *others)]
    with transaction.atomic():
        for candidate in (*ours, *others):
            if candidate.detail is not None:  # with its persons, which are compared once it is linked
                details.store_customer(work.shape, candidate.detail, requested_at)
        mirror.store(work.shape, [one.seen for one in ours if one.detail is None], requested_at)
    side, there = (write.side, RECORD_KINDS[kind][0 if write.side == Side.BIGIN else 1])
    rows = Record.objects.filter(installation=work.shape.installation, side=side, kind=there)
    known = dict(rows.filter(remote_id__in=[seen.remote_id for seen in found]).values_list("remote_id", "pk"))
    names = ", ".join(f"{seen.label} ({seen.remote_id})" for seen in found)
    reason = (
        f"The answer to its creation was lost, and somebody may have edited its result since: {names}."
        if len(ours) == 1
        else f"The answer to its creation was lost and more than one record may be the result: {names}."
        if ours
        else f"The answer to its creation was lost, and somebody else has made an equal one in Books since: {names}."
    )
    issues.raise_one(
        work.shape.installation,
        issues.Draft(
            MODULE_OF[kind],
            Issue.Kind.DUPLICATE,
            "unknown_create",
            reason,
            "Link the right one and delete the others; if it is none of them, create it anyway.",
            {
                "candidates": [_shown(seen, known[seen.remote_id]) for seen in found],
                "ours": [known[one.seen.remote_id] for one in ours],
            },
            record_id=record.pk if record else None,
        ),
        work.run,
    )


def _shown(seen: Seen, record_id: int) -> dict[str, object]:
    return {"record": record_id, "id": seen.remote_id, "label": seen.label, "score": 100, "why": "new"}


def _is_absent(work: Work, write: Write) -> bool:
    """One look is noted; the second, late enough, is believed."""
    if write.looks and _is_over(work, write):
        return True
    now = work.clock.now()
    Write.objects.filter(pk=write.pk, state=Write.State.UNKNOWN).update(looks=F("looks") + 1, looked_at=now)
    return False


def _is_over(work: Work, write: Write) -> bool:
    """Whether the attempt ended so long ago that it does not arrive any more."""
    ended = write.ended_at or write.attempted_at or write.created_at
    return work.clock.now() >= ended + timedelta(seconds=settings.SYNC_ABSENCE_SECONDS)


def _absent(work: Work, write: Write) -> None:
    """Once that is believed, the record stands alone again and is judged anew."""
    if not _is_absent(work, write):
        return
    family = [write, *outbox.carried(write)]
    if write.undoes_id is not None or write.step == Link.State.BESIDE:  # a person asked for it, and planning would not
        outbox.move(family, Write.State.UNKNOWN, Write.State.PENDING, looks=0)
        return
    with transaction.atomic():
        moved = outbox.move(
            family, Write.State.UNKNOWN, Write.State.WITHDRAWN, error="It had not arrived; it is planned anew."
        )
        if not moved:
            return
        Link.objects.filter(pk__in=[item.link_id for item in family], state=Link.State.HALF).update(
            state=Link.State.REFUSED
        )
        ids = [pk for item in family for pk in (item.link.bigin_id, item.link.books_id) if pk]
        Record.objects.filter(pk__in=ids).update(dirty=True)


def waiting_until(work: Work) -> datetime | None:
    """When this run's kinds should have their lost answers looked for again, a minute from now at the earliest; None
    when there is none, or only a person can say which record is the result."""
    asked = Issue.objects.filter(
        Q(record=OuterRef("link__bigin")) | Q(record=OuterRef("link__books")),
        installation=work.shape.installation,
        code="unknown_create",
        state=Issue.State.OPEN,
    )
    rows = Write.objects.filter(
        ~Exists(asked),
        installation=work.shape.installation,
        link__kind__in=work.shape.kinds,
        state=Write.State.UNKNOWN,
        carried_by=None,
        ended_at__isnull=False,
    ).exclude(error_code=unreadable.CODE)
    ended = rows.order_by("-ended_at").values_list("ended_at", flat=True).first()
    wait = timedelta(seconds=settings.SYNC_ABSENCE_SECONDS)
    return max(ended, work.clock.now()) + wait if ended else None
