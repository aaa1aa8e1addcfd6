"""Pairs by hand: link, unlink, and the file in which pairs survive a Delete and a new Setup (rules 5.8)."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from accounts import audit
from accounts.models import Installation, Member
from sync import lifecycle, outbox
from sync import shape as shapes
from sync.mapping import Kind
from sync.models import Decision, Issue, Link, ModuleSetting, Record, Side, Write
from sync.shape import RECORD_KINDS

HEAD = ("what", "bigin_org", "books_org", "kind", "bigin_id", "books_id", "bigin_name", "books_name")
_CHUNK = 500
_AS_SUCH = ("apart", "beside")  # states that the file tells; all others are pairs
_CHOSEN = "Another pair was chosen by hand."


class CannotLink(ValueError):
    """These two records cannot be a pair; the message says why."""


@dataclass
class ImportResult:
    linked: int = 0
    present: int = 0
    decisions: int = 0
    errors: list[str] = field(default_factory=list)


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


def link(installation: Installation, bigin: Record, books: Record, who: str | Member) -> Link:
    """Makes the pair; former pairs of either record become history. Raises CannotLink."""
    if installation.pk not in {bigin.installation_id} or bigin.installation_id != books.installation_id:
        raise CannotLink("These records belong to different organisations.")
    if bigin.gone_at is not None or books.gone_at is not None:
        raise CannotLink("One of the two is deleted.")
    kind = kind_of(bigin, books)
    shape = shapes.load(installation)
    with transaction.atomic():
        list(Record.objects.select_for_update().filter(pk__in=[bigin.pk, books.pk]).order_by("pk"))
        own = Q(bigin=bigin) & _pair_of(kind)
        standing = Link.objects.filter(own | Q(books=books)).exclude(state__in=Link.DEAD)
        same = standing.filter(bigin=bigin, books=books, state=Link.State.LINKED).first()
        if same is not None:
            return same
        _end(standing)
        made = Link.objects.create(
            installation=installation,
            kind=kind,
            bigin=bigin,
            books=books,
            state=Link.State.LINKED,
            first=shape.first(kind) if kind in shape.active else "policy",
            reason=f"linked by {who}"[:300],
        )
        _settled(installation, bigin, books)
        lifecycle.children_may_go(shape, [made])
        audit.note(installation, who, f"Linked {bigin.label} with {books.label}")
    return made


def _end(links: Iterable[Link]) -> None:
    """What is being sent cannot be called back: it settles without bringing its pair back."""
    ids = [row.pk for row in links]
    outbox.give_up(ids, _CHOSEN, states=(Write.State.PENDING, Write.State.HELD, Write.State.UNKNOWN))
    Write.objects.filter(link__in=ids, state__in=(Write.State.PENDING, Write.State.HELD)).update(
        state=Write.State.WITHDRAWN, error=_CHOSEN
    )
    travelling = Link.objects.filter(writes__carried_by__link__in=ids, state=Link.State.HALF)
    Record.objects.filter(bigin_links__in=travelling).update(dirty=True)
    Link.objects.filter(Q(pk__in=ids) | Q(pk__in=travelling.values("pk"))).update(
        state=Link.State.REFUSED, reason=_CHOSEN
    )
    Issue.objects.filter(link__in=ids, state=Issue.State.OPEN).update(
        state=Issue.State.RESOLVED, closed_at=timezone.now(), closed_by="linked by hand"
    )


def _settled(installation: Installation, bigin: Record, books: Record) -> None:
    """What was open about either record is answered; their contents are compared by the next run."""
    Decision.objects.filter(installation=installation, bigin_id=bigin.remote_id, books_id=books.remote_id).delete()
    Issue.objects.filter(record__in=(bigin, books), state=Issue.State.OPEN).update(
        state=Issue.State.RESOLVED, closed_at=timezone.now(), closed_by="linked by hand"
    )
    Record.objects.filter(pk__in=(bigin.pk, books.pk)).update(dirty=True)
    ModuleSetting.objects.filter(installation=installation, started_at__isnull=False, paused_at=None).update(
        next_run_at=timezone.now(), queued_at=None
    )


def unlink(link: Link, who: str | Member) -> None:
    """Both records stay as they are and neither is synchronised until it is linked again."""
    with transaction.atomic():
        moved = Link.objects.filter(pk=link.pk, state__in=(Link.State.LINKED, Link.State.CLOSED)).update(
            state=Link.State.APART, reason=f"unlinked by {who}"[:300]
        )
        if not moved:
            return
        Write.objects.filter(link=link, state__in=(Write.State.PENDING, Write.State.HELD)).update(
            state=Write.State.WITHDRAWN, error="The pair was unlinked."
        )
        Issue.objects.filter(link=link, state=Issue.State.OPEN).update(
            state=Issue.State.RESOLVED, closed_at=timezone.now(), closed_by=str(who)[:200]
        )
        audit.note(link.installation, who, f"Unlinked pair {link.pk}")


# The file


def pairs_csv(installation: Installation) -> Iterator[str]:
    """Lines of the file: pairs first, then decisions on pairs of ids."""
    yield _line(HEAD)
    orgs = (installation.bigin_org_id, installation.books_org_id or "")
    links = Link.objects.filter(
        installation=installation,
        bigin__isnull=False,
        books__isnull=False,
        state__in=("linked", "retired", *_AS_SUCH),
    ).select_related("bigin", "books")
    for row in links.order_by("pk").iterator(_CHUNK):
        bigin, books = row.bigin, row.books
        if bigin is not None and books is not None and bigin.gone_at is None and books.gone_at is None:
            what = row.state if row.state in _AS_SUCH else "pair"
            yield _line((what, *orgs, row.kind, bigin.remote_id, books.remote_id, bigin.label, books.label))
    for decision in Decision.objects.filter(installation=installation).order_by("pk").iterator(_CHUNK):
        yield _line((decision.verdict, *orgs, "", decision.bigin_id, decision.books_id, "", ""))


def _line(cells: Sequence[str]) -> str:
    held = io.StringIO()
    csv.writer(held).writerow([_harmless(cell) for cell in cells])
    return held.getvalue()


def _harmless(cell: str) -> str:
    """A spreadsheet must not run a name as a formula."""
    return f"'{cell}" if cell.startswith(("=", "+", "-", "@", "\t", "\r")) else cell


def import_pairs(installation: Installation, lines: Iterable[str], who: str | Member) -> ImportResult:
    """Brings pairs back, for the same two organisations only; a line that is wrong is told and left out."""
    result = ImportResult()
    orgs = (installation.bigin_org_id, installation.books_org_id or "")
    with transaction.atomic():
        for number, row in enumerate(csv.DictReader(line.lstrip("\ufeff") for line in lines), start=2):
            try:
                _import_row(installation, row, orgs, who, result)
            except CannotLink as error:
                result.errors.append(f"Line {number}: {error}")
        audit.note(installation, who, f"Brought back {result.linked} pairs from a file")
    return result


def _import_row(
    installation: Installation, row: dict[str, str], orgs: tuple[str, str], who: str | Member, result: ImportResult
) -> None:
    cells = {name: (row.get(name) or "").strip() for name in HEAD}
    if (cells["bigin_org"], cells["books_org"]) != orgs:
        raise CannotLink("it belongs to other organisations.")
    if not cells["bigin_id"].isdigit() or not cells["books_id"].isdigit():
        raise CannotLink("an id is missing or malformed.")
    if (
        not cells["kind"] and cells["what"] in Decision.Verdict.values
    ):  # "apart" with a kind is a pair that was unlinked
        _, made = Decision.objects.get_or_create(
            installation=installation,
            bigin_id=cells["bigin_id"],
            books_id=cells["books_id"],
            defaults={"verdict": cells["what"], "decided_by": str(who)[:200]},
        )
        result.decisions += made
        return
    if cells["what"] not in ("pair", *_AS_SUCH) or cells["kind"] not in set(Kind):
        raise CannotLink("it says neither pair nor decision.")
    if cells["what"] == Link.State.BESIDE and cells["kind"] != Kind.CONTACT_PERSON:
        raise CannotLink("only a contact person stands beside another pair.")
    _import_pair(installation, Kind(cells["kind"]), cells, result)


def _import_pair(installation: Installation, kind: Kind, cells: dict[str, str], result: ImportResult) -> None:
    left, right = RECORD_KINDS[kind]
    bigin = _placeholder(installation, Side.BIGIN, left, cells["bigin_id"], cells["bigin_name"])
    books = _placeholder(installation, Side.BOOKS, right, cells["books_id"], cells["books_name"])
    own = Q(bigin=bigin) & (Q(kind=kind) if cells["what"] == Link.State.BESIDE else _pair_of(kind))
    standing = Link.objects.filter(own | Q(books=books)).exclude(state__in=Link.DEAD)
    if standing.exists():
        if standing.filter(bigin=bigin, books=books).exists():
            result.present += 1
            return
        raise CannotLink(f"{cells['bigin_name'] or cells['bigin_id']} is linked to another record.")
    state = cells["what"] if cells["what"] in _AS_SUCH else Link.State.LINKED
    Link.objects.create(
        installation=installation, kind=kind, bigin=bigin, books=books, state=state, reason="brought back from a file"
    )
    result.linked += 1


def _placeholder(installation: Installation, side: str, kind: str, remote_id: str, name: str) -> Record:
    """A record that is yet to be read: its fields are unknown, so nothing is planned from them."""
    return Record.objects.get_or_create(
        installation=installation,
        side=side,
        kind=kind,
        remote_id=remote_id,
        defaults={"label": name.removeprefix("'")[:300], "listed_at": timezone.now(), "dirty": False},
    )[0]
