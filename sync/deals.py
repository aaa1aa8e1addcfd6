"""Where deals of a deleted company point now: at another company, and it was probably merged into that (rules 5.3).

Bigin cannot be asked for them: the related lists of a deleted record are an error (reference, 5.11), and a search finds
what deals point at now, never before. The sync reads no deals either. So whoever sees deals while they point at their
company says which (`told_by`; invoices remembers those whose panel was opened), and those are asked one by one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any

from accounts.models import Installation
from sync import issues, relations, unreadable
from sync.mapping import Kind
from sync.models import Issue, Link, Record, RecordKind
from sync.shape import MODULE_OF
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
            books__gone_at=None,
        )
        .exclude(bigin__gone_how="ours")
        .select_related("bigin")
        .order_by("pk")[:_MOST_COMPANIES]
    )
    for link in gone:
        if link.bigin is not None:
            work.check()
            try:
                survivor = _survivor(work, link.bigin)
            except unreadable.NotShown as error:
                unreadable.pass_over(work, link.bigin.remote_id, error)
                _tell(work, link, link.bigin)
                continue
            _remember(link.bigin, survivor)


def _survivor(work: Work, company: Record) -> str:
    """Id of a company that stands and has one of its deals by now; "" where none tells. Raises NotShown where Bigin
    fails to show a deal, and no other tells: whether the company was merged is not known then."""
    unseen: unreadable.NotShown | None = None
    for deal_id in _deals_of(work.shape.installation, company.remote_id):
        try:
            row = _deal(work, deal_id)
        except unreadable.NotShown as error:
            unseen = error
            continue
        account = (row or {}).get("Account_Name")
        found = str(account.get("id") or "") if isinstance(account, dict) else ""
        if found and found != company.remote_id and _stands(work.shape.installation, found):
            return found
    if unseen is not None:
        raise unseen
    return ""


def _deal(work: Work, deal_id: str) -> Mapping[str, Any] | None:
    """None where Bigin has none of this id, or refuses to show it to us. Raises NotShown where it fails."""
    try:
        with unreadable.asking():
            return work.patiently(partial(work.bigin.get, "Pipelines", deal_id, ["Account_Name"]))
    except unreadable.NotShown as error:
        if isinstance(error.__cause__, Rejected):
            return None
        raise


def _tell(work: Work, link: Link, company: Record) -> None:
    """Until it is planned, the company is asked for again by each run; planning closes this."""
    issues.raise_one(
        work.shape.installation,
        issues.Draft(
            MODULE_OF[Kind.COMPANY_CUSTOMER],
            Issue.Kind.SKIPPED,
            "deals_unreadable",
            f"{company.label} was deleted in Bigin. Whether it was merged is not known, as Bigin does not show a deal "
            "of it. Nothing was changed in Books.",
            "It is tried again by itself. Open its deals in Bigin; if one does not show, ask Zoho's support.",
            link_id=link.pk,
        ),
        work.run,
    )


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
