"""Whether everything this rests on is well: connections, quota, the last success; and who changed what."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.utils import timezone

from accounts.models import AuditEntry, Connection, Installation, Quota
from sync import allowance
from sync.models import Run

SILENT_AFTER = timedelta(hours=24)


@dataclass(frozen=True)
class ConnectionHealth:
    connection: Connection
    name: str
    organisation: str
    calls_today: int
    limit: int | None
    remaining: int | None
    by_plan: bool = False  # the limit is what the plan says; answers carry no figures

    @property
    def ok(self) -> bool:
        return not self.connection.problem

    @property
    def is_low(self) -> bool:
        """Less than a twentieth of the day's quota is left: only people's own actions still call (rules 8.1)."""
        return bool(self.limit and self.remaining is not None and self.remaining * 20 < self.limit)


def connections(installation: Installation) -> list[ConnectionHealth]:
    quotas = {quota.product: quota for quota in Quota.objects.filter(installation=installation, day=today())}
    found = []
    for connection in installation.connections.order_by("product"):
        is_bigin = connection.product == Connection.Service.BIGIN
        quota = quotas.get(connection.product)
        found.append(
            ConnectionHealth(
                connection,
                "Zoho Bigin" if is_bigin else installation.get_product_display(),
                installation.bigin_org_name if is_bigin else installation.books_org_name,
                quota.calls if quota else 0,
                *_limit(installation, connection.product, quota),
            )
        )
    return found


def _limit(installation: Installation, product: str, quota: Quota | None) -> tuple[int | None, int | None, bool]:
    """(calls of a day, what is left of them, whether the plan says so)."""
    if quota is not None and quota.limit is not None:
        return quota.limit, quota.remaining, False
    found = allowance.today(installation, product, timezone.now())
    return (found.limit, found.remaining, True) if found else (None, None, False)


def today() -> date:
    """Quotas are counted by days of UTC."""
    return timezone.now().date()


def newest_changes(installation: Installation, count: int = 5) -> list[AuditEntry]:
    return list(AuditEntry.objects.filter(installation=installation).order_by("-at")[:count])


def last_success(installation: Installation) -> datetime | None:
    done = installation.runs.filter(state=Run.State.DONE, kind=Run.Kind.SYNC).order_by("-started_at").first()
    return done.finished_at if done else None


def is_silent(installation: Installation) -> bool:
    """Something was started, and nothing succeeded for a day."""
    started = installation.modules.filter(started_at__isnull=False, paused_at=None).order_by("started_at").first()
    if started is None or started.started_at is None:
        return False
    return (last_success(installation) or started.started_at) < timezone.now() - SILENT_AFTER
