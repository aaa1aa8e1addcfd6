"""Documents asked for by other programs: filled in from the Bigin record, one for each key."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from accounts.models import Installation
from invoices import beginning, bodies, checking, creation, customers, editing, filling, offers
from invoices.customers import COMPANIES
from invoices.deals import RecordFacts
from invoices.drafts import Draft, Line
from invoices.models import Document

State = Document.State
WHO = "API"


class RefusedOrder(Exception):
    """What is wrong, by field."""

    def __init__(self, fields: dict[str, str]) -> None:
        super().__init__("; ".join(fields.values()))
        self.fields = fields


def documents_of(installation: Installation, module: str, record_id: str) -> QuerySet[Document]:
    """Standing ones made from the record, and all of the customer that it leads to; one that a rep picked is not. From
    memory; no network."""
    row = customers.recalled(installation, module, record_id)
    facts = customers.facts_from(row) if row and row.seen_at else None
    if facts is None and module == COMPANIES:
        facts = RecordFacts(module, record_id, "")
    party = customers.party_of(installation, facts) if facts else None
    around = Q(record_module=module, record_id=record_id)
    if party and party.customer_id and not party.picked:
        around |= Q(customer_id=party.customer_id)
    rows = Document.objects.filter(installation=installation, state=State.STANDS).filter(around)
    return rows.order_by("-date", "-id")


def order(installation: Installation, wish: Mapping[str, Any]) -> Document:
    """The document of that key, queued; as it is where the key was used before, except that one which Books did not
    confirm is looked for again. Over the network for a new one. Raises RefusedOrder and the errors of `zoho.errors`."""
    key = "a" + hashlib.sha256(f"{installation.pk}:{wish['key']}".encode()).hexdigest()[:39]
    held = Document.objects.filter(installation=installation, key=key).first()
    if held is None:
        kind = bodies.kind_of(wish["kind"])
        filled = beginning.fill(installation, wish["module"], wish["record_id"], kind)
        filled = replace(filled, draft=_wished(filled.draft, wish))
        _check(installation, filled, wish)
        held = beginning.keyed(installation, filled, key, WHO)
    if held.state == State.DRAFT:
        offer = offers.offer_of(installation)
        creation.submit(held, total=filling.totals_of(held, offer).total, send_after=bool(wish["send"]))
        held.refresh_from_db()
    elif held.state == State.UNCONFIRMED:
        checking.check_again(held)
        held.refresh_from_db()
    return held


def explained(document: Document) -> str:
    """How it stands with an order, for the program that placed it and whoever reads its log. Empty: all is well."""
    if document.state == State.UNCONFIRMED:
        advice = _("Send the same key again to have it looked for again, or let a person decide on the record's page.")
        return f"{document.error} {advice}"
    if document.state == State.CHECKING:
        return _("Books did not answer in time. It is being looked for there; it is not sent a second time meanwhile.")
    wrong = document.payload.get("wrong", {}) if document.state == State.REFUSED else {}
    return " ".join([document.error, *(f"{field}: {reason}" for field, reason in wrong.items())])


def _wished(draft: Draft, wish: Mapping[str, Any]) -> Draft:
    given = {name: wish[name] for name in ("date", "end_date", "reference", "notes", "terms") if name in wish}
    if "end_date" in given or "date" in given:
        given |= {"payment_terms": None, "payment_terms_label": ""}
        given.setdefault("end_date", None)
    if "lines" in wish:
        given["lines"] = tuple(Line(**{"name": "", **line}) for line in wish["lines"])
    return replace(draft, **given)


def _check(installation: Installation, filled: beginning.Filled, wish: Mapping[str, Any]) -> None:
    """Before anything is kept: a refused wish leaves its key free."""
    document = beginning.unsaved(installation, filled)
    fields = editing.problems(document, offers.offer_of(installation), ticked=bool(wish["bill_again"]))
    if fields:
        raise RefusedOrder(fields)
