"""Where deals of a deleted company point now: at another company, and it was probably merged into that (rules 5.3).

Bigin cannot be asked for them: the related lists of a deleted record are an error (reference, 5.11), and a search finds
what deals point at now, never before. The sync reads no deals either. So whoever sees deals while they point at their
company says which (`told_by`; invoices remembers those whose panel was opened), and those are asked one by one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial

from accounts.models import Installation
from sync import relations
from sync.mapping import Kind
from sync.models import Link, Record, RecordKind
from sync.work import Work
from zoho.errors import Rejected

# (installation, id of a company, how many at most) -> ids of deals that pointed at it, those seen last first
Source = Callable[[Installation, str, int], Sequence[str]]
_sources: list[Source] = []
_MOST_DEALS = 3  # calls for each company that is gone
_MOST_COMPANIES = 50  # more deletions than that are always held for a person to look at (rules 5.4)


def told_by(source: Source) -> None:
    """Once, when the apps are loaded."""
    if source not in _sources:
        _sources.append(source)


def read(work: Work) -> None:
    """Asks for the deals of companies that were just seen as gone, and remembers where one points. One query and no
    call where there is none."""
    gone = list(
        Link.objects.filter(
            installation=work.shape.installation,
            kind=Kind.COMPANY_CUSTOMER,
            state=Link.State.LINKED,
            bigin__dirty=True,
            bigin__in_scope=True,
            bigin__gone_at__isnull=False,
        )
        .exclude(bigin__gone_how="ours")
        .select_related("bigin")
        .order_by("pk")[:_MOST_COMPANIES]
    )
    for link in gone:
        if link.bigin is not None:
            work.check()
            _remember(link.bigin, _survivor(work, link.bigin))


def _survivor(work: Work, company: Record) -> str:
    """Id of a company that stands and has one of its deals by now; "" where none tells."""
    for deal_id in _deals_of(work.shape.installation, company.remote_id):
        try:
            row = work.patiently(partial(work.bigin.get, "Pipelines", deal_id, ["Account_Name"]))
        except Rejected:
            continue
        account = (row or {}).get("Account_Name")
        found = str(account.get("id") or "") if isinstance(account, dict) else ""
        if found and found != company.remote_id and _stands(work.shape.installation, found):
            return found
    return ""


def _deals_of(installation: Installation, company_id: str) -> Iterable[str]:
    told = [deal for source in _sources for deal in source(installation, company_id, _MOST_DEALS)]
    return list(dict.fromkeys(told))[:_MOST_DEALS]


def _stands(installation: Installation, company_id: str) -> bool:
    rows = Record.objects.filter(installation=installation, kind=RecordKind.COMPANY, remote_id=company_id)
    return rows.filter(gone_at=None).exists()


def _remember(company: Record, survivor: str) -> None:
    """On the record, where planning looks; an earlier finding, of a deletion before a restore, is forgotten."""
    others = {name: value for name, value in company.meta.items() if name != relations.DEALS_AT}
    meta = {**others, relations.DEALS_AT: survivor} if survivor else others
    if meta != company.meta:
        Record.objects.filter(pk=company.pk).update(meta=meta)
