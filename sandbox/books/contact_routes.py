"""Routes of contacts, their persons and their addresses."""

from __future__ import annotations

import copy
from collections.abc import Callable

from sandbox.books import contact_rows, contacts, envelope, errors, intake, listing, money, people, times, upsert
from sandbox.books.listing import Listed, Wanted
from sandbox.books.organization import BooksOrg
from sandbox.books.records import Address, Contact, Person
from sandbox.books.tables import fold
from sandbox.core import Reply, Request

_NOBODY = Person("")
LISTED: Listed[Contact] = Listed(
    key="contacts",
    report="Contacts",
    columns={
        name: name
        for name in (
            "contact_name",
            "company_name",
            "first_name",
            "last_name",
            "email",
            "outstanding_receivable_amount",
            "created_time",
            "last_modified_time",
        )
    },
    default_column="contact_name",
)


def _primary(contact: Contact) -> Person:
    return contact.primary() or _NOBODY


READERS: dict[str, Callable[[Contact], str]] = {
    "contact_name": lambda contact: contact.contact_name,
    "company_name": lambda contact: contact.company_name,
    "first_name": lambda contact: _primary(contact).first_name,
    "last_name": lambda contact: _primary(contact).last_name,
    "email": lambda contact: _primary(contact).email,
    "phone": lambda contact: _primary(contact).phone,
    "address": lambda contact: contact.billing.address,
    "zcrm_account_id": lambda contact: str(contact.extra.get("zcrm_account_id", "")),
    "zcrm_contact_id": lambda contact: str(contact.extra.get("zcrm_contact_id", "")),
    "zcrm_vendor_id": lambda contact: str(contact.extra.get("zcrm_vendor_id", "")),
}


def _filters(org: BooksOrg) -> dict[str, Callable[[Contact], bool]]:
    today = org.today()

    def overdue(contact: Contact) -> bool:
        invoices = org.documents["invoice"].find("customer", contact.contact_id)
        return any(one.balance > 0 and one.due_date < today and one.state == "sent" for one in invoices)

    def over_limit(contact: Contact) -> bool:
        limit = contact.extra.get("credit_limit")
        return limit is not None and contact.receivable > money.number(limit, "credit_limit")

    def duplicate(contact: Contact) -> bool:
        return len(org.contacts.find("contact_name", fold(contact.contact_name))) > 1

    return {
        "Status.Active": lambda contact: contact.status == "active",
        "Status.Inactive": lambda contact: contact.status == "inactive",
        "Status.Duplicate": duplicate,
        "Status.Crm": lambda contact: bool(
            contact.extra.get("zcrm_account_id") or contact.extra.get("zcrm_contact_id")
        ),
        "Status.PortalEnabled": lambda contact: contact.portal,
        "Status.PortalDisabled": lambda contact: not contact.portal,
        "Status.CreditLimitExceed": over_limit,
        "Invoice.OverDue": overdue,
        "Invoice.Unpaid": lambda contact: contact.receivable > 0,
    }


def _wanted(request: Request) -> Wanted[Contact]:
    """Unknown filters and empty values filter nothing (books-api.md 0.4)."""
    org: BooksOrg = request.org
    wanted: Wanted[Contact] = Wanted(tests=listing.text_tests(request, org, READERS))
    chosen = request.query.get("filter_by", "").strip()
    test = _filters(org).get(chosen)
    if test is not None:
        wanted.tests.append(test)
        wanted.applied_filter = chosen
    _limit_roles(request, org, wanted)
    search = request.query.get("search_text", "").strip().casefold()
    if search:
        wanted.tests.append(
            lambda contact: search in contact.contact_name.casefold() or search in contact.notes.casefold()
        )
    wanted.since = listing.changed_since(request, org.switch("books_contacts_changed_since") == "honoured")
    for name in ("contact_name", "company_name", "email"):
        given = request.query.get(name, "").strip()
        if given:
            wanted.candidates = org.contacts.find(name, fold(given))
            break
    return wanted


def _limit_roles(request: Request, org: BooksOrg, wanted: Wanted[Contact]) -> None:
    role = request.query.get("contact_type", "").strip()
    if request.product == "invoice":
        if org.switch("invoice_contacts_default") == "customers":
            wanted.tests.append(lambda contact: contact.contact_type == "customer")
        return
    if role in ("customer", "vendor") and org.switch("books_contact_type_filter") == "honoured":
        wanted.tests.append(lambda contact: contact.contact_type == role)


def list_contacts(request: Request) -> Reply:
    org: BooksOrg = request.org
    wanted = _wanted(request)
    return listing.answer(
        request, org.contacts, LISTED, wanted, lambda contact: contact_rows.row(org, contact, request.product)
    )


def create_contact(request: Request) -> Reply:
    org: BooksOrg = request.org
    contact = contacts.create(org, intake.body(request), request.user.user_id)
    return envelope.created(
        "The contact has been added.",
        "contacts",
        contact.contact_id,
        contact=contact_rows.detail(org, contact),
    )


def get_contact(request: Request) -> Reply:
    return envelope.success(contact=contact_rows.detail(request.org, contact_of(request)))


def update_contact(request: Request) -> Reply:
    org: BooksOrg = request.org
    contacts.update(org, contact_of(request), intake.body(request), request.user.user_id)
    return _saved(org, contact_of(request))


def _saved(org: BooksOrg, contact: Contact) -> Reply:
    return envelope.success("Contact information has been saved.", contact=contact_rows.detail(org, contact))


def upsert_contact(request: Request) -> Reply:
    """PUT on the collection, keyed by a unique custom field (books-api.md 9.1)."""
    org: BooksOrg = request.org
    key = upsert.read_key(request, "contact")
    given = key.with_key(org, intake.body(request))
    held = key.find(org.contacts)
    if held is not None:
        contacts.update(org, held, given, request.user.user_id)
        return _saved(org, org.contact(held.contact_id))
    upsert.allow_create(request, key, "Contact")
    contact = contacts.create(org, given, request.user.user_id)
    return upsert.answer_created(
        org, "The contact has been added.", "contacts", contact.contact_id, contact=contact_rows.detail(org, contact)
    )


def delete_contact(request: Request) -> Reply:
    contact = contact_of(request)
    contacts.delete(request.org, contact)
    return envelope.success(f"The {contact.contact_type} has been deleted.")


def delete_many(request: Request) -> Reply:
    """ "Delete contacts" is on Zoho's newer page without its parameters: switch `books_bulk_delete_contacts`."""
    org: BooksOrg = request.org
    if org.switch("books_bulk_delete_contacts") == "off":
        raise errors.BooksError(405, 37, "The HTTP method is not allowed for the requested resource.")
    doomed = [org.contact(contact_id) for contact_id in dict.fromkeys(intake.id_list(request, "contact_ids"))]
    if any(org.has_transactions(contact) for contact in doomed):
        raise errors.BooksError(400, 3000, "Contacts that have recorded transactions cannot be deleted.")
    for contact in doomed:
        contacts.delete(org, contact)
    return envelope.success("The selected contacts have been deleted.")


def contact_of(request: Request) -> Contact:
    org: BooksOrg = request.org
    contact = org.contact(request.params["contact_id"])
    if request.product == "invoice" and contact.contact_type == "vendor":
        raise errors.does_not_exist("Contact")
    return contact


def mark_active(request: Request) -> Reply:
    contacts.mark(request.org, contact_of(request), "active", request.user.user_id)
    return envelope.success("The contact has been marked as active.")


def mark_inactive(request: Request) -> Reply:
    contacts.mark(request.org, contact_of(request), "inactive", request.user.user_id)
    return envelope.success("The contact has been marked as inactive.")


def _flagger(attribute: str, value: bool, message: str) -> Callable[[Request], Reply]:
    def handler(request: Request) -> Reply:
        contact = contact_of(request)
        setattr(contact, attribute, value)
        request.org.contacts.changed(contact.contact_id)
        return envelope.success(message)

    return handler


enable_reminders = _flagger("reminders", True, "All reminders associated with this contact have been enabled.")
disable_reminders = _flagger("reminders", False, "All reminders associated with this contact have been stopped.")
track_1099 = _flagger("track_1099", True, "1099 tracking is enabled.")
untrack_1099 = _flagger("track_1099", False, "1099 tracking is disabled.")
enable_portal = _flagger("portal", True, "Client Portal preferences have been updated.")


def list_addresses(request: Request) -> Reply:
    contact = contact_of(request)
    every = [contact.billing, contact.shipping, *contact.more_addresses]
    return envelope.success(addresses=[contact_rows.address(one) for one in every])


def add_address(request: Request) -> Reply:
    org: BooksOrg = request.org
    contact = contact_of(request)
    if len(contact.more_addresses) >= 100:
        raise errors.BooksError(400, 1009, "The maximum number of addresses has been reached.")
    address = Address(org.new_id())
    contacts.fill_address(address, intake.body(request))
    contact.more_addresses.append(address)
    _touched(request, contact)
    return envelope.success("Address has been added", address_info=contact_rows.address(address))


def update_address(request: Request) -> Reply:
    contact = contact_of(request)
    address = _address(request, contact)
    draft = copy.copy(address)
    contacts.fill_address(draft, intake.body(request))
    for name in contacts.ADDRESS_LIMITS:
        setattr(address, name, getattr(draft, name))
    _touched(request, contact)
    return envelope.success("Address has been updated", address_info=contact_rows.address(address))


def delete_address(request: Request) -> Reply:
    """Only additional addresses go; the billing and the shipping address of a contact always exist."""
    contact = contact_of(request)
    address = _address(request, contact)
    if address in (contact.billing, contact.shipping):
        raise errors.invalid_value("address_id")
    contact.more_addresses.remove(address)
    _touched(request, contact)
    return envelope.success("Address has been deleted")


def _address(request: Request, contact: Contact) -> Address:
    every = [contact.billing, contact.shipping, *contact.more_addresses]
    found = next((one for one in every if one.address_id == request.params["address_id"]), None)
    if found is None:
        raise errors.does_not_exist("Address")
    return found


def _touched(request: Request, contact: Contact) -> None:
    contact.modified = request.org.now()
    contact.modified_by = request.user.user_id
    request.org.contacts.changed(contact.contact_id)


def create_person(request: Request) -> Reply:
    """The contact is named in the body (books-api.md 3.1)."""
    given = intake.body(request)
    contact = request.org.contact(intake.id_text(given.get("contact_id"), "contact_id"))
    return _person_added(request, contact, given)


def create_person_below(request: Request) -> Reply:
    """`POST /contacts/{id}/contactpersons`, as one client sends it: switch `books_nested_person_writes`."""
    _nested_writes(request)
    return _person_added(request, contact_of(request), intake.body(request))


def _nested_writes(request: Request) -> None:
    if request.org.switch("books_nested_person_writes") == "off":
        raise errors.invalid_url()


def _person_added(request: Request, contact: Contact, given: intake.Body) -> Reply:
    person = people.create(request.org, contact, given)
    return envelope.created(
        "Contact person's information has been saved.",
        "contacts/contactpersons",
        person.contact_person_id,
        contact_person=people.shown(person, contact),
    )


def _person(request: Request) -> tuple[Contact, Person]:
    contact, person = people.find(request.org, request.params["contact_person_id"])
    if request.params.get("contact_id", contact.contact_id) != contact.contact_id:
        raise errors.does_not_exist("Contact person")
    return contact, person


def update_person(request: Request) -> Reply:
    contact, person = _person(request)
    people.update(request.org, contact, person, intake.body(request))
    return envelope.success(
        "Contact person's information has been saved.", contact_person=people.shown(person, contact)
    )


def delete_person(request: Request) -> Reply:
    contact, person = _person(request)
    people.delete(request.org, contact, person)
    return envelope.success("The contact person has been deleted.")


def make_primary(request: Request) -> Reply:
    contact, person = _person(request)
    people.make_primary(request.org, contact, person)
    return envelope.success("This contact person has been marked as your primary contact person.")


def list_persons(request: Request) -> Reply:
    contact = contact_of(request)
    page = intake.page_number(request)
    size = intake.per_page(request, request.org.switch("books_per_page_over_200"))
    chosen = contact.persons[(page - 1) * size : page * size]
    context = envelope.page_context(
        request,
        page,
        size,
        len(contact.persons) > page * size,
        report="",
        filter_name="",
        column="contact_person_id",
        order="A",
    )
    rows = [people.shown(person, contact) for person in chosen]
    return envelope.success(contact_persons=rows, page_context=context)


def get_person(request: Request) -> Reply:
    contact, person = _person(request)
    return envelope.success(contact_person=people.shown(person, contact))


def get_comments(request: Request) -> Reply:
    contact = contact_of(request)
    rows = [
        {
            "comment_id": comment.comment_id,
            "contact_id": contact.contact_id,
            "contact_name": contact.contact_name,
            "description": comment.description,
            "commented_by_id": comment.by_id,
            "commented_by": comment.by_name,
            "comment_type": comment.comment_type,
            "operation_type": comment.operation_type,
            "date": times.day_of(comment.at, request.org.profile.time_zone),
        }
        for comment in contact.comments
    ]
    return envelope.success(contact_comments=rows)


def get_refunds(request: Request) -> Reply:
    contact_of(request)
    return envelope.success(creditnote_refunds=[])


def get_unused_retainers(request: Request) -> Reply:
    contact_of(request)
    return envelope.success(unused_retainer_payments=[])
