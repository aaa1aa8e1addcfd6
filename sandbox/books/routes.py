"""The table of routes of both products (books-operations.txt). Which handler does what is in the `*_routes` modules."""

from __future__ import annotations

from sandbox.books import contact_routes as c
from sandbox.books import document_routes as d
from sandbox.books import extras_routes as x
from sandbox.books import invoice_routes as i
from sandbox.books import item_routes as t
from sandbox.books import settings_routes as s
from sandbox.books import statuses
from sandbox.books.entrance import enter, enter_v4, finish
from sandbox.books.organization import BooksOrg
from sandbox.books.papers import Document, Kind
from sandbox.books.specs import SPECS
from sandbox.books.webhooks import telling
from sandbox.core import Handler, Route

__all__ = ["enter", "enter_v4", "finish", "routes"]

Entry = tuple[str, str, Handler]
OPERATIONS = {"GET": "READ", "POST": "CREATE", "PUT": "UPDATE", "DELETE": "DELETE"}
SCOPE_PREFIX = {"books": "ZohoBooks", "invoice": "ZohoInvoice"}


def routes(product: str) -> list[Route]:
    """`product` is books or invoice. Status changes, mails and comments are POST, so they need CREATE (1.1)."""
    table = _scoped(product, "settings", SETTINGS) + _scoped(product, "contacts", CONTACTS)
    table += _scoped(product, "customerpayments", PAYMENTS) + _scoped(product, "creditnotes", CREDIT_NOTES)
    table += _scoped(product, "invoices", [*INVOICES, *_documents("invoice")])
    table += _scoped(product, "estimates", [*ESTIMATES, *_documents("estimate")])
    if product == "books":
        table += _scoped(product, "salesorders", [*ORDERS, *_documents("salesorder")])
    table.append(Route("GET", "/share/paymentlink", i.share_link, (f"{SCOPE_PREFIX[product]}.settings.ALL",)))
    return table


def _scoped(product: str, area: str, entries: list[Entry]) -> list[Route]:
    prefix = f"{SCOPE_PREFIX[product]}.{area}"
    return [Route(method, path, handler, (f"{prefix}.{OPERATIONS[method]}",)) for method, path, handler in entries]


SETTINGS: list[Entry] = [
    ("GET", "/organizations", s.list_organizations),
    ("GET", "/organizations/{organization_id}", s.get_organization),
    ("PUT", "/organizations/{organization_id}", s.update_organization),
    ("GET", "/users/me", s.get_me),
    ("GET", "/users", s.list_users),
    ("POST", "/users", s.create_user),
    ("GET", "/users/{user_id}", s.get_user),
    ("DELETE", "/users/{user_id}", s.delete_user),
    ("POST", "/users/{user_id}/active", s.mark_user("active")),
    ("POST", "/users/{user_id}/inactive", s.mark_user("inactive")),
    ("GET", "/settings/currencies", s.list_currencies),
    ("POST", "/settings/currencies", s.create_currency),
    ("GET", "/settings/currencies/{currency_id}", s.get_currency),
    ("PUT", "/settings/currencies/{currency_id}", s.update_currency),
    ("DELETE", "/settings/currencies/{currency_id}", s.delete_currency),
    ("GET", "/settings/currencies/{currency_id}/exchangerates", s.list_rates),
    ("POST", "/settings/currencies/{currency_id}/exchangerates", s.add_rate),
    ("GET", "/settings/taxes", s.list_taxes),
    ("POST", "/settings/taxes", s.create_tax),
    ("GET", "/settings/taxes/{tax_id}", s.get_tax),
    ("PUT", "/settings/taxes/{tax_id}", s.update_tax),
    ("DELETE", "/settings/taxes/{tax_id}", s.delete_tax),
    ("POST", "/settings/taxgroups", s.create_group),
    ("GET", "/settings/taxgroups/{tax_group_id}", s.get_group),
    ("PUT", "/settings/taxgroups/{tax_group_id}", s.update_group),
    ("DELETE", "/settings/taxgroups/{tax_group_id}", s.delete_group),
    ("GET", "/settings/taxauthorities", s.list_authorities),
    ("POST", "/settings/taxauthorities", s.create_authority),
    ("GET", "/settings/taxexemptions", s.list_exemptions),
    ("POST", "/settings/taxexemptions", s.create_exemption),
    ("GET", "/settings/fields", s.list_fields),
    ("POST", "/settings/fields", s.create_field),
    ("GET", "/settings/webhooks", s.list_webhooks),
    ("POST", "/settings/webhooks", s.create_webhook),
    ("DELETE", "/settings/webhooks/{webhook_id}", s.delete_webhook),
    ("GET", "/items", t.list_items),
    ("POST", "/items", telling("item", "created", t.create_item)),
    ("PUT", "/items", telling("item", "edited", t.upsert_item)),
    ("GET", "/itemdetails", t.item_details),
    ("GET", "/items/{item_id}", t.get_item),
    ("PUT", "/items/{item_id}", telling("item", "edited", t.update_item)),
    ("DELETE", "/items/{item_id}", telling("item", "deleted", t.delete_item)),
    ("POST", "/items/{item_id}/active", t.mark_active),
    ("POST", "/items/{item_id}/inactive", t.mark_inactive),
    ("PUT", "/item/{item_id}/customfields", t.set_custom_fields),
]

CONTACTS: list[Entry] = [
    ("GET", "/contacts", c.list_contacts),
    ("POST", "/contacts", telling("contact", "created", c.create_contact)),
    ("PUT", "/contacts", telling("contact", "edited", c.upsert_contact)),
    ("DELETE", "/contacts", c.delete_many),
    ("POST", "/contacts/contactpersons", c.create_person),
    ("PUT", "/contacts/contactpersons/{contact_person_id}", c.update_person),
    ("DELETE", "/contacts/contactpersons/{contact_person_id}", c.delete_person),
    ("POST", "/contacts/contactpersons/{contact_person_id}/primary", c.make_primary),
    ("GET", "/contacts/{contact_id}", c.get_contact),
    ("PUT", "/contacts/{contact_id}", telling("contact", "edited", c.update_contact)),
    ("DELETE", "/contacts/{contact_id}", telling("contact", "deleted", c.delete_contact)),
    ("POST", "/contacts/{contact_id}/active", c.mark_active),
    ("POST", "/contacts/{contact_id}/inactive", c.mark_inactive),
    ("POST", "/contacts/{contact_id}/portal/enable", c.enable_portal),
    ("POST", "/contacts/{contact_id}/paymentreminder/enable", c.enable_reminders),
    ("POST", "/contacts/{contact_id}/paymentreminder/disable", c.disable_reminders),
    ("POST", "/contacts/{contact_id}/track1099", c.track_1099),
    ("POST", "/contacts/{contact_id}/untrack1099", c.untrack_1099),
    ("POST", "/contacts/{contact_id}/email", s.mail_contact),
    ("GET", "/contacts/{contact_id}/statements/email", s.get_statement),
    ("POST", "/contacts/{contact_id}/statements/email", s.mail_statement),
    ("GET", "/contacts/{contact_id}/comments", c.get_comments),
    ("GET", "/contacts/{contact_id}/refunds", c.get_refunds),
    ("GET", "/contacts/{contact_id}/receivables/unusedretainerpayments", c.get_unused_retainers),
    ("GET", "/contacts/{contact_id}/address", c.list_addresses),
    ("POST", "/contacts/{contact_id}/address", c.add_address),
    ("PUT", "/contacts/{contact_id}/address/{address_id}", c.update_address),
    ("DELETE", "/contacts/{contact_id}/address/{address_id}", c.delete_address),
    ("GET", "/contacts/{contact_id}/contactpersons", c.list_persons),
    ("POST", "/contacts/{contact_id}/contactpersons", c.create_person_below),
    ("GET", "/contacts/{contact_id}/contactpersons/{contact_person_id}", c.get_person),
]

PAYMENTS: list[Entry] = [
    ("GET", "/customerpayments", s.list_payments),
    ("POST", "/customerpayments", i.create_payment),
    ("GET", "/customerpayments/{payment_id}", i.get_payment),
    ("DELETE", "/customerpayments/{payment_id}", i.remove_payment),
]

CREDIT_NOTES: list[Entry] = [
    ("POST", "/creditnotes", s.create_creditnote),
    ("GET", "/creditnotes/{creditnote_id}", s.get_creditnote),
]

INVOICES: list[Entry] = [
    ("POST", "/invoices/fromestimates", i.from_estimates),
    ("POST", "/invoices/fromsalesorder", i.from_salesorder),
    ("PUT", "/invoices/mapwithorder", i.map_with_order),
    ("POST", "/invoices/mapwithorder", i.map_with_order),
    ("POST", "/invoices/paymentreminder", i.send_reminders),
    (
        "POST",
        "/invoices/{invoice_id}/status/sent",
        d.act("invoice", statuses.mark_sent, "Invoice status has been changed to Sent."),
    ),
    ("POST", "/invoices/{invoice_id}/status/void", d.void("invoice")),
    (
        "POST",
        "/invoices/{invoice_id}/status/draft",
        d.act("invoice", statuses.mark_draft, "Status of invoice changed from void to draft"),
    ),
    ("POST", "/invoices/{invoice_id}/writeoff", d.act("invoice", statuses.write_off, "Invoice has been written off.")),
    (
        "POST",
        "/invoices/{invoice_id}/writeoff/cancel",
        d.act("invoice", statuses.cancel_write_off, "The writeoff done for this invoice has been cancelled."),
    ),
    ("GET", "/invoices/{invoice_id}/paymentreminder", i.get_reminder),
    ("POST", "/invoices/{invoice_id}/paymentreminder", i.send_reminder),
    ("POST", "/invoices/{invoice_id}/paymentreminder/enable", i.enable_reminders),
    ("POST", "/invoices/{invoice_id}/paymentreminder/disable", i.disable_reminders),
    ("GET", "/invoices/{invoice_id}/payments", i.list_payments),
    ("DELETE", "/invoices/{invoice_id}/payments/{invoice_payment_id}", i.delete_payment),
    ("GET", "/invoices/{invoice_id}/creditsapplied", i.list_credits),
    ("POST", "/invoices/{invoice_id}/credits", i.apply_credits),
    ("DELETE", "/invoices/{invoice_id}/creditsapplied/{creditnotes_invoice_id}", i.delete_credit),
]


def _accept(org: BooksOrg, document: Document, user_id: str) -> None:
    statuses.answer_estimate(org, document, "accepted", user_id)


def _decline(org: BooksOrg, document: Document, user_id: str) -> None:
    statuses.answer_estimate(org, document, "declined", user_id)


ESTIMATES: list[Entry] = [
    (
        "POST",
        "/estimates/{estimate_id}/status/sent",
        d.act("estimate", statuses.mark_sent, "Quote status has been changed to Sent."),
    ),
    (
        "POST",
        "/estimates/{estimate_id}/status/accepted",
        d.act("estimate", _accept, "Quote status has been changed to Accepted."),
    ),
    (
        "POST",
        "/estimates/{estimate_id}/status/declined",
        d.act("estimate", _decline, "Quote status has been changed to Declined."),
    ),
]

ORDERS: list[Entry] = [
    (
        "POST",
        "/salesorders/{salesorder_id}/status/open",
        d.act("salesorder", statuses.mark_open, "Sales order status has been changed to Open."),
    ),
    ("POST", "/salesorders/{salesorder_id}/status/void", d.void("salesorder")),
    ("POST", "/salesorders/{salesorder_id}/substatus/{status_code}", d.sub_status),
]


def _documents(kind: Kind) -> list[Entry]:
    """What invoices, estimates and sales orders have in common."""
    spec = SPECS[kind]
    many, one, id_key = spec.plural, f"/{spec.plural}/{{{spec.id_key}}}", spec.id_key
    spoken = spec.spoken
    entries: list[Entry] = [
        ("GET", f"/{many}", d.listing(kind)),
        ("POST", f"/{many}", telling(kind, "created", d.create(kind))),
        ("PUT", f"/{many}", telling(kind, "edited", d.keyed_write(kind))),
        ("GET", f"/{many}/templates", d.templates(kind)),
        ("GET", f"/{many}/pdf", x.files(kind)),
        ("GET", f"/{many}/print", x.files(kind)),
        ("GET", one, d.read(kind)),
        ("PUT", one, telling(kind, "edited", d.update(kind))),
        ("DELETE", one, telling(kind, "deleted", d.delete(kind))),
        ("PUT", f"/{kind}/{{{id_key}}}/customfields", d.set_custom_fields(kind)),
        (
            "POST",
            f"{one}/submit",
            d.act(kind, statuses.submit, f"The {spoken.lower()} has been submitted for approval successfully."),
        ),
        ("POST", f"{one}/approve", d.act(kind, statuses.approve, f"You have approved the {spoken.lower()}.")),
        ("GET", f"{one}/email", x.get_email(kind)),
        ("POST", f"{one}/email", x.send_email(kind)),
        ("PUT", f"{one}/address/billing", d.set_address(kind, "billing")),
        ("PUT", f"{one}/address/shipping", d.set_address(kind, "shipping")),
        ("PUT", f"{one}/templates/{{template_id}}", d.set_template(kind)),
        ("GET", f"{one}/comments", x.list_comments(kind)),
        ("POST", f"{one}/comments", x.add_comment(kind)),
        ("PUT", f"{one}/comments/{{comment_id}}", x.update_comment(kind)),
        ("DELETE", f"{one}/comments/{{comment_id}}", x.delete_comment(kind)),
    ]
    if kind != "salesorder":
        entries.insert(3, ("POST", f"/{many}/email", x.send_many(kind)))
    if kind != "estimate":
        entries += [
            ("GET", f"{one}/attachment", x.get_attachment(kind)),
            ("POST", f"{one}/attachment", x.add_attachment(kind)),
            ("PUT", f"{one}/attachment", x.update_attachment(kind)),
            ("DELETE", f"{one}/attachment", x.delete_attachment(kind)),
        ]
    return entries
