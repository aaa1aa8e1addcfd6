"""Contact persons: nested in a contact's body and one by one. Who is primary is decided here."""

from __future__ import annotations

from typing import Any

from sandbox.books import errors, intake
from sandbox.books.organization import BooksOrg
from sandbox.books.records import Contact, Person
from sandbox.books.tables import fold

LIMITS = {
    "salutation": 25,
    "first_name": 100,
    "last_name": 100,
    "email": 100,
    "phone": 50,
    "mobile": 50,
    "designation": 100,
    "department": 50,
    "skype": 50,
}
MOST = 200


def fill(person: Person, given: intake.Body) -> None:
    """Omitted fields keep, an empty text clears (books-api.md 3.3)."""
    for name, limit in LIMITS.items():
        if name in given:
            setattr(person, name, intake.text(given, name, limit))
    if person.email and not intake.ADDRESS.match(person.email):
        raise errors.invalid_value("email")
    if "enable_portal" in given:
        person.in_portal = intake.flag(given["enable_portal"], "enable_portal")
    preference = intake.object_in(given, "communication_preference")
    person.sms = intake.flag(preference.get("is_sms_enabled", person.sms), "is_sms_enabled")
    person.whatsapp = intake.flag(preference.get("is_whatsapp_enabled", person.whatsapp), "is_whatsapp_enabled")


def replace_all(org: BooksOrg, contact: Contact, given: intake.Body) -> None:
    """`contact_persons` of a contact's body is the whole list: who is not in it is deleted (books-api.md 3.3)."""
    entries = intake.objects_in(given, "contact_persons", MOST)
    held = {person.contact_person_id: person for person in contact.persons}
    fresh: list[Person] = []
    primary: Person | None = None
    for entry in entries:
        person = _nested(org, held, entry)
        if intake.flag(entry.get("is_primary_contact", False), "is_primary_contact"):
            primary = primary or person
        fresh.append(person)
    contact.persons = fresh
    _choose_primary(contact, primary)
    check_emails(org, contact)


def _nested(org: BooksOrg, held: dict[str, Person], entry: intake.Body) -> Person:
    person_id = intake.id_text(entry.get("contact_person_id"), "contact_person_id")
    if "is_primary_contact" in entry and not intake.flag(entry["is_primary_contact"], "is_primary_contact"):
        raise errors.invalid_value("is_primary_contact")
    if person_id and person_id not in held:
        raise errors.invalid_value("contact_person_id")
    person = held[person_id] if person_id else Person(org.new_id(), created=org.now())
    fill(person, entry)
    return person


def _choose_primary(contact: Contact, wanted: Person | None) -> None:
    """The one asked for, else who was primary, else the first."""
    chosen = wanted or contact.primary() or next(iter(contact.persons), None)
    for person in contact.persons:
        person.is_primary = person is chosen


def check_emails(org: BooksOrg, contact: Contact) -> None:
    scope = org.switch("books_person_email_unique")
    if scope == "off":
        return
    seen: set[str] = set()
    for person in contact.persons:
        email = fold(person.email)
        if not email:
            continue
        taken = email in seen
        if not taken and scope == "organization":
            taken = any(other.contact_id != contact.contact_id for other in org.contacts.find("person_email", email))
        if taken:
            raise errors.already_exists(f"The email address {person.email} is already used by another contact person.")
        seen.add(email)


def find(org: BooksOrg, person_id: str) -> tuple[Contact, Person]:
    """Raises 1002 for a person nobody has."""
    for contact in org.contacts.find("person", person_id):
        for person in contact.persons:
            if person.contact_person_id == person_id:
                return contact, person
    raise errors.does_not_exist("Contact person")


def touch(org: BooksOrg, contact: Contact) -> None:
    """Whether a person's edit moves its customer's time is unknown: switch `books_person_touches_contact`."""
    if org.switch("books_person_touches_contact") == "yes":
        contact.modified = org.now()
    org.contacts.changed(contact.contact_id)


def create(org: BooksOrg, contact: Contact, given: intake.Body) -> Person:
    if not intake.text(given, "first_name", LIMITS["first_name"]):
        raise errors.missing("first_name")
    if len(contact.persons) >= MOST:
        raise errors.BooksError(400, 1009, "The maximum number of contact persons has been reached.")
    person = Person(org.new_id(), created=org.now())
    fill(person, given)
    contact.persons.append(person)
    try:
        check_emails(org, contact)
    except errors.BooksError:
        contact.persons.remove(person)
        raise
    _choose_primary(contact, None)
    touch(org, contact)
    return person


def update(org: BooksOrg, contact: Contact, person: Person, given: intake.Body) -> None:
    """Raises code 2 for `is_primary_contact`, which belongs to its own call (books-api.md 3.3)."""
    if "is_primary_contact" in given:
        raise errors.invalid_value("is_primary_contact")
    if "first_name" in given and not intake.text(given, "first_name"):
        raise errors.missing("first_name")
    before = {name: getattr(person, name) for name in (*LIMITS, "in_portal", "sms", "whatsapp")}
    try:
        fill(person, given)
        check_emails(org, contact)
    except errors.BooksError:
        for name, value in before.items():
            setattr(person, name, value)
        raise
    touch(org, contact)


def delete(org: BooksOrg, contact: Contact, person: Person) -> None:
    if person.is_primary and len(contact.persons) > 1 and org.switch("books_delete_primary_person") == "refuse":
        raise errors.BooksError(400, 36, "The primary contact person cannot be deleted.")
    contact.persons.remove(person)
    _choose_primary(contact, None)
    touch(org, contact)


def make_primary(org: BooksOrg, contact: Contact, person: Person) -> None:
    _choose_primary(contact, person)
    touch(org, contact)


def shown(person: Person, contact: Contact) -> dict[str, Any]:
    return {
        "contact_id": contact.contact_id,
        "contact_person_id": person.contact_person_id,
        "salutation": person.salutation,
        "first_name": person.first_name,
        "last_name": person.last_name,
        "email": person.email,
        "phone": person.phone,
        "mobile": person.mobile,
        "is_primary_contact": person.is_primary,
        "designation": person.designation,
        "department": person.department,
        "skype": person.skype,
        "is_added_in_portal": person.in_portal,
        "communication_preference": {"is_sms_enabled": person.sms, "is_whatsapp_enabled": person.whatsapp},
    }
