"""Pairs by hand: link and unlink. The file in which they survive a Delete is `sync/pairs_file.py`. Database only."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from accounts import audit
from accounts.models import Installation, Member
from sync import lifecycle, outbox, outside, persons, schedule
from sync import shape as shapes
from sync.mapping import Kind
from sync.models import Decision, Issue, Link, Module, ModuleSetting, Record, Write
from sync.shape import RECORD_KINDS

_CHOSEN = "Another pair was chosen by hand."


class CannotLink(ValueError):
    """These two records cannot be a pair; the message says why."""


@dataclass(frozen=True)
class Chosen:
    """`freed`: records that a former pair held, and none holds now."""

    link: Link
    freed: tuple[Record, ...]


def partner_kinds(record_kind: str) -> list[str]:
    pairs = RECORD_KINDS.values()
    return sorted({right for left, right in pairs if left == record_kind} | {a for a, b in pairs if b == record_kind})


def kind_of(bigin: Record, books: Record) -> Kind:
    """Raises CannotLink."""
    for kind, (left, right) in RECORD_KINDS.items():
        if (bigin.kind, books.kind) == (left, right):
            return kind
    raise CannotLink(f"A {bigin.kind} of Bigin and a {books.kind} of Books cannot be a pair.")


def _pair_of(kind: Kind) -> Q:
    """What stands in the way of another pair of this kind: a person beside a contact's customer does not."""
    return Q(kind=kind) | ~Q(state=Link.State.BESIDE)


def hold(records: Iterable[int], settings_of: Installation | None = None) -> None:
    """Locks their pairs, then them and whom those hold, as planning does: one of the two waits, and neither for the
    other. Before what is open about them is closed. `settings_of`: where the next run is made to come sooner, settings
    come before all, as in reading the views and in a Save. Needs a transaction."""
    if settings_of is not None:
        list(ModuleSetting.objects.select_for_update().filter(installation=settings_of).order_by("pk"))
    pks = set(records)
    pairs = Link.objects.exclude(state__in=Link.DEAD).filter(Q(bigin__in=pks) | Q(books__in=pks))
    for pair in pairs.select_for_update().order_by("pk").values_list("bigin", "books"):
        pks.update(pk for pk in pair if pk)
    list(Record.objects.select_for_update().filter(pk__in=pks).order_by("pk").values_list("pk"))


def link(installation: Installation, bigin: Record, books: Record, who: str | Member) -> Link:
    """Makes the pair; former pairs of either record become history, and whom they leave alone is judged anew by the
    next run. Raises CannotLink."""
    return _link(installation, bigin, books, who).link


def _link(installation: Installation, bigin: Record, books: Record, who: str | Member) -> Chosen:
    if installation.pk not in {bigin.installation_id} or bigin.installation_id != books.installation_id:
        raise CannotLink("These records belong to different organisations.")
    if bigin.gone_at is not None or books.gone_at is not None:
        raise CannotLink("One of the two is deleted.")
    kind = kind_of(bigin, books)
    shape = shapes.load(installation)
    with transaction.atomic():
        hold([bigin.pk, books.pk], installation)
        own = Q(bigin=bigin) & _pair_of(kind)
        standing = Link.objects.filter(own | Q(books=books)).exclude(state__in=Link.DEAD)
        same = standing.filter(bigin=bigin, books=books, state=Link.State.LINKED).first()
        if same is not None:
            return Chosen(same, ())
        before = {pk for pair in standing.values_list("bigin", "books") for pk in pair if pk}
        _end(standing)
        made = Link.objects.create(
            installation=installation,
            kind=kind,
            bigin=bigin,
            books=books,
            state=Link.State.LINKED,
            first=shape.first(kind) if kind in shape.active else "policy",
            reason=f"linked by {who}"[:300],
            cause=Link.Cause.BY_HAND,
        )
        _settled(installation, bigin, books, who)
        if kind is Kind.CONTACT_CUSTOMER:
            persons.to_read([books.pk])
        lifecycle.children_may_go(shape, [made])
        outside.taken(shape, bigin)
        audit.note(installation, who, f"Linked {bigin.label} with {books.label}")
        return Chosen(made, _freed(before))


def _freed(before: Iterable[int]) -> tuple[Record, ...]:
    """Those of them that no living pair holds; dirty from now on."""
    living = Link.objects.exclude(state__in=Link.DEAD).filter(Q(bigin=OuterRef("pk")) | Q(books=OuterRef("pk")))
    freed = tuple(Record.objects.filter(~Exists(living), pk__in=before, gone_at=None).order_by("pk"))
    Record.objects.filter(pk__in=[record.pk for record in freed]).update(dirty=True)
    return freed


def choose(installation: Installation, bigin: Record, books: Record, who: str | Member) -> Chosen:
    """`link` for what is kept in step. Raises CannotLink."""
    if kind_of(bigin, books) not in shapes.load(installation).active:
        raise CannotLink("Your settings do not keep such records in step with each other; change that first.")
    return _link(installation, bigin, books, who)


def _end(links: Iterable[Link]) -> None:
    """What is being sent cannot be called back: it settles without bringing its pair back."""
    ids = [row.pk for row in links]
    outbox.give_up(ids, _CHOSEN, states=(Write.State.PENDING, Write.State.HELD, Write.State.UNKNOWN))
    outbox.drop(ids, _CHOSEN)
    travelling = Link.objects.filter(writes__carried_by__link__in=ids, state=Link.State.HALF)
    Record.objects.filter(bigin_links__in=travelling).update(dirty=True)
    Link.objects.filter(Q(pk__in=ids) | Q(pk__in=travelling.values("pk"))).update(
        state=Link.State.REFUSED, reason=_CHOSEN
    )
    Issue.objects.filter(link__in=ids, state=Issue.State.OPEN).update(
        state=Issue.State.RESOLVED, closed_at=timezone.now(), closed_by="linked by hand"
    )


def _settled(installation: Installation, bigin: Record, books: Record, who: str | Member) -> None:
    """What was open about either record is answered; their contents are compared by the next run."""
    Decision.objects.filter(installation=installation, bigin_id=bigin.remote_id, books_id=books.remote_id).delete()
    Issue.objects.filter(record__in=(bigin, books), state=Issue.State.OPEN).update(
        state=Issue.State.RESOLVED, closed_at=timezone.now(), closed_by="linked by hand"
    )
    Record.objects.filter(pk__in=(bigin.pk, books.pk)).update(dirty=True)
    schedule.ask_now(installation, Module.values, who)


def unlink(link: Link, who: str | Member) -> None:
    """Both records stay as they are and neither is synchronised until it is linked again."""
    with transaction.atomic():
        moved = Link.objects.filter(pk=link.pk, state__in=(Link.State.LINKED, Link.State.CLOSED)).update(
            state=Link.State.APART, reason=f"unlinked by {who}"[:300], cause=Link.Cause.NONE
        )
        if not moved:
            return
        outbox.drop([link.pk], "The pair was unlinked.")
        Issue.objects.filter(link=link, state=Issue.State.OPEN).update(
            state=Issue.State.RESOLVED, closed_at=timezone.now(), closed_by=str(who)[:200]
        )
        if link.bigin is not None and link.books is not None:
            Decision.objects.get_or_create(
                installation=link.installation,
                bigin_id=link.bigin.remote_id,
                books_id=link.books.remote_id,
                defaults={"verdict": Decision.Verdict.DIFFERENT, "decided_by": str(who)[:200]},
            )
        audit.note(link.installation, who, f"Unlinked pair {link.pk}")


def left_of(link: Link) -> Record | None:
    """The record that stands alone in a pair that ended; None where both stand, or none."""
    standing = [record for record in (link.bigin, link.books) if record is not None and record.gone_at is None]
    return standing[0] if link.state == Link.State.CLOSED and len(standing) == 1 else None


def create_again(link: Link, who: str | Member) -> Record | None:
    """The pair is history: the next run judges what is left of it like a new record (rules 5.1). None where that was
    answered already, or where something is still on its way."""
    left = left_of(link)
    if left is None:
        return None
    with transaction.atomic():
        hold([left.pk], link.installation)
        going = Write.objects.filter(link=OuterRef("pk"), state__in=Write.OPEN)
        closed = Link.objects.filter(~Exists(going), pk=link.pk, state=Link.State.CLOSED)
        if not closed.update(state=Link.State.REFUSED, reason=f"to be created again, by {who}"[:300]):
            return None
        Issue.objects.filter(link=link, state=Issue.State.OPEN).update(
            state=Issue.State.RESOLVED, closed_at=timezone.now(), closed_by=str(who)[:200]
        )
        Record.objects.filter(pk=left.pk).update(dirty=True)
        schedule.ask_now(link.installation, Module.values, who)
        audit.note(link.installation, who, f"Chose to create again: {left.label}")
    return left
