"""Routes of organisations, users, currencies, taxes, custom fields and of the mail to a contact."""

from __future__ import annotations

from sandbox.books import credit_notes, custom, envelope, errors, intake, listing, mailing, payments, settings, webhooks
from sandbox.books.contact_routes import contact_of
from sandbox.books.listing import Listed, Wanted
from sandbox.books.organization import BooksOrg
from sandbox.books.papers import Payment
from sandbox.books.records import Authority, BooksUser, Currency, Exemption, Tax
from sandbox.core import Handler, Reply, Request


def list_organizations(request: Request) -> Reply:
    """The only call without an organisation; it shows those of the token's owner in this product."""
    person = request.person
    held = request.world.books.values()
    ids = person.books_organizations if person else []
    rows = [
        settings.organization_row(org)
        for org in held
        if org.organization_id in ids and request.product in org.profile.products
    ]
    return envelope.success(organizations=rows)


def get_organization(request: Request) -> Reply:
    return envelope.success(organization=settings.organization_detail(request.org))


def update_organization(request: Request) -> Reply:
    settings.update_organization(request.org, intake.body(request))
    return envelope.success(
        "The organization has been updated.", organization=settings.organization_detail(request.org)
    )


def get_me(request: Request) -> Reply:
    return envelope.success(user=settings.user_row(request.org, request.user))


def list_users(request: Request) -> Reply:
    org: BooksOrg = request.org
    chosen = request.query.get("filter_by", "Status.All")
    wanted = chosen.partition(".")[2].lower()
    users = [
        one for one in org.users if wanted not in ("active", "inactive", "invited", "deleted") or one.status == wanted
    ]
    page, size = intake.page_number(request), intake.per_page(request, org.switch("books_per_page_over_200"))
    rows = [settings.user_row(org, one) for one in users[(page - 1) * size : page * size]]
    more = len(users) > page * size
    context = envelope.page_context(
        request, page, size, more, report="Users", filter_name=chosen, column="name", order="A"
    )
    return envelope.success(users=rows, page_context=context)


def get_user(request: Request) -> Reply:
    return envelope.success(user=settings.user_row(request.org, _user(request)))


def _user(request: Request) -> BooksUser:
    return settings.user_of(request.org, request.params["user_id"])


def create_user(request: Request) -> Reply:
    """200, not 201 (books-operations.txt)."""
    user = settings.create_user(request.org, intake.body(request))
    return envelope.success("Your invitation has been sent.", user=settings.user_row(request.org, user))


def mark_user(status: str) -> Handler:
    """A user who is not active is no member any more: the next call answers 6041."""

    def handler(request: Request) -> Reply:
        _user(request).status = status
        return envelope.success(f"The user has been marked as {status}.")

    return handler


def delete_user(request: Request) -> Reply:
    user = _user(request)
    if user is request.user:
        raise errors.BooksError(400, 36, "You cannot delete yourself.")
    request.org.users.remove(user)
    return envelope.success("The user has been removed from your organization.")


def list_currencies(request: Request) -> Reply:
    org: BooksOrg = request.org
    held = list(org.currencies.values())
    if request.query.get("filter_by") == "Currencies.ExcludeBaseCurrency":
        held = [one for one in held if not one.is_base]
    context = {"page": 1, "per_page": 200, "has_more_page": False, "report_name": "Currencies"}
    return envelope.success(currencies=[settings.currency_row(one) for one in held], page_context=context)


def _currency(request: Request) -> Currency:
    return settings.currency_of(request.org, request.params["currency_id"])


def create_currency(request: Request) -> Reply:
    currency = settings.create_currency(request.org, intake.body(request))
    return envelope.created(
        "The currency has been added.",
        "settings/currencies",
        currency.currency_id,
        currency=settings.currency_row(currency),
    )


def get_currency(request: Request) -> Reply:
    return envelope.success(currency=settings.currency_row(_currency(request)))


def update_currency(request: Request) -> Reply:
    currency = _currency(request)
    settings.update_currency(currency, intake.body(request))
    return envelope.success("Currency information has been saved.", currency=settings.currency_row(currency))


def delete_currency(request: Request) -> Reply:
    settings.delete_currency(request.org, _currency(request))
    return envelope.success("The currency has been deleted.")


def list_rates(request: Request) -> Reply:
    rates = sorted(_currency(request).rates, key=lambda one: one.effective_date, reverse=True)
    return envelope.success(exchange_rates=[settings.rate_row(one) for one in rates])


def add_rate(request: Request) -> Reply:
    currency = _currency(request)
    rate = settings.add_rate(request.org, currency, intake.body(request))
    return envelope.created(
        "The exchange rate has been added.",
        f"settings/currencies/{currency.currency_id}/exchangerates",
        rate.exchange_rate_id,
        exchange_rate=settings.rate_row(rate),
    )


TAXES: Listed[Tax] = Listed("taxes", "Taxes", {"tax_name": "tax_name"}, "tax_name")


def list_taxes(request: Request) -> Reply:
    org: BooksOrg = request.org
    wanted: Wanted[Tax] = Wanted(applied_filter="Taxes.Active")
    reply = listing.answer(request, org.taxes, TAXES, wanted, lambda tax: settings.tax_row(org, tax))
    reply.body["page_context"] |= {"as_of_date": "", "to_date": ""}
    return reply


def _tax(request: Request) -> Tax:
    return settings.tax_of(request.org, request.params["tax_id"], group=False)


def create_tax(request: Request) -> Reply:
    tax = settings.save_tax(request.org, intake.body(request))
    row = settings.tax_row(request.org, tax)
    return envelope.created("The tax has been added.", "settings/taxes", tax.tax_id, tax=row)


def get_tax(request: Request) -> Reply:
    return envelope.success(tax=settings.tax_row(request.org, _tax(request)))


def update_tax(request: Request) -> Reply:
    tax = settings.save_tax(request.org, intake.body(request), _tax(request))
    return envelope.success("Tax information has been saved.", tax=settings.tax_row(request.org, tax))


def delete_tax(request: Request) -> Reply:
    settings.delete_tax(request.org, _tax(request))
    return envelope.success("The tax has been deleted.")


def _group(request: Request) -> Tax:
    return settings.tax_of(request.org, request.params["tax_group_id"], group=True)


def create_group(request: Request) -> Reply:
    group = settings.save_group(request.org, intake.body(request))
    row = settings.group_row(request.org, group)
    return envelope.created("Tax Group information has been saved.", "settings/taxgroups", group.tax_id, tax_group=row)


def get_group(request: Request) -> Reply:
    return envelope.success(tax_group=settings.group_row(request.org, _group(request)))


def update_group(request: Request) -> Reply:
    group = settings.save_group(request.org, intake.body(request), _group(request))
    return envelope.success("Tax group information has been saved.", tax_group=settings.group_row(request.org, group))


def delete_group(request: Request) -> Reply:
    settings.delete_tax(request.org, _group(request))
    return envelope.success("The tax group has been deleted.")


def list_authorities(request: Request) -> Reply:
    rows = [settings.authority_row(one) for one in request.org.authorities.values()]
    return envelope.success(tax_authorities=rows)


def create_authority(request: Request) -> Reply:
    given = intake.body(request)
    name = intake.text(given, "tax_authority_name", 100)
    if not name:
        raise errors.missing("tax_authority_name")
    authority = Authority(request.org.new_id(), name, intake.text(given, "description", 500))
    request.org.authorities[authority.tax_authority_id] = authority
    return envelope.created(
        "Tax Authority information has been saved.",
        "settings/taxauthorities",
        authority.tax_authority_id,
        tax_authority=settings.authority_row(authority),
    )


def list_exemptions(request: Request) -> Reply:
    rows = [settings.exemption_row(one) for one in request.org.exemptions.values()]
    return envelope.success(tax_exemptions=rows)


def create_exemption(request: Request) -> Reply:
    given = intake.body(request)
    code = intake.text(given, "tax_exemption_code", 100)
    kind = intake.text(given, "type") or "customer"
    if not code or kind not in ("customer", "item"):
        raise errors.invalid_value("tax_exemption_code" if not code else "type")
    exemption = Exemption(request.org.new_id(), code, intake.text(given, "description", 500), kind)
    request.org.exemptions[exemption.tax_exemption_id] = exemption
    return envelope.success(
        "Tax Exemption information has been saved.", tax_exemption=settings.exemption_row(exemption)
    )


def list_fields(request: Request) -> Reply:
    """`GET /settings/fields?entity=contact`: a newer page; the shape of its rows is unknown, these follow 3.7."""
    org: BooksOrg = request.org
    entity = request.query.get("entity", "").strip()
    held = [one for one in org.custom_fields.values() if not entity or one.entity == entity]
    return envelope.success(fields=custom.definitions(held))


def create_field(request: Request) -> Reply:
    """`POST /settings/fields`: the body follows the keys of the rows; its real shape is unknown."""
    field = custom.define(request.org, intake.body(request))
    row = custom.definitions([field])[0]
    return envelope.created("The custom field has been created.", "settings/fields", field.field_id, field=row)


def list_webhooks(request: Request) -> Reply:
    return envelope.success(webhooks=[webhooks.row(one) for one in request.org.webhooks.values()])


def create_webhook(request: Request) -> Reply:
    """The answer's shape is unknown (books-api.md 6)."""
    made = webhooks.create(request.org, intake.body(request))
    row = webhooks.row(made)
    return envelope.created("The webhook has been created.", "settings/webhooks", made.webhook_id, webhook=row)


def delete_webhook(request: Request) -> Reply:
    found = webhooks.webhook_of(request.org, request.params["webhook_id"])
    del request.org.webhooks[found.webhook_id]
    return envelope.success("The webhook has been deleted.")


PAYMENTS: Listed[Payment] = Listed(
    "customerpayments",
    "Payments Received",
    {name: name for name in ("date", "amount", "created_time", "last_modified_time")},
    "date",
    default_descending=True,
)


def list_payments(request: Request) -> Reply:
    org: BooksOrg = request.org
    wanted: Wanted[Payment] = Wanted(applied_filter="PaymentMode.All", since=listing.changed_since(request, True))
    if request.query.get("customer_id", "").strip():
        wanted.candidates = org.payments.find("customer", request.query["customer_id"].strip())
    return listing.answer(request, org.payments, PAYMENTS, wanted, lambda one: payments.row(org, one))


def create_creditnote(request: Request) -> Reply:
    note = credit_notes.create(request.org, intake.body(request))
    row = credit_notes.row(request.org, note)
    return envelope.created("The credit note has been created.", "creditnotes", note.creditnote_id, creditnote=row)


def get_creditnote(request: Request) -> Reply:
    note = credit_notes.note_of(request.org, request.params["creditnote_id"])
    return envelope.success(creditnote=credit_notes.row(request.org, note))


def mail_contact(request: Request) -> Reply:
    mailing.mail_contact(request.org, contact_of(request), intake.body(request), "contact")
    return envelope.success("Your email has been sent.")


def mail_statement(request: Request) -> Reply:
    mailing.mail_contact(request.org, contact_of(request), intake.body(request), "statement")
    return envelope.success("Statement has been sent to the customer.")


def get_statement(request: Request) -> Reply:
    contact = contact_of(request)
    recipients = [
        {"contact_person_id": one.contact_person_id, "email": one.email, "first_name": one.first_name}
        for one in contact.persons
    ]
    data = {"subject": f"Statement of {contact.contact_name}", "body": "", "to_contacts": recipients}
    return envelope.success(data=data)
