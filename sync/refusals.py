"""What Zoho's refusals mean, in plain words with what to do. No network."""

from __future__ import annotations

from sync import learned, outbox
from sync.models import Cursor, Feed, Record, RecordKind, Write
from sync.work import Work
from zoho.errors import Rejected

_BOOKS = {
    "3062": ("name_taken", "Link it to the one that has the name, or change the name on either side."),
    "1001": ("name_taken", "Link it to the item that has the name, or change the name on either side."),
    "1009": ("plan_limit", "The plan of Zoho Books is full: remove records there or take a larger plan, then retry."),
    "15": ("too_long", "Shorten the value in Bigin."),
    "2": ("invalid_value", "Correct the value in Bigin."),
    "1002": ("gone", "It is not there any more; the next sync will say so."),
    "2006": ("gone", "It is not there any more; the next sync will say so."),
}
_BIGIN = {
    "DUPLICATE_DATA": ("duplicate_value", "The same person may be in two companies: merge or change one of them."),
    "MANDATORY_NOT_FOUND": ("mandatory_missing", "Fill that field in Books, or map it."),
    "INVALID_DATA": ("invalid_value", "Correct the value in Books."),
    "NO_PERMISSION": ("no_permission", "Give the connected Bigin user the permission named here, then retry."),
    "LIMIT_EXCEEDED": ("plan_limit", "The record limit of your Bigin plan is reached."),
    "RECORD_LOCKED": ("locked", "Unlock the record in Bigin, then retry."),
}


_MISSING = (
    "mandatory_missing",
    "Set it under Configure, What new records get; or fill it in Bigin and map it. Then retry.",
)


def books(work: Work, write: Write, error: Rejected) -> None:
    if error.code == "15" and "characters" not in error.message:  # one code for both (reference, 7)
        _refuse(work, write, work.shape.installation.get_product_display(), _MISSING[0], error, _MISSING[1])
        return
    if error.code == "3062":
        learned.name_was_refused(work)
    code, advice = _BOOKS.get(error.code, (f"books_{error.code or 'refused'}", "Correct the record, then retry."))
    _refuse(work, write, work.shape.installation.get_product_display(), code, error, advice)


def bigin(work: Work, write: Write, error: Rejected) -> None:
    code, advice = _BIGIN.get(error.code, (f"bigin_{error.code.lower()}", "Correct the record, then retry."))
    _refuse(work, write, "Bigin", code, error, advice)


def _refuse(work: Work, write: Write, who: str, code: str, error: Rejected, advice: str) -> None:
    where = f" (field {error.field})" if error.field else ""
    outbox.reject(work, write, code, f"{who} refused it: {error.message}{where}", advice)
    target = write.link.books if write.side == "books" else write.link.bigin
    if code == "gone" and target is not None:
        _look_again(target)


def _look_again(record: Record) -> None:
    """Only a read says that it vanished (rules 5.5): a detail of the customer, or a whole list of the items."""
    installation = record.installation_id
    if record.kind == RecordKind.ITEM:
        Cursor.objects.filter(installation=installation, feed=Feed.BOOKS_ITEMS).update(listed_at=None)
        return
    customer_id = record.parent_id if record.kind == RecordKind.PERSON else record.remote_id
    Record.objects.filter(installation=installation, kind=RecordKind.CUSTOMER, remote_id=customer_id).update(
        detail_at=None, dirty=True
    )
