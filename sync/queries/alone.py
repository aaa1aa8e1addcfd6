"""Records that belong to no pair: why, and what each of them could be linked with. Database only."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.db.models import Q
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Installation
from sync import pairing, picklists, planner, recent, unlinked
from sync import shape as shapes
from sync.candidates import likeness
from sync.mapping import Kind
from sync.models import Issue, Link, Record, Side
from sync.outcomes import Create, Hold, LinkUp, Outcome, PassBy
from sync.plan import Policies
from sync.queries import issues, pairs
from sync.shape import Shape

_MOST_COMPARED = 200
# Where two records have a key in common that says nothing about their being one (`sync/candidates.py`).
_IN_COMMON: Mapping[str, str | Promise] = {
    "phone": gettext_lazy("same phone"),
    "email": gettext_lazy("same shared address"),
    "tax": gettext_lazy("same tax number"),
    "name": gettext_lazy("same name"),
    "norm": gettext_lazy("nearly the same name"),
}


@dataclass(frozen=True)
class Partner:
    """`score` of 100; 0 where nothing speaks for it."""

    record: Record
    score: int
    why: str | Promise


@dataclass(frozen=True)
class Why:
    """Why a record has no pair, or what the next sync will do with it; where there is more to see of it."""

    text: str
    issue: int | None = None
    pair: int | None = None


# What it could be linked with


def partners(installation: Installation, record: Record, text: str, count: int = 20) -> list[Partner]:
    """Records of the other side without a pair, best first: those that share a match key or were noted as candidates,
    or what is searched. Only of kinds that the settings keep in step with this one's."""
    kinds = {_counterpart(kind, record): kind for kind in shapes.load(installation).kinds_with(record.kind)}
    noted = _noted(record)
    rows = pairs.unlinked(installation, unlinked.other(record.side), {"q": text}).filter(kind__in=kinds)
    if not text:
        rows = rows.filter(Q(keys__overlap=record.keys or [""]) | Q(pk__in=noted))
    found = [_partner(kinds[row.kind], record, row, noted) for row in rows[:_MOST_COMPARED]]
    return sorted(found, key=lambda partner: -partner.score)[:count]


def present(record: Record) -> list[str]:
    """Names of whom it is paired with now: another choice ends that pair."""
    own, partner = ("bigin", "books") if record.side == Side.BIGIN else ("books", "bigin")
    rows = Link.objects.filter(state=Link.State.LINKED, **{own: record, f"{partner}__isnull": False})
    return list(rows.order_by("pk").values_list(f"{partner}__label", flat=True))


def only_fills(record: Record) -> bool:
    """Whether a pair made of it by hand leaves what both sides hold as it is; else Bigin's values win."""
    shape = shapes.load(record.installation)
    return any(shape.first(kind) == "fill" for kind in shape.kinds_with(record.kind))


def _counterpart(kind: Kind, record: Record) -> str:
    return unlinked.record_kind(kind, unlinked.other(record.side))


def _noted(record: Record) -> dict[int, issues.Candidate]:
    """Candidates of what is open about it: judged with more than the two records, such as a company's contacts."""
    open_ones = record.issues.filter(state=Issue.State.OPEN, kind=Issue.Kind.DUPLICATE).select_related("installation")
    return {found.record.pk: found for issue in open_ones for found in issues.candidates(issue)}


def _partner(kind: Kind, record: Record, other: Record, noted: Mapping[int, issues.Candidate]) -> Partner:
    if other.pk in noted:
        return Partner(other, noted[other.pk].score, noted[other.pk].why)
    like = likeness(kind, record.keys, other.keys)
    if like.score:
        return Partner(other, like.score, like.why)
    common = {key.partition(":")[0] for key in set(record.keys) & set(other.keys)}
    return Partner(other, 0, next((words for name, words in _IN_COMMON.items() if name in common), ""))


# Why it stands alone


def reasons(installation: Installation, side: str, records: Sequence[Record]) -> dict[int, Why]:
    """One for each record, in a constant number of queries: what is open about it, or else what a run would judge."""
    shape = shapes.load(installation)
    found = {**_judged(shape, side, records), **_unlinked(side, records), **_open(records)}
    return {record.pk: found.get(record.pk) or _unused(shape, record) for record in records}


def _open(records: Iterable[Record]) -> dict[int, Why]:
    rows = Issue.objects.filter(record__in=list(records), state=Issue.State.OPEN).order_by("pk")
    return {issue.record_id: Why(issue.reason, issue=issue.pk) for issue in rows if issue.record_id}


def _unlinked(side: str, records: Iterable[Record]) -> dict[int, Why]:
    own, partner = ("bigin", "books") if side == Side.BIGIN else ("books", "bigin")
    rows = Link.objects.filter(state=Link.State.APART, **{f"{own}__in": list(records)})
    text = _("Its pair with %(name)s was taken apart: left alone until it is linked again.")
    without = _("Its pair was taken apart, and the other record goes on without it: left alone until it is linked.")
    named = rows.values_list("pk", own, partner, f"{partner}__label")
    return {
        record: Why(text % {"name": label or "–"} if other else without, pair=pk) for pk, record, other, label in named
    }


def _judged(shape: Shape, side: str, records: Sequence[Record]) -> dict[int, Why]:
    found: dict[int, Why] = {}
    for kind in shape.active:
        own = [record for record in records if record.kind == unlinked.record_kind(kind, side)]
        if not own:
            continue
        if not planner.is_complete(shape, kind):
            found |= {record.pk: Why(_("Both sides have not been read to the end yet.")) for record in own}
            continue
        rows = list(unlinked.of_sort(shape, kind, side).filter(pk__in=[record.pk for record in own]).order_by("pk"))
        judged = zip(rows, _outcomes(shape, kind, side, rows), strict=True)
        found |= {record.pk: Why(_said(outcome, record)) for record, outcome in judged}
    return found


def _outcomes(shape: Shape, kind: Kind, side: str, rows: Sequence[Record]) -> list[Outcome]:
    setting = shape.setting(kind)
    policies = Policies(setting.policy, "policy", picklists.of_shape(shape, kind))
    asks = setting.create_in_bigin == "recent" and kind is not Kind.PRODUCT_ITEM
    documents = recent.without_pair(setting, timezone.now()) if asks else None
    return pairing.judge(shape, kind, side, rows, policies, recent=documents)


def _said(outcome: Outcome, record: Record) -> str:
    if isinstance(outcome, Hold | PassBy):
        return outcome.reason
    if not record.dirty:
        return _("Left alone by an earlier decision; the sync looks at it again once it changes.")
    if isinstance(outcome, LinkUp):
        other = outcome.books if record.side == Side.BIGIN else outcome.bigin
        return _("The next sync links it with %(name)s.") % {"name": other.label or "–"}
    if isinstance(outcome, Create):
        there = _("The next sync creates it in Books."), _("The next sync creates it in Bigin.")
        return there[0] if outcome.side == Side.BOOKS.value else there[1]
    return _("It may be what a lost answer made; the next sync looks.")


def _unused(shape: Shape, record: Record) -> Why:
    """No kind of pair that is in use has a place for it."""
    if record.kind == "contact" and not record.parent_id and shape.kinds_with(record.kind):
        return Why(_("It has no company, and your settings leave such contacts out."))
    return Why(_("Your settings do not keep records of this kind in step."))
