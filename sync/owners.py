"""Who owns a record born in Books: the Bigin user with the Books owner's e-mail (rules 4.6). Asked once a run."""

from __future__ import annotations

from sync.models import Record, RecordKind
from sync.work import Work
from zoho.errors import Rejected, Unauthorised


def of(work: Work, books: Record | None) -> str:
    """Id of the Bigin user; "" when the record has no owner in Books, or that person is not in Bigin."""
    customer = books
    if books is not None and books.kind == RecordKind.PERSON:
        customer = Record.objects.filter(
            installation=work.shape.installation, kind=RecordKind.CUSTOMER, remote_id=books.parent_id
        ).first()
    owner = str(customer.meta.get("owner") or "") if customer else ""
    if not owner:
        return ""
    if work.owners is None:
        work.owners = _ask(work)
    return work.owners.get(owner, "")


def _ask(work: Work) -> dict[str, str]:
    """Two lists; {} where the grant does not reach the users: then the default owner of the settings."""
    try:
        in_books = work.patiently(work.books.users)
        in_bigin = work.patiently(lambda: work.bigin.users("ActiveUsers"))
    except (Rejected, Unauthorised):
        return {}
    by_mail = {str(user.get("email") or "").casefold(): str(user["id"]) for user in in_bigin if user.get("id")}
    found = {}
    for user in in_books:
        mail = str(user.get("email") or "").casefold()
        if mail and mail in by_mail:
            found[str(user.get("user_id"))] = by_mail[mail]
    return found
