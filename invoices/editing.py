"""Changing an open form: what was typed is kept by compare-and-set, and its buttons change lines, items, customer."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from decimal import ROUND_HALF_UP, Decimal

from django.http import QueryDict
from django.utils.translation import gettext as _

from accounts.models import Member
from invoices import beginning, billed, checks, clients, customers, entry, pairs, settling
from invoices.checks import NumberError
from invoices.drafts import Draft, Line
from invoices.entry import Entry
from invoices.models import Document
from invoices.offers import Offer, decimal
from sync import billing, services
from zoho.errors import Rejected

_OP = re.compile(r"(add|remove|up|down|free|item|convert|make|relink)(?:-([0-9]{1,4}))?(?:-([0-9]{1,40}))?", re.ASCII)


def take(document: Document, post: QueryDict, offer: Offer) -> Entry | None:
    """Keeps what was typed. None when the form was changed elsewhere since this page was drawn, or is not open."""
    version = post.get("version", "")
    if not version.isdecimal() or len(version) > 9 or int(version) != document.version:
        return None
    taken = entry.read(post, settling.draft_of(document), offer)
    offered = {one["id"] for one in document.payload.get("persons", [])} | set(settling.draft_of(document).person_ids)
    taken.draft = replace(taken.draft, person_ids=tuple(one for one in taken.draft.person_ids if one in offered))
    return taken if _keep(document, taken.draft) else None


def _keep(document: Document, draft: Draft) -> bool:
    settling.store_draft(document, draft)
    document.payload.pop("wrong", None)  # what was refused is being mended
    rows = Document.objects.filter(
        pk=document.pk, version=document.version, state__in=(Document.State.DRAFT, Document.State.REFUSED)
    )
    kept = rows.update(
        version=document.version + 1,
        payload=document.payload,
        customer_id=document.customer_id,
        customer_name=document.customer_name,
        currency=document.currency,
        date=document.date,
        due_date=document.due_date,
        reference=document.reference,
    )
    if kept:
        document.version += 1
    return bool(kept)


def problems(document: Document, offer: Offer, *, ticked: bool) -> dict[str, str]:
    """Why it may not be submitted, by field."""
    draft = settling.draft_of(document)
    facts = checks.Facts(offer.taxes, taxes_known=offer.known)
    return {**dict(_own_problems(document, draft, ticked=ticked)), **checks.errors(draft, facts)}


def _own_problems(document: Document, draft: Draft, *, ticked: bool) -> Iterator[tuple[str, str]]:
    if not draft.customer_id and settling.party_of(document) is None:
        yield "customer", _("Choose whom this is for.")
    if draft.customer_id == "" and document.payload.get("candidates") and not document.payload.get("create_new"):
        yield "customer", _("Choose one of these customers, or create a new one.")
    if not ticked and billed.billed(document):
        yield "bill_again", _("This deal has been billed before. Tick to bill it again.")
    for index, line in enumerate(draft.lines):
        if line.deal_price and not line.rate:
            yield f"lines-{index}-rate", _("Type the price in %(currency)s.") % {"currency": draft.currency}


def apply(document: Document, op: str, post: QueryDict) -> str | None:
    """Presses a button of the form; gives the name of the field that gets the focus. None for no such button. Over the
    network for an item only; raises the errors of `zoho.errors`."""
    found = _OP.fullmatch(op)
    if found is None:
        return None
    name, index, item_id = found[1], int(found[2] or 0), found[3] or ""
    draft = settling.draft_of(document)
    changed = _pressed(document, draft, name, index, item_id, post)
    if changed is None or not _keep(document, changed[0]):
        return None
    return changed[1]


def _pressed(
    document: Document, draft: Draft, name: str, index: int, item_id: str, post: QueryDict
) -> tuple[Draft, str] | None:
    last = len(draft.lines) - 1
    if name == "add" and last + 1 < checks.MOST_LINES:
        return draft.with_line(Line(name="", item_tax_id=_customer_tax(draft))), f"lines-{last + 1}-name"
    if name == "convert":
        return _converted(draft, post.get("deal_rate", "")), "lines-0-rate"
    if not 0 <= index <= last:
        return None
    if name == "remove":
        return draft.without_line(index), f"lines-{min(index, last - 1)}-name" if last else "add-line"
    if name in ("up", "down"):
        to = min(max(index + (1 if name == "down" else -1), 0), last)
        return draft.with_line_moved(index, to - index), f"lines-{to}-name"
    if name == "free":
        return _with_line(draft, index, replace(draft.lines[index], item_id="", product_id="")), f"lines-{index}-name"
    if name == "make" and draft.lines[index].product_id:
        services.sync_record(document.installation, "Products", draft.lines[index].product_id, document.made_by)
        return draft, f"lines-{index}-name"
    if name == "relink":
        found = billing.item_of(document.installation, draft.lines[index].product_id)
        item_id = found.item_id if found else ""
        if not item_id:
            raise Rejected(_("It is not in Books yet. Try again in a moment."), product="books", code="not_yet")
    if name in ("item", "relink") and item_id:
        return _with_item(document, draft, index, item_id), f"lines-{index}-quantity"
    return None


def _customer_tax(draft: Draft) -> str:
    """What a line without an item is taxed with: as the free lines that are there already."""
    return next((line.item_tax_id for line in draft.lines if not line.item_id), "")


def _with_line(draft: Draft, index: int, line: Line) -> Draft:
    return replace(draft, lines=(*draft.lines[:index], line, *draft.lines[index + 1 :]))


def _with_item(document: Document, draft: Draft, index: int, item_id: str) -> Draft:
    """The chosen item on that line, with its price in the document's currency. Over the network."""
    with clients.books(document.installation) as books:
        rows = books.item_details([item_id])
        customer = customers.read(document.installation, books, draft.customer_id) if draft.customer_id else None
    row = next((one for one in rows if str(one.get("item_id")) == item_id), None)
    if row is None or row.get("status") == "inactive":
        raise Rejected(_("This item is not to be sold any more. Choose another."), product="books", code="inactive")
    price = decimal(row.get("rate")) or Decimal(0)
    if draft.is_foreign and draft.exchange_rate:
        price = (price / draft.exchange_rate).quantize(Decimal(1).scaleb(-draft.precision), ROUND_HALF_UP)
    line = replace(
        draft.lines[index],
        item_id=item_id,
        name=str(row.get("name") or "")[:100],
        description=str(row.get("description") or "")[:2000],
        unit=str(row.get("unit") or "")[:100],
        rate=draft.lines[index].rate if draft.lines[index].product_id else price,
        tax_id=None,
        item_tax_id=beginning.fallback_tax(row, customer),
    )
    return _with_line(draft, index, line)


def _converted(draft: Draft, typed: str) -> Draft:
    """Prices from the deal's currency by the rate that the rep typed (rules 6.2)."""
    try:
        rate = checks.number(typed)
    except NumberError as error:
        raise Rejected(str(error), product="books", code="rate") from error
    if not 0 < rate <= checks.LARGEST_QUANTITY:
        raise Rejected(_("The rate must be more than 0."), product="books", code="rate")
    unit = Decimal(1).scaleb(-draft.precision)
    lines = (
        replace(line, rate=(line.deal_price * rate).quantize(unit, ROUND_HALF_UP)) if line.deal_price else line
        for line in draft.lines
    )
    return replace(draft, lines=tuple(lines))


def choose_customer(document: Document, post: QueryDict, member: Member) -> bool:
    """A candidate, a customer that was searched for, or a new one. Over the network except for a new one; raises the
    errors of `zoho.errors`, Rejected too for what is no active customer of this organisation."""
    if document.revises_id:
        raise Rejected(_("The customer of a document in Books is changed there."), product="books", code="no_customer")
    if "create_new" in post:
        document.payload = {**document.payload, "create_new": True}
        return _keep(document, settling.draft_of(document))
    chosen = post.get("customer_id", "")
    installation = document.installation
    with clients.books(installation) as books:
        customer = customers.read(installation, books, chosen)
    if customer is None or not customer.is_active:
        raise Rejected(_("Books has no such active customer."), product="books", code="no_customer")
    party = settling.party_of(document)
    if party and "keep_pair" in post:
        pairs.keep(installation, party, customer.customer_id, member)
    draft = settling.draft_of(document)
    if customer.currency and customer.currency != draft.currency:
        draft = _in_currency(document, draft, customer)
    if party is None:
        customers.pick(installation, document.record_module, document.record_id, customer)
    document.payload = {**document.payload, "persons": beginning.persons_json(customer)}
    return _keep(document, beginning.addressed(draft, installation, None, customer))


def _in_currency(document: Document, draft: Draft, customer: customers.Customer) -> Draft:
    """A number never changes its currency silently (rules 6.1): the prices are typed or converted anew."""
    from invoices import offers  # noqa: PLC0415

    offer = offers.offer_of(document.installation)
    known = offer.currencies.get(customer.currency)
    lines = tuple(replace(line, deal_price=line.deal_price or line.rate, rate=Decimal(0)) for line in draft.lines)
    return replace(
        draft,
        lines=lines,
        currency=customer.currency,
        currency_id=customer.currency_id,
        precision=offer.precision(customer.currency),
        exchange_rate=known.rate if known and customer.currency != draft.base_currency else None,
    )
