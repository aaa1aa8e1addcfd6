"""Creating and changing invoices, estimates and sales orders. Statuses and conversions have their own modules."""

from __future__ import annotations

import copy
from decimal import Decimal

from sandbox.books import contacts, custom, editions, errors, intake, lines, money, taxation, times
from sandbox.books.organization import BooksOrg
from sandbox.books.papers import Document, Kind
from sandbox.books.records import Address, Comment, Contact
from sandbox.books.specs import SPECS

TEXTS = {
    "reference_number": 100,
    "notes": 5000,
    "terms": 10000,
    "adjustment_description": 100,
    "salesperson_name": 200,
    "payment_terms_label": 200,
    "delivery_method": 100,
}
EXTRA_TEXTS = {
    "place_of_supply": 50,
    "gst_treatment": 50,
    "gst_no": 50,
    "vat_treatment": 50,
    "tax_treatment": 50,
    "zcrm_potential_id": 30,
    "zcrm_potential_name": 200,
    "project_id": 30,
    "recurring_invoice_id": 30,
    "pricebook_id": 30,
    "reason": 500,
}
DAYS: dict[Kind, tuple[str, ...]] = {
    "invoice": ("date", "due_date"),
    "estimate": ("date", "expiry_date"),
    "salesorder": ("date", "shipment_date"),
}
SMALLEST_RATE = Decimal("0.000001")
LARGEST_RATE = Decimal(10) ** 6


def create(org: BooksOrg, kind: Kind, given: intake.Body, user_id: str, *, own_number: bool) -> Document:
    """Adds the document as a draft. Raises before anything is stored."""
    editions.check_plan(org)
    customer = customer_for(org, given)
    now = org.now()
    document = Document(
        document_id=org.new_id(),
        kind=kind,
        number="",
        customer_id=customer.contact_id,
        currency_id=_currency(org, customer, given),
        date=org.today(),
        billing=Address(),
        shipping=Address(),
        notes=org.notes_default if kind != "salesorder" else "",
        payment_terms=customer.payment_terms,
        payment_terms_label=customer.payment_terms_label,
        created=now,
        modified=now,
        created_by=user_id,
        modified_by=user_id,
    )
    document.exchange_rate = org.currency(document.currency_id).exchange_rate
    document.billing = _copied_address(customer, customer.billing, given, "billing_address_id")
    document.shipping = _copied_address(customer, customer.shipping, given, "shipping_address_id")
    _fill(org, document, customer, given)
    _check(org, document)
    document.number = _number_for(org, document, given, own_number=own_number)
    store(org, document)
    note(org, document, user_id, "created", f"{SPECS[kind].spoken} created for {amount_words(org, document)}")
    return document


def customer_for(org: BooksOrg, given: intake.Body) -> Contact:
    customer_id = intake.id_text(given.get("customer_id"), "customer_id")
    if not customer_id:
        raise errors.missing("customer_id")
    customer = org.contact(customer_id, "Customer")
    if customer.contact_type != "customer":
        raise errors.invalid_value("customer_id")
    return customer


def _currency(org: BooksOrg, customer: Contact, given: intake.Body) -> str:
    wanted = intake.id_text(given.get("currency_id"), "currency_id")
    if wanted and wanted not in org.currencies:
        raise errors.invalid_value("currency_id")
    return wanted or customer.currency_id


def _copied_address(customer: Contact, default: Address, given: intake.Body, key: str) -> Address:
    wanted = intake.id_text(given.get(key), key)
    every = [customer.billing, customer.shipping, *customer.more_addresses]
    found = next((one for one in every if one.address_id == wanted), None)
    if wanted and found is None:
        raise errors.invalid_value(key)
    return copy.copy(found or default)


def update(org: BooksOrg, document: Document, given: intake.Body, user_id: str, *, own_number: bool) -> Document:
    """Top level merges, `line_items` if sent replaces. Returns the stored document; a refusal changes nothing."""
    if document.state == "void":
        raise errors.BooksError(400, 4, f"{SPECS[document.kind].spoken} that is void cannot be edited.")
    _check_reason(org, document, given)
    draft = copy.deepcopy(document)
    customer = org.contact(document.customer_id)
    if intake.id_text(given.get("customer_id"), "customer_id") not in ("", document.customer_id):
        customer = _other_customer(org, draft, given)
    _fill(org, draft, customer, given)
    _check(org, draft)
    if draft.kind == "invoice" and draft.balance < 0:
        raise errors.BooksError(400, 4001, "The total of the invoice cannot be less than the payments received for it.")
    number_key = SPECS[draft.kind].number_key
    if own_number and number_key in given:
        draft.number = _number_for(org, draft, given, own_number=True)
    draft.modified, draft.modified_by = org.now(), user_id
    store(org, draft)
    note(org, draft, user_id, "updated", f"{SPECS[draft.kind].spoken} updated")
    return draft


def _check_reason(org: BooksOrg, document: Document, given: intake.Body) -> None:
    """Edits of sent invoices may need a reason (books-api.md 5.4): switch `books_edit_needs_reason`."""
    sent = document.kind == "invoice" and document.state == "sent"
    if sent and org.switch("books_edit_needs_reason") == "yes" and not intake.text(given, "reason", 500):
        raise errors.missing("reason")


def _other_customer(org: BooksOrg, draft: Document, given: intake.Body) -> Contact:
    if draft.credits_applied:
        raise errors.BooksError(400, 3009, "The customer cannot be changed once credits are applied.")
    if draft.paid:
        raise errors.BooksError(400, 3010, "The customer cannot be changed once payments are recorded.")
    customer = customer_for(org, given)
    draft.customer_id = customer.contact_id
    draft.billing, draft.shipping = copy.copy(customer.billing), copy.copy(customer.shipping)
    draft.currency_id = _currency(org, customer, given)
    draft.exchange_rate = org.currency(draft.currency_id).exchange_rate
    draft.person_ids = []
    return customer


def _fill(org: BooksOrg, document: Document, customer: Contact, given: intake.Body) -> None:
    for name, limit in TEXTS.items():
        if name in given:
            setattr(document, name, intake.text(given, name, limit))
    for name, limit in EXTRA_TEXTS.items():
        if name in given:
            document.extra[name] = intake.text(given, name, limit)
    _fill_days(document, given)
    _fill_amounts(org, document, given)
    _fill_persons(document, customer, given)
    if given.get("template_id") not in (None, ""):
        use_template(org, document, intake.id_text(given["template_id"], "template_id"))
    custom.apply(org, document.kind, document, given)
    if "line_items" in given:
        document.lines = lines.replace_all(org, document, customer, given)
    taxation.sum_up(org, document)


def _fill_days(document: Document, given: intake.Body) -> None:
    for name in DAYS[document.kind]:
        if given.get(name) not in (None, ""):
            setattr(document, name, times.parse_day(given[name], name))
    if given.get("payment_terms") not in (None, ""):
        document.payment_terms = money.whole_number(given["payment_terms"], "payment_terms")
        if "payment_terms_label" not in given:
            document.payment_terms_label = contacts.terms_label(document.payment_terms)
    if document.kind != "invoice":
        return
    moved = any(given.get(name) not in (None, "") for name in ("date", "payment_terms"))
    if not document.due_date or (moved and given.get("due_date") in (None, "")):
        document.due_date = times.days_after(document.date, document.payment_terms)
    if document.due_date < document.date:
        raise errors.invalid_value("due_date")


def _fill_amounts(org: BooksOrg, document: Document, given: intake.Body) -> None:
    if given.get("exchange_rate") not in (None, "", 0) and not org.currency(document.currency_id).is_base:
        rate = money.number(given["exchange_rate"], "exchange_rate")
        if not SMALLEST_RATE <= rate <= LARGEST_RATE:
            raise errors.invalid_value("exchange_rate")
        document.exchange_rate = rate
    if given.get("discount") not in (None, ""):
        document.discount, document.discount_is_percent = lines.discount(org, given["discount"])
    if given.get("discount_type") not in (None, ""):
        document.discount_type = intake.text(given, "discount_type")
        if document.discount_type not in ("entity_level", "item_level"):
            raise errors.invalid_value("discount_type")
    for name in ("shipping_charge", "adjustment"):
        if given.get(name) not in (None, ""):
            setattr(document, name, money.number(given[name], name))
    if document.shipping_charge < 0:
        raise errors.invalid_value("shipping_charge")
    for name, attribute in (
        ("is_discount_before_tax", "discount_before_tax"),
        ("is_inclusive_tax", "inclusive"),
        ("is_reverse_charge_applied", "reverse_charge"),
    ):
        if name in given:
            setattr(document, attribute, intake.flag(given[name], name))


def _fill_persons(document: Document, customer: Contact, given: intake.Body) -> None:
    """Either a list of ids or of objects with `contact_person_id` (books-api.md 5.2)."""
    if "contact_persons_associated" in given:
        entries = intake.objects_in(given, "contact_persons_associated", 200)
        wanted = [intake.id_text(entry.get("contact_person_id"), "contact_person_id") for entry in entries]
    elif "contact_persons" in given:
        wanted = intake.texts_in(given, "contact_persons")
    else:
        return
    known = {person.contact_person_id for person in customer.persons}
    if not set(wanted) <= known:
        raise errors.invalid_value("contact_persons")
    document.person_ids = list(dict.fromkeys(wanted))


def use_template(org: BooksOrg, document: Document, template_id: str) -> None:
    template = org.templates.get(template_id)
    if template is None or template.kind != document.kind:
        raise errors.invalid_value("template_id")
    document.template_id = template_id


def _check(org: BooksOrg, document: Document) -> None:
    if not document.lines and document.kind != "salesorder":
        raise errors.BooksError(400, 4016, "Please add at least one line item.")
    if not 0 <= document.totals.total <= money.LARGEST:
        raise errors.BooksError(400, 4, "The total must be zero or more and must not be too large.")
    custom.check_mandatory(org, document.kind, document)
    custom.check_unique(org, document.kind, org.documents[document.kind], document.document_id, document)


def _number_for(org: BooksOrg, document: Document, given: intake.Body, *, own_number: bool) -> str:
    """Automatic unless `ignore_auto_number_generation=true`; a taken number is 1001 (books-api.md 9.3)."""
    spec = SPECS[document.kind]
    if not own_number:
        return org.next_number(document.kind)
    number = intake.text(given, spec.number_key, 100)
    if not number:
        raise errors.missing(spec.number_key)
    holders = org.documents[document.kind].find("number", number)
    if any(holder.document_id != document.document_id for holder in holders):
        raise errors.already_exists(f"{spec.spoken} number {number} already exists.")
    return number


def store(org: BooksOrg, document: Document) -> None:
    """Puts the document into its table and brings its customer's receivables up to date, without touching its time."""
    table = org.documents[document.kind]
    before = table.get(document.document_id)
    former = before.customer_id if before is not None else document.customer_id
    table.add(document.document_id, document)
    for customer_id in {document.customer_id, former}:
        recount(org, customer_id)


def recount(org: BooksOrg, customer_id: str) -> None:
    """Transactions do not move a contact's last_modified_time (books-api.md 0.4)."""
    contact = org.contacts.get(customer_id)
    if contact is None:
        return
    invoices = org.documents["invoice"].find("customer", customer_id)
    contact.receivable = sum((one.balance for one in invoices if one.state == "sent"), money.ZERO)
    unused = sum((one.unused for one in org.payments.find("customer", customer_id)), money.ZERO)
    notes = [note.balance for note in org.credit_notes.values() if note.customer_id == customer_id]
    contact.credits = unused + sum(notes, money.ZERO)
    org.contacts.changed(customer_id)


def note(org: BooksOrg, document: Document, user_id: str, operation: str, description: str) -> Comment:
    """A line in the document's history."""
    user = org.user(user_id)
    comment = Comment(org.new_id(), description, user_id, user.name if user else "", "system", operation, org.now())
    document.comments.append(comment)
    return comment


def amount_words(org: BooksOrg, document: Document) -> str:
    currency = org.currency(document.currency_id)
    return f"{currency.symbol}{money.rounded(document.totals.total, currency.price_precision):,}"
