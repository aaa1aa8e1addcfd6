"""Numbers for the inline pictures: records in step, runs over time, where the quota goes. SVG takes whole numbers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Count, Q
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.models import Installation, Quota
from sync.models import Issue, Link, LinkKind, Record, Run, Side
from sync.queries.overview import in_step_by_kind
from sync.queries.progress import WRITTEN, totals

WIDE = 600  # units of the viewBox
TALL = 120
LEAST = 3


@dataclass(frozen=True)
class Part:
    """A stretch of a bar: `fill` is a class of app.css."""

    label: str | Promise
    number: int
    x: int
    width: int
    fill: str


@dataclass(frozen=True)
class Bar:
    label: str | Promise
    total: int
    parts: tuple[Part, ...]


@dataclass(frozen=True)
class Column:
    """One run (or day) as a column that stands on the axis."""

    label: str
    number: int
    failed: int
    x: int
    y: int
    width: int
    height: int
    failed_y: int
    failed_height: int
    key: int = 0


KIND_LABELS = {
    LinkKind.COMPANY_CUSTOMER: _("Companies and customers"),
    LinkKind.CONTACT_PERSON: _("Contacts and contact persons"),
    LinkKind.CONTACT_CUSTOMER: _("Contacts and customers"),
    LinkKind.PRODUCT_ITEM: _("Products and items"),
}


def stretch(label: str | Promise, amounts: Sequence[tuple[str | Promise, int, str]]) -> Bar:
    """A bar over the whole width; what is not nothing is at least LEAST units wide, so that it can be seen."""
    total = sum(number for _label, number, _fill in amounts)
    spare = WIDE - LEAST * sum(number > 0 for _label, number, _fill in amounts)
    parts, x = [], 0
    for name, number, fill in amounts:
        width = LEAST + spare * number // total if number else 0
        parts.append(Part(name, number, x, width, fill))
        x += width
    return Bar(label, total, tuple(parts))


def in_step(installation: Installation) -> list[Bar]:
    """For each kind of link: in step, with an open issue, one side missing."""
    well = in_step_by_kind(installation)
    rows = installation.links.exclude(state__in=Link.DEAD).values_list("kind").annotate(Count("pk"))
    everything = dict(rows)
    troubled = dict(
        installation.links.exclude(state__in=Link.DEAD)
        .filter(issues__state=Issue.State.OPEN)
        .values_list("kind")
        .annotate(Count("pk", distinct=True))
    )
    return [
        _kind_bar(kind, well.get(kind, 0), troubled.get(kind, 0), everything[kind])
        for kind in KIND_LABELS
        if everything.get(kind)
    ]


def _kind_bar(kind: LinkKind, well: int, troubled: int, everything: int) -> Bar:
    rest = max(0, everything - well - troubled)
    return stretch(
        KIND_LABELS[kind],
        [
            (_("in step"), well, "fill-2"),
            (_("needs a look"), troubled, "fill-3"),
            (_("under way or closed"), rest, "fill-rest"),
        ],
    )


def runs_over_time(installation: Installation, count: int = 30) -> list[Column]:
    """Changes written by each of the newest runs, oldest first."""
    runs = list(
        installation.runs.filter(kind=Run.Kind.SYNC).exclude(state=Run.State.RUNNING).order_by("-started_at")[:count]
    )
    numbers = [(run, _changes(run.counts)) for run in reversed(runs)]
    highest = max((done + failed for _run, (done, failed) in numbers), default=0)
    step = WIDE // max(len(numbers), 15)
    return [
        _column(run, index * step, step - 4, done, failed, highest)
        for index, (run, (done, failed)) in enumerate(numbers)
    ]


def _changes(counts: Mapping[str, Mapping[str, Mapping[str, int]]]) -> tuple[int, int]:
    summed = totals({module: {side: dict(of) for side, of in sides.items()} for module, sides in counts.items()})
    return sum(summed.get(name, 0) for name in WRITTEN), summed.get("failed", 0)


def _column(run: Run, x: int, width: int, done: int, failed: int, highest: int) -> Column:
    scale = TALL - 4
    height = max(2, round(scale * done / highest)) if highest else 2
    failed_height = max(3, round(scale * failed / highest)) if failed and highest else 0
    top = TALL - height
    label = date_format(timezone.localtime(run.started_at), "SHORT_DATETIME_FORMAT")
    return Column(label, done, failed, x, top, width, height, max(0, top - failed_height), failed_height, run.pk)


def quota_use(installation: Installation, days: int = 14) -> dict[str, list[Column]]:
    """Calls a day, by product, oldest day first."""
    since = timezone.now().date() - timedelta(days=days - 1)
    found: dict[str, dict[date, int]] = {}
    for quota in Quota.objects.filter(installation=installation, day__gte=since):
        found.setdefault(quota.product, {})[quota.day] = quota.calls
    return {product: _days(of_day, since, days) for product, of_day in sorted(found.items())}


def _days(of_day: Mapping[date, int], since: date, days: int) -> list[Column]:
    highest = max(of_day.values(), default=0) or 1
    step = WIDE // days
    columns = []
    for index in range(days):
        day = since + timedelta(days=index)
        calls = of_day.get(day, 0)
        height = max(2, round((TALL - 4) * calls / highest)) if calls else 1
        columns.append(
            Column(date_format(day, "SHORT_DATE_FORMAT"), calls, 0, index * step, TALL - height, step - 4, height, 0, 0)
        )
    return columns


def mirrored(installation: Installation) -> dict[str, int]:
    """Records the mirror knows, by side, those that are gone left out."""
    rows = Record.objects.filter(installation=installation, gone_at=None).aggregate(
        bigin=Count("pk", filter=Q(side=Side.BIGIN)), books=Count("pk", filter=Q(side=Side.BOOKS))
    )
    return dict(rows)
