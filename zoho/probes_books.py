"""What a live Books or Invoice is asked: changed-since filters, orders, equal names, persons, role, plan and quota."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import pairwise

from zoho.books import Books, BooksPage
from zoho.errors import Rejected
from zoho.probes import Probe, Question, order
from zoho.times import parse_time_or_none

Read = Callable[..., BooksPage]
# The unique custom field by which a creation whose answer was lost is found again (reference, section 9.1).
KEY_FIELD = "cf_bigin_key"
_ADMINISTRATORS = frozenset({"admin", "administrator", "owner"})


def questions(books: Books) -> list[Question]:
    lists: dict[str, Read] = {
        "contacts": books.contacts_page,
        "items": books.items_page,
        "invoices": partial(books.documents_page, "invoices"),
        "estimates": partial(books.documents_page, "estimates"),
    }
    if books.product == "books":
        lists["salesorders"] = partial(books.documents_page, "salesorders")
    found: list[Question] = []
    for name, read in lists.items():
        found.append((f"books_{name}_oldest_first", partial(_oldest_first, read, f"books_{name}")))
        found.append((f"books_{name}_changed_since", partial(_changed_since, read, f"books_{name}")))
    if books.product == "invoice":
        found.append(("invoice_without_salesorders", partial(_without_sales_orders, books)))
    else:
        found += [(key_probe(entity), partial(_key_field, books, entity)) for entity in ("contact", "item")]
    return [
        *found,
        ("books_equal_names", partial(_equal_names, books)),
        ("books_zohocrm_off", partial(_zohocrm_off, books)),
        ("books_person_edit_touches_customer", partial(_persons, books)),
        ("books_administrator", partial(_administrator, books)),
        ("books_plan_and_quota", partial(_plan_and_quota, books)),
    ]


def _oldest_first(read: Read, name: str) -> Iterator[Probe]:
    """The keyset scan rests on this order; Books says which one it used, and the rows show it."""
    page = read(sort_column="last_modified_time", sort_order="A")
    times = [parse_time_or_none(row.get("last_modified_time")) for row in page.rows]
    found = order(f"{name}_oldest_first", times, newest_first=False)
    if found.held and page.sort_column != "last_modified_time":
        yield Probe(found.name, False, f"In order by chance: Books says it sorted by {page.sort_column}.")
        return
    yield found


def _changed_since(read: Read, name: str) -> Iterator[Probe]:
    """An ignored filter looks like success, so it is asked for what cannot be, and then for the newest row itself."""
    name = f"{name}_changed_since"
    newest = read(sort_column="last_modified_time", sort_order="D", per_page=1).rows
    moment = parse_time_or_none(newest[0].get("last_modified_time")) if newest else None
    if moment is None:
        yield Probe(name, None if not newest else False, "No rows to ask for." if not newest else "Rows carry no time.")
        return
    if read(modified_since=datetime.now(UTC) + timedelta(days=365), per_page=1).rows:
        yield Probe(name, False, "The filter is ignored: rows came although none can be so new.")
        return
    since = [parse_time_or_none(row.get("last_modified_time")) for row in read(modified_since=moment).rows]
    inclusive = any(one is not None and one >= moment for one in since)
    yield Probe(name, inclusive, "Honoured, its bound included." if inclusive else "Its bound is left out.")


def key_probe(entity: str) -> str:
    return f"books_{entity}_key_field"


def _key_field(books: Books, entity: str) -> Iterator[Probe]:
    rows = [row for row in books.field_definitions(entity) if row.get("api_name") == KEY_FIELD]
    unique = any(
        row.get("is_unique") in (True, "true") and row.get("is_active") not in (False, "false") for row in rows
    )
    advice = "Add a text field 'Bigin key' that prevents duplicates: lost answers to creations are then found at once."
    yield Probe(key_probe(entity), unique, f"The unique field {KEY_FIELD} is there." if unique else advice)


def _equal_names(books: Books) -> Iterator[Probe]:
    rows = books.contacts_page(sort_column="contact_name", sort_order="A").rows
    names = sorted(str(row.get("contact_name") or "").casefold() for row in rows)
    twice = any(first == second and first for first, second in pairwise(names))
    detail = "Two customers have the same name." if twice else "Nobody shares a name; only a write could tell."
    yield Probe("books_equal_names", True if twice else None, detail)


def _zohocrm_off(books: Books) -> Iterator[Probe]:
    rows = books.contacts_page().rows
    linked = sum(1 for row in rows if row.get("is_linked_with_zohocrm") in (True, "true"))
    detail = f"{linked} customers are linked by Zoho's own integration." if linked else "No customer is linked by it."
    yield Probe("books_zohocrm_off", not linked, detail)


def _persons(books: Books) -> Iterator[Probe]:
    """Seen only where persons carry times: one newer than its customer's shows that an edit does not touch it."""
    name = "books_person_edit_touches_customer"
    for row in books.contacts_page(sort_column="last_modified_time", sort_order="A", per_page=3).rows:
        changed = parse_time_or_none(row.get("last_modified_time"))
        for person in books.persons(str(row.get("contact_id"))):
            edited = parse_time_or_none(person.get("last_modified_time"))
            if edited is not None and changed is not None and edited > changed:
                yield Probe(name, False, "A person was edited after its customer's own time.")
                return
    yield Probe(name, None, "Persons show no times of their own; only a write could tell.")


def _without_sales_orders(books: Books) -> Iterator[Probe]:
    name = "invoice_without_salesorders"
    try:
        books.documents_page("salesorders", per_page=1)
    except Rejected as error:
        yield Probe(name, True, f"Sales orders are refused with code {error.code}.")
        return
    yield Probe(name, False, "Sales orders are there.")


def _administrator(books: Books) -> Iterator[Probe]:
    role = str(books.current_user().get("user_role") or "")
    held = role.casefold() in _ADMINISTRATORS if role else None
    yield Probe(
        "books_administrator", held, f"The connection's user has the role {role or 'that Books does not tell'}."
    )


def _plan_and_quota(books: Books) -> Iterator[Probe]:
    organization = books.organization(books.client.organization_id or "")
    row = organization or {}
    plan = str(row.get("plan_name") or "")
    told = f"The plan is {plan}." if plan else "Books does not name the plan."
    tried = any("trial" in str(row.get(name) or "").casefold() for name in ("plan_name", "plan_type", "plan_period"))
    yield Probe("books_plan", bool(plan) or None, told, "" if tried else plan)
    quota = books.client.last_quota
    if quota is None or quota.limit is None:
        yield Probe("books_daily_quota", None, "Answers carry no figures of the daily quota.")
        return
    yield Probe(
        "books_daily_quota", quota.remaining > 0, f"{quota.remaining} of {quota.limit} calls of today are left."
    )
