"""Which deals led to a company when they were last looked at here: the sync asks when it is gone (rules 5.3)."""

from __future__ import annotations

from collections.abc import Sequence

from django.db.models import F

from accounts.models import Installation
from invoices.deals import DEALS
from invoices.models import BilledRecord


def of_company(installation: Installation, company_id: str, most: int) -> Sequence[str]:
    """Ids, the newest look first."""
    rows = BilledRecord.objects.filter(installation=installation, module=DEALS, company_id=company_id)
    return list(rows.order_by(F("seen_at").desc(nulls_last=True), "pk").values_list("record_id", flat=True)[:most])
