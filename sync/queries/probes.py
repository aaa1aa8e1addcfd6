"""What the probes found out, as questions and answers that a person reads; what the sync does where the answer is no.

What is asked stands in `zoho/probes_bigin.py` and `zoho/probes_books.py`, what is used in `sync/probed.py`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.utils.dateparse import parse_datetime
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.models import Installation
from accounts.probing import ASKED_AT
from sync.queries.conflicts import readable

Words = str | Promise
# Setup's own note of what `books_zohocrm_off` answers.
_SAID_ELSEWHERE = frozenset({ASKED_AT, "linked_with_zohocrm"})
_BIGIN_LISTS = {"accounts": _("companies"), "contacts": _("contacts"), "products": _("products")}
_BOOKS_LISTS = {
    "contacts": _("customers"),
    "items": _("items"),
    "invoices": _("invoices"),
    "estimates": _("estimates"),
    "salesorders": _("sales orders"),
}


@dataclass(frozen=True)
class Question:
    """`otherwise`: what the sync does unless the answer is yes; "" where it only tells."""

    words: Words
    otherwise: Words = ""


# {what}: one of the lists above.
_OF_BIGIN_LISTS = {
    "newest_first": Question(
        _("Does it list %(what)s newest first?"), _("Where a page is not in order, the whole list is read.")
    ),
    "deleted_list": Question(_("Does it show deleted %(what)s?"), _("The nightly listing finds deletions instead.")),
    "deleted_newest_first": Question(
        _("Does it list deleted %(what)s newest first?"), _("Its later pages are read every six hours.")
    ),
    "deleted_if_modified_since": Question(
        _("Does it list only %(what)s deleted since a time?"), _("Its first page is read each time.")
    ),
}
_OF_BOOKS_LISTS = {
    "oldest_first": Question(_("Does it list %(what)s oldest first?"), _("The whole list is read each time.")),
    "changed_since": Question(
        _("Does it list only %(what)s changed since a time?"), _("Read newest first instead, up to what is known.")
    ),
}
_BIGIN = {
    "bigin_administrator": Question(_("Is the connected user an Administrator?")),
    "bigin_scopes": Question(_("Was everything granted that the sync needs?")),
    "bigin_page_tokens": Question(_("Do page tokens lead through a long list?")),
    "bigin_if_modified_since": Question(_("Does it list only contacts changed since a time?")),
}
_BOOKS = {
    "books_administrator": Question(_("Is the connected user an administrator?")),
    "books_scopes": Question(_("Was everything granted that the sync needs?")),
    "invoice_scopes": Question(_("Was everything granted that the sync needs?")),
    "books_plan": Question(_("Is the plan known?")),
    "books_daily_quota": Question(_("Are calls left of today's quota?")),
    "books_equal_names": Question(_("May several customers have one name?")),
    "books_person_edit_touches_customer": Question(
        _("Does an edit of a contact person show in its customer's time?"),
        _("Addresses and persons of all customers are read again bit by bit."),
    ),
    "books_contact_key_field": Question(_("Can a customer be created by a key of its own?")),
    "books_item_key_field": Question(_("Can an item be created by a key of its own?")),
    "books_zohocrm_off": Question(_("Is Zoho's own integration of its CRM off?")),
    "invoice_without_salesorders": Question(_("Does it know no sales orders?")),
}


@dataclass(frozen=True)
class Answer:
    """One assumption about the live account: held, not held, or None where nothing showed either way."""

    name: str
    words: Words
    held: bool | None
    text: str
    otherwise: Words = ""


@dataclass(frozen=True)
class Found:
    """`by_side`: (bigin | books, answers); `asked_at`: when the accounts last answered."""

    by_side: tuple[tuple[str, tuple[Answer, ...]], ...]
    asked_at: datetime | None


def found(installation: Installation) -> Found:
    known = {name: value for name, value in installation.probes.items() if name not in _SAID_ELSEWHERE}
    sides = ((side, tuple(_answers(known, side))) for side in ("bigin", "books"))
    asked = _text(installation.probes.get(ASKED_AT))
    return Found(tuple((side, answers) for side, answers in sides if answers), parse_datetime(asked) if asked else None)


def _answers(known: Mapping[str, object], side: str) -> Iterator[Answer]:
    asked = dict(_questions(side))
    mine = [name for name in known if name.startswith("bigin_") == (side == "bigin")]
    order = {name: place for place, name in enumerate(asked)}
    for name in sorted(mine, key=lambda name: (order.get(name, len(order)), name)):
        question = asked.get(name, Question(readable(name)))
        held = _held(known[name])
        yield Answer(name, question.words, held, _text(known[name]), "" if held else question.otherwise)


def _questions(side: str) -> Iterator[tuple[str, Question]]:
    """In the order in which they are shown."""
    yield from (_BIGIN if side == "bigin" else _BOOKS).items()
    lists, of_lists = (_BIGIN_LISTS, _OF_BIGIN_LISTS) if side == "bigin" else (_BOOKS_LISTS, _OF_BOOKS_LISTS)
    for name, what in lists.items():
        for about, question in of_lists.items():
            yield f"{side}_{name}_{about}", Question(str(question.words) % {"what": what}, question.otherwise)


def _held(value: object) -> bool | None:
    held = value.get("held") if isinstance(value, dict) else value
    return held if isinstance(held, bool) else None


def _text(value: object) -> str:
    if isinstance(value, dict):
        return str(value.get("text", ""))
    return "" if isinstance(value, bool) or value is None else str(value)
