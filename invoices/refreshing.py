"""Behind a panel's first paint: what the record leads to, its customer's figures and documents, where they are old.

At most one list for the open tab and one contact read, each if older than 5 minutes; none while little of the day's
quota is left (rules 8.1).
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from django.utils import timezone

from accounts.models import Installation, Quota
from invoices import clients, customers, deals, feeds
from invoices.deals import RecordFacts
from invoices.drafts import Kind
from invoices.panel import Shown
from zoho.errors import ZohoError

log = logging.getLogger(__name__)

FACTS_KEPT = timedelta(minutes=5)


def record(
    installation: Installation, module: str, record_id: str, remembered: RecordFacts | None, seen_at: datetime | None
) -> RecordFacts | None:
    """What Bigin says of the record, one call where our memory of it is old; None when it is not there. Raises the
    errors of `zoho.errors` only where nothing is remembered."""
    if remembered and seen_at and seen_at > timezone.now() - FACTS_KEPT:
        return remembered
    try:
        with clients.bigin(installation) as bigin:
            facts = deals.read_record(bigin, module, record_id)
    except ZohoError as error:
        if remembered is None:
            raise
        log.info("invoices: %s %s is as remembered (%s)", module, record_id, error.code)
        return remembered
    if facts:
        customers.remember(installation, facts)
    return facts


def is_due(installation: Installation, shown: Shown) -> bool:
    return (shown.stale_list or shown.stale_figures) and not quota_is_low(installation)


def refresh(installation: Installation, customer_id: str, kind: Kind, shown: Shown) -> None:
    """Two calls at most. Raises the errors of `zoho.errors`; what was read before is kept."""
    with clients.books(installation) as books:
        if shown.stale_list:
            feeds.refresh_customer(installation, books, customer_id, kind)
        if shown.stale_figures:
            customers.read(installation, books, customer_id)


def quota_is_low(installation: Installation) -> bool:
    """Under 5 % left of what Books' headers said; unknown counts as enough."""
    row = (
        Quota.objects.filter(installation=installation, product=installation.product, resets_at__gt=timezone.now())
        .order_by("-day")
        .first()
    )
    if row is None or row.limit is None or row.remaining is None:
        return False
    return row.remaining * 20 < row.limit
