"""How many records Bigin's plan takes, against those a first run would create there (rules 2.3)."""

from __future__ import annotations

from collections.abc import Mapping

from django.db import transaction

from accounts.models import Installation
from sync.models import Proposal, Record, Run, Side
from sync.work import Work
from zoho.errors import Rejected, Unauthorised

# Of each plan, by Bigin's name for it, as its price list says; another name is no limit that we know.
RECORDS: Mapping[str, int] = {"free": 500, "biginexpress": 50_000, "biginpremier": 100_000}
_KEY = "bigin_plan"  # in Installation.settings


def note_plan(work: Work) -> None:
    """One call a preview. A grant that does not reach the organisation leaves the plan unknown."""
    try:
        org = work.patiently(work.bigin.org)
    except (Rejected, Unauthorised):
        return
    details = org.get("license_details")
    plan = str(details.get("paid_type") or "") if isinstance(details, Mapping) else ""
    with transaction.atomic():
        row = Installation.objects.select_for_update().get(pk=work.shape.installation.pk)
        row.settings = {**row.settings, _KEY: plan}
        row.save(update_fields=["settings"])


def needed(installation: Installation, run: Run, modules: list[str]) -> tuple[int, int]:
    """(records that Bigin has, as far as they were read; those that the previewed run would create)."""
    here = Record.objects.filter(installation=installation, side=Side.BIGIN, gone_at=None).count()
    made = Proposal.objects.filter(run=run, module__in=modules, side=Side.BIGIN, outcome="create").count()
    return here, made


def limit(installation: Installation) -> int | None:
    """Of the plan at the newest preview; None where that is not known."""
    return RECORDS.get(str(installation.settings.get(_KEY) or ""))
