"""Bigin's plan, and how many records it takes, against those a first run would create there (rules 2.3)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts.models import Installation
from sync.models import Proposal, Record, Run, Side
from sync.work import Work
from zoho.errors import Rejected, Unauthorised
from zoho.times import parse_time_or_none

# Editions as the organisation's `license_details` call them (reference, 4), and as an administrator knows them.
EDITIONS: Mapping[str, str] = {
    "free": "Bigin Free",
    "biginexpress": "Bigin Express",
    "biginpremier": "Bigin Premier",
    "bigin360": "Bigin 360",
}
PAID = frozenset(EDITIONS) - {"free"}
# Records of an edition. Zoho's own price list could not be read: these two figures are those of
# https://flitstack.ai/migrations/crm/bigin-by-zoho-crm/to/zoho-crm, which knows no limit of Express. All modules count,
# the recycle bin too, and more can be bought: https://support.zouma.ai/portal/en/kb/articles/zoho-bigin-record-storage-settings
RECORDS: Mapping[str, int] = {"free": 500, "biginpremier": 100_000}
_KEY, _LICENCES = "bigin_plan", "bigin_licences"  # in Installation.settings


@dataclass(frozen=True)
class Plan:
    """`edition` is empty where it is not known."""

    edition: str = ""
    licences: int = 0

    @property
    def name(self) -> str:
        return EDITIONS.get(self.edition, "")

    @property
    def records(self) -> int | None:
        return RECORDS.get(self.edition)


def note_plan(work: Work) -> None:
    """One call a preview. A grant that does not reach the organisation leaves the plan unknown."""
    try:
        org = work.patiently(work.bigin.org)
    except (Rejected, Unauthorised):
        return
    found = read(org.get("license_details"))
    with transaction.atomic():
        row = Installation.objects.select_for_update().get(pk=work.shape.installation.pk)
        row.settings = {**row.settings, _KEY: found.edition, _LICENCES: found.licences}
        row.save(update_fields=["settings"])


def read(details: Any) -> Plan:
    """A trial counts as its edition while it lasts: Bigin calls an organisation on trial "free" beside it."""
    if not isinstance(details, Mapping):
        return Plan()
    edition = str(details.get("paid_type") or "").casefold()
    ends = parse_time_or_none(details.get("trial_expiry"))
    if details.get("trial_type") and edition in ("", "free") and (ends is None or ends > timezone.now()):
        edition = str(details["trial_type"]).casefold()
    licences = details.get("users_license_purchased")
    return Plan(edition, licences if isinstance(licences, int) else 0)


def plan(installation: Installation) -> Plan:
    """As the newest preview found it."""
    licences = installation.settings.get(_LICENCES)
    return Plan(str(installation.settings.get(_KEY) or ""), licences if isinstance(licences, int) else 0)


def needed(installation: Installation, run: Run, modules: list[str]) -> tuple[int, int]:
    """(records that Bigin has, as far as they were read; those that the previewed run would create)."""
    here = Record.objects.filter(installation=installation, side=Side.BIGIN, gone_at=None).count()
    made = Proposal.objects.filter(run=run, module__in=modules, side=Side.BIGIN, outcome="create").count()
    return here, made
