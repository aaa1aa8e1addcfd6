"""The settings home: what each module does, when, and how many records are in step."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Connection, Installation
from sync import schedule
from sync.models import Issue, Link, LinkKind, Mode, Module, ModuleSetting, Run

KINDS_OF_MODULE: Mapping[str, tuple[str, ...]] = {
    Module.CUSTOMERS: (LinkKind.COMPANY_CUSTOMER, LinkKind.CONTACT_CUSTOMER, LinkKind.CONTACT_PERSON),
    Module.PRODUCTS: (LinkKind.PRODUCT_ITEM,),
}
# What the original calls the pairs of modules, by mode.
ENTITIES = {
    Mode.CONTACTS: (_("Contacts"), _("Customers")),
    Mode.COMPANIES: (_("Companies"), _("Customers")),
    Mode.BOTH: (_("Companies & Contacts"), _("Customers & contact persons")),
}


@dataclass(frozen=True)
class ModuleLine:
    """One row of the table of entities and intervals. `state`: see `_state`."""

    setting: ModuleSetting
    bigin: object
    books: object
    state: str
    in_step: int
    open_issues: int
    conflicts: int
    next_at: datetime | None
    stretched: int | None = None  # minutes from run to run for now, where the day's quota allows no more
    short_of: str = ""  # product whose calls would not last

    @property
    def attention(self) -> int:
        return self.open_issues

    @property
    def stretched_hours(self) -> int:
        """0 where minutes say it better."""
        return round((self.stretched or 0) / 60) if (self.stretched or 0) >= 90 else 0


def module_lines(
    installation: Installation, settings: Mapping[str, ModuleSetting], run: Run | None
) -> list[ModuleLine]:
    in_step = in_step_by_kind(installation)
    issues = open_issues_by_module(installation)
    return [
        _line(settings[module], run, sum(in_step.get(kind, 0) for kind in KINDS_OF_MODULE[module]), issues.get(module))
        for module in (Module.CUSTOMERS, Module.PRODUCTS)
    ]


def _line(setting: ModuleSetting, run: Run | None, in_step: int, issues: tuple[int, int] | None) -> ModuleLine:
    bigin, books = (_("Products"), _("Items")) if setting.module == Module.PRODUCTS else ENTITIES[Mode(setting.mode)]
    total, conflicts = issues or (0, 0)
    state = _state(setting, run)
    waiting = state in {"waiting", "read_only"}
    next_at = setting.next_run_at if waiting else None
    goes_on = setting.started_at is not None and setting.paused_at is None
    stretched, short_of = _stretched(setting) if goes_on else (None, "")
    return ModuleLine(setting, bigin, books, state, in_step, total, conflicts, next_at, stretched, short_of)


def _stretched(setting: ModuleSetting) -> tuple[int | None, str]:
    pace = schedule.pace(setting, timezone.now())
    minutes = round(pace.length.total_seconds() / 60)
    if minutes <= setting.interval_minutes:
        return None, ""
    product = "Bigin" if pace.short == Connection.Service.BIGIN else setting.installation.get_product_display()
    return minutes, str(product)


def _state(setting: ModuleSetting, run: Run | None) -> str:
    if run is not None and run.kind == Run.Kind.SYNC and (not run.modules or setting.module in run.modules):
        return "running"
    if setting.paused_at is not None:
        return "paused"
    if setting.started_at is None:
        return "not_started"
    asked = setting.queued_at or setting.requested_at  # or a run follows the one that is going on
    return "read_only" if setting.read_only else "queued" if asked else "waiting"


def running(installation: Installation) -> Run | None:
    return installation.runs.filter(state=Run.State.RUNNING).first()


def in_step_by_kind(installation: Installation) -> dict[str, int]:
    """Linked pairs that no open issue speaks of, by kind of link."""
    troubled = Issue.objects.filter(installation=installation, state=Issue.State.OPEN, link__isnull=False)
    rows = (
        Link.objects.filter(
            installation=installation, state=Link.State.LINKED, bigin__isnull=False, books__isnull=False
        )
        .exclude(pk__in=troubled.values("link"))
        .values_list("kind")
        .annotate(Count("pk"))
    )
    return dict(rows)


def open_issues_by_module(installation: Installation) -> dict[str, tuple[int, int]]:
    """module -> (all open issues, those that are conflicts)."""
    clashes = Count("pk", filter=Q(kind=Issue.Kind.CLASH))
    rows = installation.issues.filter(state=Issue.State.OPEN).values("module")
    counted = rows.annotate(total=Count("pk"), clashes=clashes)
    return {row["module"]: (row["total"], row["clashes"]) for row in counted}
