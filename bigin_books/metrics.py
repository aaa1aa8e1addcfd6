"""`/metrics` for Prometheus: what stands in the database at the moment of the scrape, so every process says the same.

Open only to who knows METRICS_TOKEN; without one set, the address does not exist.
"""

from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.db.models import Count, Min, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.views.decorators.http import require_GET
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from accounts.models import Installation
from sync.models import Issue, ModuleSetting, Run, Write


class _State(Collector):
    def collect(self) -> Iterable[Metric]:
        yield _by("bigin_books_installations", "Installations by state", Installation.objects.all(), "state")
        yield _by("bigin_books_runs", "Runs by state", Run.objects.all(), "state")
        yield _by(
            "bigin_books_writes_open", "Writes not settled yet", Write.objects.filter(state__in=Write.OPEN), "state"
        )
        yield _by("bigin_books_issues_open", "Open issues", Issue.objects.filter(state=Issue.State.OPEN), "kind")
        yield GaugeMetricFamily(
            "bigin_books_due_seconds", "How long the module waits that has been due for longest", value=_longest_wait()
        )


def _by(name: str, text: str, rows: "QuerySet[Any]", column: str) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, text, labels=[column])
    for row in rows.values(column).annotate(number=Count("pk")).order_by(column):
        family.add_metric([row[column]], row["number"])
    return family


def _longest_wait() -> float:
    now = timezone.now()
    due = ModuleSetting.objects.filter(
        started_at__isnull=False, paused_at=None, installation__state=Installation.State.ACTIVE, next_run_at__lte=now
    ).aggregate(first=Min("next_run_at"))["first"]
    return (now - due).total_seconds() if due else 0.0


@require_GET
def metrics(request: HttpRequest) -> HttpResponse:
    given = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if not settings.METRICS_TOKEN or not constant_time_compare(given, settings.METRICS_TOKEN):
        raise Http404
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_State())
    return HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)
