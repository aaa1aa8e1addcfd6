"""The newest preview: counts by outcome, and its rows with their field differences."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from django.db.models import Count, Q, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.models import Installation
from sync import changed
from sync.fields import shown
from sync.models import Issue, Module, ModuleSetting, Proposal, Run, Side
from sync.queries import facts
from sync.queries.activity import Change
from sync.queries.conflicts import readable

# outcome -> (words, badge)
OUTCOMES: Mapping[str, tuple[str | Promise, str]] = {
    "link": (_("Link"), "info"),
    "create": (_("Create"), "ok"),
    "update": (_("Update"), "info"),
    "delete": (_("Delete"), "bad"),
    "move": (_("Move"), "info"),
    "duplicate": (_("Possible duplicate, held"), "wait"),
    "conflict": (_("Conflict"), "wait"),
    "skip": (_("Skip"), "off"),
}


@dataclass(frozen=True)
class OutcomeCount:
    module: str
    outcome: str
    label: str | Promise
    badge: str
    in_bigin: int
    in_books: int
    total: int


@dataclass(frozen=True)
class ProposalRow:
    proposal: Proposal
    label: str | Promise
    badge: str
    changes: tuple[Change, ...]
    other: str  # how the counterpart is called, of a pair whose names differ, and of every pair that would be made
    parent: str = ""  # of a contact or a contact person: its company or customer


def newest(installation: Installation, modules: list[str]) -> Run | None:
    """The newest finished preview that covers the modules."""
    runs = installation.runs.filter(kind=Run.Kind.PREVIEW, state=Run.State.DONE).order_by("-started_at")[:20]
    return next((run for run in runs if not run.modules or set(modules) <= set(run.modules)), None)


def news(installation: Installation, modules: list[str], run: Run | None) -> str:
    """What a Save made new and no run has done yet: "seen" when this preview shows it, else "unseen"; "" for none."""
    settings = ModuleSetting.objects.filter(installation=installation, module__in=modules, started_at__isnull=False)
    found = [change for setting in settings if (change := changed.of(setting)) is not None]
    if not found:
        return ""
    return "seen" if run is not None and all(run.started_at >= change.at for change in found) else "unseen"


def refused(installation: Installation, modules: list[str]) -> int:
    """How many records a person refused to create: they wait for a Retry."""
    return installation.issues.filter(module__in=modules, code="refused_by_person", state=Issue.State.OPEN).count()


def listed(run: Run, modules: list[str], filters: Mapping[str, str]) -> QuerySet[Proposal]:
    """`filters`: outcome, side, kind, q (part of the label)."""
    rows = run.proposals.filter(module__in=modules).select_related("bigin", "books")
    rows = rows.order_by("outcome", "label", "pk")
    for name in ("outcome", "side", "kind", "module"):
        if filters.get(name):
            rows = rows.filter(**{name: filters[name]})
    if text := filters.get("q", "").strip():
        rows = rows.filter(label__icontains=text)
    return rows


def counts(run: Run, modules: list[str]) -> list[OutcomeCount]:
    rows = (
        run.proposals.filter(module__in=modules)
        .values("module", "outcome")
        .annotate(
            total=Count("pk"),
            bigin=Count("pk", filter=Q(side=Side.BIGIN)),
            books=Count("pk", filter=Q(side=Side.BOOKS)),
        )
    )
    found = {(row["module"], row["outcome"]): (row["bigin"], row["books"], row["total"]) for row in rows}
    return [
        OutcomeCount(module, outcome, label, badge, *found[module, outcome])
        for module in modules
        for outcome, (label, badge) in OUTCOMES.items()
        if (module, outcome) in found
    ]


def row(proposal: Proposal) -> ProposalRow:
    label, badge = OUTCOMES.get(proposal.outcome, (proposal.outcome, ""))
    changes = tuple(Change(readable(name), shown(old), shown(new)) for name, (old, new) in proposal.changes.items())
    return ProposalRow(proposal, label, badge, changes, _other(proposal))


def rows(proposals: Iterable[Proposal]) -> list[ProposalRow]:
    """With the names of the parents, in one more query."""
    found = list(proposals)
    known = facts.known(record for proposal in found for record in (proposal.bigin, proposal.books))
    return [replace(row(proposal), parent=_parent(proposal, known)) for proposal in found]


def _parent(proposal: Proposal, known: Mapping[int, facts.Known]) -> str:
    names = (known[record.pk].parent for record in (proposal.bigin, proposal.books) if record is not None)
    return next((name for name in names if name), "")


def _other(proposal: Proposal) -> str:
    if proposal.bigin is None or proposal.books is None:
        return ""
    names = [record.label for record in (proposal.books, proposal.bigin)]
    if proposal.outcome == "link":
        return names[0]
    return next((name for name in names if name != proposal.label), "")


@dataclass(frozen=True)
class Summary:
    """What the first sync of one module will do, as the newest preview counted it (rules 1.1)."""

    module: str
    label: str | Promise
    link: int
    create_bigin: int
    create_books: int
    update: int
    held: int
    skipped: int


def summary(run: Run, module: str) -> Summary:
    of = {row.outcome: row for row in counts(run, [module])}

    def total(*outcomes: str) -> int:
        return sum(of[name].total for name in outcomes if name in of)

    creates = of.get("create")
    return Summary(
        module,
        Module(module).label,
        total("link"),
        creates.in_bigin if creates else 0,
        creates.in_books if creates else 0,
        total("update", "move", "delete"),
        total("duplicate", "conflict"),
        total("skip"),
    )


def summaries(installation: Installation, modules: list[str]) -> list[Summary]:
    """One for each module that a finished preview covers; the others are left out."""
    found = ((module, newest(installation, [module])) for module in modules)
    return [summary(run, module) for module, run in found if run is not None]
