"""Organisations, settings, scopes, tokens, limits, errors of the frame (reference/books-api.md 1, 2, 7, 8)."""

from __future__ import annotations

from decimal import Decimal
from threading import Thread

import pytest
import requests

from sandbox.testing import Sandbox
from tests.sandbox_books.api import FIRST, JONAS, MARTA, PRIYA, SECOND, TOMASZ, Books, Json, parsed, refused, told


def test_organizations_of_the_person(sandbox: Sandbox) -> None:
    """2.3 [REC]: ids are strings; no organisation is needed for this call."""
    rows = Books(sandbox, MARTA, organization=None).get("/organizations").json()["organizations"]
    assert [(row["organization_id"], row["currency_code"], row["is_default_org"]) for row in rows] == [
        (FIRST, "EUR", True),
        (SECOND, "USD", False),
    ]
    jonas = Books(sandbox, JONAS, organization=None).get("/organizations").json()["organizations"]
    assert [row["organization_id"] for row in jonas] == [FIRST]
    assert Books(sandbox, TOMASZ, organization=None).get("/organizations").json()["organizations"] == []


def test_organizations_answer_without_rate_headers(sandbox: Sandbox) -> None:
    """2.1 [REC][REC-V]."""
    sandbox.limits(books_per_day=1000)
    books = Books(sandbox)
    assert "X-Rate-Limit-Limit" not in books.get("/organizations").headers
    assert books.get("/contacts").headers["X-Rate-Limit-Limit"] == "1000"


def test_organization_read_and_update(books: Books) -> None:
    """2.3 [OAS]."""
    told(books.put(f"/organizations/{FIRST}", {"name": "Wanderlust"}))
    detail = books.get(f"/organizations/{FIRST}").json()["organization"]
    assert (detail["name"], detail["time_zone"], detail["price_precision"]) == ("Wanderlust", "Europe/Lisbon", 2)


@pytest.mark.parametrize("wrong", ["999", "60021234503", "nonsense"])
def test_unknown_or_foreign_organization_is_6041(sandbox: Sandbox, wrong: str) -> None:
    """1.3: HTTP 400 code 6041 [COM]."""
    answer = Books(sandbox, organization=wrong).get("/contacts")
    assert refused(answer) == (400, 6041)
    text = f"This user is not associated with the CompanyID/CompanyName:{wrong}."
    assert answer.json()["message"] == text
    assert refused(Books(sandbox, JONAS, organization=SECOND).get("/contacts")) == (400, 6041)


def test_organization_by_header(sandbox: Sandbox) -> None:
    """1.3 [PAGE]: X-com-zoho-invoice-organizationid, on Books too."""
    for product in ("books", "invoice"):
        books = Books(sandbox, product=product, organization=None)
        answer = books.call("GET", "/users/me", headers={"X-com-zoho-invoice-organizationid": SECOND})
        assert answer.json()["user"]["email"] == "marta.quintela@wanderlust-travel.example"


def test_organisations_do_not_see_each_other(sandbox: Sandbox) -> None:
    made = Books(sandbox).contact()
    second = Books(sandbox, PRIYA, organization=SECOND)
    assert refused(second.get(f"/contacts/{made['contact_id']}")) == (404, 1002)
    assert second.rows("contact") == []


def test_ids_are_strings_of_18_or_19_digits(sandbox: Sandbox) -> None:
    """0.3 [REC]."""
    first, second = Books(sandbox).contact(), Books(sandbox, organization=SECOND).contact()
    assert (len(first["contact_id"]), len(second["contact_id"])) == (18, 19)
    assert all(one["contact_id"].isdigit() for one in (first, second))


def test_users(books: Books) -> None:
    """2.4 [OAS]."""
    me = books.get("/users/me").json()["user"]
    assert me["email_ids"] == [{"email": "marta.quintela@wanderlust-travel.example", "is_selected": True}]
    rows = books.get("/users", filter_by="Status.Active").json()["users"]
    assert [row["name"] for row in rows] == ["Marta Quintela", "Jonas Brandvik", "Amara Delacroix"]
    assert books.get(f"/users/{me['user_id']}").json()["user"] == me
    assert books.get("/users", filter_by="Status.Inactive").json()["users"] == []
    assert refused(books.get("/users/1")) == (404, 1002)


def test_users_come_and_go(books: Books) -> None:
    """books-operations.txt; someone who is not active is no member: 6041."""
    body = {"name": "Tomasz Wielicki", "email": "tomasz.wielicki@wanderlust-travel.example", "user_role": "staff"}
    user_id = books.post("/users", body).json()["user"]["user_id"]
    assert refused(books.post("/users", body)) == (400, 1001)
    assert [row["user_id"] for row in books.get("/users", filter_by="Status.Invited").json()["users"]] == [user_id]
    jonas = Books(books.sandbox, JONAS)
    jonas_id = jonas.get("/users/me").json()["user"]["user_id"]
    told(books.post(f"/users/{jonas_id}/inactive"))
    assert refused(jonas.get("/contacts")) == (400, 6041)
    told(books.post(f"/users/{jonas_id}/active"))
    assert jonas.get("/contacts").ok
    told(books.delete(f"/users/{user_id}"))
    assert refused(books.delete(f"/users/{user_id}")) == (404, 1002)
    assert refused(books.delete(f"/users/{books.get('/users/me').json()['user']['user_id']}")) == (400, 36)


def test_currencies(books: Books) -> None:
    """2.4 [REC]."""
    base, other = books.get("/settings/currencies").json(parse_float=Decimal)["currencies"]
    assert (base["currency_code"], base["is_base_currency"], other["exchange_rate"]) == ("EUR", True, Decimal("1.17"))
    foreign = books.get("/settings/currencies", filter_by="Currencies.ExcludeBaseCurrency").json()["currencies"]
    assert [one["currency_code"] for one in foreign] == ["GBP"]
    body = {"currency_code": "KWD", "price_precision": 3, "currency_symbol": "KD"}
    dinar = books.made("/settings/currencies", body, "currency")["currency_id"]
    assert refused(books.post("/settings/currencies", body)) == (400, 1001)
    path = f"/settings/currencies/{dinar}"
    told(books.post(f"{path}/exchangerates", {"effective_date": "2026-01-01", "rate": "3.0"}))
    books.post(f"{path}/exchangerates", {"effective_date": "2026-06-01", "rate": "3.1"})
    assert parsed(books.get(path))["currency"]["exchange_rate"] == Decimal("3.1")
    assert len(books.get(f"{path}/exchangerates").json()["exchange_rates"]) == 2
    told(books.put(path, {"currency_symbol": "KWD"}))
    customer = books.contact(currency_id=dinar)["contact_id"]
    made = books.document("invoice", customer, line_items=[{"name": "T", "rate": "1.2345"}])
    assert (made["total"], made["price_precision"]) == (Decimal("1.235"), 3)
    assert refused(books.delete(path)) == (400, 36)


def test_taxes_and_groups(books: Books) -> None:
    """2.4 [OAS]."""
    first, second = books.tax("A", 5), books.tax("B", "2.5", tax_type="compound_tax")
    made = books.made("/settings/taxgroups", {"tax_group_name": "Both", "taxes": f"{first},{second}"}, "tax_group")
    assert (made["tax_group_percentage"], [one["tax_name"] for one in made["taxes"]]) == (Decimal("7.5"), ["A", "B"])
    answer = books.get("/settings/taxes").json()
    assert answer["page_context"]["applied_filter"] == "Taxes.Active"
    row = next(one for one in answer["taxes"] if one["tax_name"] == "Both")
    assert (row["tax_type"], row["tax_percentage"]) == ("tax_group", 7.5)
    assert refused(books.delete(f"/settings/taxes/{first}")) == (400, 36)
    told(books.put(f"/settings/taxgroups/{made['tax_group_id']}", {"taxes": first}))
    told(books.delete(f"/settings/taxgroups/{made['tax_group_id']}"))
    told(books.put(f"/settings/taxes/{second}", {"tax_percentage": 3}))
    assert books.get(f"/settings/taxes/{second}").json()["tax"]["tax_percentage"] == 3
    told(books.delete(f"/settings/taxes/{first}"))
    assert refused(books.get(f"/settings/taxes/{first}")) == (404, 1002)
    assert refused(books.post("/settings/taxes", {"tax_name": "B", "tax_percentage": 1})) == (400, 1001)
    assert refused(books.post("/settings/taxes", {"tax_name": "C", "tax_percentage": 101})) == (400, 2)


def test_authorities_and_exemptions(books: Books) -> None:
    """2.4 [OAS]."""
    made = books.made("/settings/taxauthorities", {"tax_authority_name": "City"}, "tax_authority")
    assert books.get("/settings/taxauthorities").json()["tax_authorities"] == [made]
    told(books.post("/settings/taxexemptions", {"tax_exemption_code": "SCHOOL", "type": "customer"}))
    assert books.get("/settings/taxexemptions").json()["tax_exemptions"][0]["tax_exemption_code"] == "SCHOOL"


SCOPES = [
    ("ZohoBooks.contacts.READ", "GET", "/contacts", True),
    ("ZohoBooks.contacts.READ", "POST", "/contacts", False),
    ("ZohoBooks.contacts.ALL", "POST", "/contacts", True),
    ("ZohoBooks.contacts.UPDATE", "POST", "/contacts/{contact}/inactive", False),
    ("ZohoBooks.contacts.CREATE", "POST", "/contacts/{contact}/inactive", True),
    ("ZohoBooks.settings.READ", "GET", "/items", True),
    ("ZohoBooks.items.READ", "GET", "/items", False),
    ("ZohoBooks.settings.READ", "GET", "/users/me", True),
    ("ZohoBooks.invoices.READ", "GET", "/invoices", True),
    ("ZohoBooks.invoices.UPDATE", "POST", "/invoices/{invoice}/status/sent", False),
    ("ZohoBooks.invoices.CREATE", "POST", "/invoices/{invoice}/status/sent", True),
    ("ZohoBooks.invoices.CREATE", "POST", "/invoices/{invoice}/email", True),
    ("ZohoBooks.invoices.UPDATE", "POST", "/invoices/{invoice}/comments", False),
    ("ZohoBooks.estimates.READ", "GET", "/salesorders", False),
    ("ZohoBooks.salesorders.READ", "GET", "/salesorders", True),
    ("ZohoBooks.customerpayments.READ", "GET", "/customerpayments", True),
    ("ZohoInvoice.contacts.READ", "GET", "/contacts", False),
    ("ZohoBooks.fullaccess.all", "GET", "/salesorders", True),
]


@pytest.mark.parametrize(("scope", "method", "path", "opens"), SCOPES)
def test_scopes_open_endpoints(books: Books, scope: str, method: str, path: str, opens: bool) -> None:
    """1.1 [OAS][NAN]: status changes, mails and comments are POST, so CREATE; a missing scope is 401 code 57."""
    invoice = books.document("invoice")
    path = path.format(contact=invoice["customer_id"], invoice=invoice["invoice_id"])
    narrow = Books(books.sandbox, scopes=[scope])
    answer = narrow.call(
        method, path, json={"contact_name": "Alder", "to_mail_ids": ["a@a.example"], "description": "x"}
    )
    if opens:
        assert answer.ok, answer.text
    else:
        assert refused(answer) == (401, 57)


def test_invoice_root_has_its_own_scopes(sandbox: Sandbox) -> None:
    """1.1: Invoice twins [NAN]."""
    right = Books(sandbox, product="invoice", scopes=["ZohoInvoice.contacts.READ"])
    wrong = Books(sandbox, product="invoice", scopes=["ZohoBooks.contacts.READ"])
    assert right.get("/contacts").ok
    assert refused(wrong.get("/contacts")) == (401, 57)


def test_bad_tokens(sandbox: Sandbox) -> None:
    """7: 401 code 57; Bearer and Zoho-oauthtoken are both taken (1.2)."""
    books = Books(sandbox)
    token = str(books.session.headers["Authorization"]).partition(" ")[2]
    books.session.headers["Authorization"] = f"Bearer {token}"
    assert books.get("/contacts").ok
    for wrong in ("Zoho-oauthtoken 1000.bad.bad", "Zoho-oauthtoken ", "Basic abc", token):
        books.session.headers["Authorization"] = wrong
        assert refused(books.get("/contacts")) == (401, 57)
    del books.session.headers["Authorization"]
    assert refused(books.get("/contacts")) == (401, 57)


def test_a_token_expires_with_the_clock(sandbox: Sandbox) -> None:
    books = Books(sandbox)
    sandbox.advance(3601)
    assert refused(books.get("/contacts")) == (401, 57)


def test_unknown_paths_and_methods(books: Books) -> None:
    """7: 404 code 5, 405."""
    answer = books.get("/nothing")
    assert (refused(answer), answer.json()["message"]) == ((404, 5), "Invalid URL Passed")
    assert refused(books.call("PATCH", "/contacts")) == (405, 37)
    assert refused(books.delete("/invoices")) == (405, 37)


def test_trailing_slash_and_unknown_parameters_are_taken(books: Books) -> None:
    """12: tolerances."""
    contact_id = books.contact()["contact_id"]
    assert len(books.get("/contacts/", usestate="true").json()["contacts"]) == 1
    assert books.get(f"/contacts/{contact_id}/").json()["contact"]["contact_id"] == contact_id


def test_body_in_three_encodings(books: Books) -> None:
    """1.3: JSON, or the form field JSONString."""
    text = '{"contact_name": "Alder"}'
    for more in (
        {"data": text, "headers": {"Content-Type": "application/json"}},
        {"data": {"JSONString": text}},
        {"files": {"JSONString": (None, text)}},
        {"data": text},
    ):
        assert books.call("POST", "/contacts", **more).status_code == 201
    assert len(books.rows("contact")) == 4


def test_broken_bodies(books: Books) -> None:
    """7: 11 for an empty body, 4 for what is not JSON."""
    cases: list[tuple[bytes, int]] = [
        (b"", 11),
        (b"  ", 11),
        (b"{", 4),
        (b"[]", 4),
        (b"\xff", 4),
        (b'"x"', 4),
        (b"NaN", 4),
    ]
    for data, code in cases:
        assert refused(books.call("POST", "/contacts", data=data)) == (400, code), data
    assert books.rows("contact") == []


def test_every_answer_has_the_live_headers(books: Books) -> None:
    """2.1 [REC]."""
    answer = books.get("/contacts")
    assert answer.headers["Content-Type"] == "application/json;charset=UTF-8"
    assert answer.headers["Cache-Control"].startswith("no-store")
    assert "Allow" in answer.headers


def test_daily_quota_headers_and_refusal(sandbox: Sandbox) -> None:
    """8 [REC]: limit, remaining, seconds until midnight in the organisation's zone; 45 at the end."""
    sandbox.limits(books_per_day=3)
    books = Books(sandbox)
    heads = [books.get("/contacts").headers for _ in range(3)]
    assert [head["X-Rate-Limit-Remaining"] for head in heads] == ["2", "1", "0"]
    assert int(heads[0]["X-Rate-Limit-Reset"]) == pytest.approx(11 * 3600, abs=30)
    answer = books.get("/contacts")
    assert refused(answer) == (429, 45)
    assert answer.json()["message"].endswith("maximum call rate limit of 3.")
    assert Books(sandbox, product="invoice").get("/contacts").ok
    assert Books(sandbox, organization=SECOND).get("/contacts").ok
    sandbox.advance(11 * 3600)
    assert Books(sandbox).get("/contacts").headers["X-Rate-Limit-Remaining"] == "2"


def test_calls_per_minute(sandbox: Sandbox) -> None:
    """8: 100 a minute per organisation, code 44; other organisations are not touched."""
    sandbox.limits(books_per_minute=5)
    books = Books(sandbox)
    assert all(books.get("/contacts").ok for _ in range(5))
    answer = books.get("/contacts")
    assert refused(answer) == (429, 44)
    assert answer.json()["message"].startswith("For security reasons your organization has been blocked")
    assert refused(books.post("/contacts", {"contact_name": "Alder"})) == (429, 44)
    assert Books(sandbox, organization=SECOND).get("/contacts").ok
    sandbox.advance(61)
    assert books.rows("contact") == []


def test_calls_in_flight(sandbox: Sandbox) -> None:
    """8: code 1070 while too many calls of the organisation are being answered."""
    sandbox.limits(books_concurrent=1)
    sandbox.fault("hold", product="books", path="/items")
    slow, quick = Books(sandbox), Books(sandbox)
    thread = Thread(target=lambda: slow.get("/items"))
    thread.start()
    answer = _until_busy(quick)
    sandbox.control("DELETE", "faults")
    thread.join()
    assert refused(answer) == (429, 1070)
    assert quick.get("/contacts").ok


def _until_busy(books: Books) -> requests.Response:
    for _ in range(2000):
        answer = books.get("/contacts")
        if answer.status_code == 429:
            return answer
    raise AssertionError("no call met the slow one")


def test_fault_after_the_commit_leaves_the_record(books: Books) -> None:
    """7: ambiguous outcomes must be resolved by lookup."""
    books.sandbox.fault("drop_after", product="books", method="POST", path="/contacts")
    with pytest.raises(requests.ConnectionError):
        books.post("/contacts", {"contact_name": "Alder"})
    assert [row["contact_name"] for row in books.rows("contact")] == ["Alder"]


def test_fault_before_the_commit_leaves_nothing(books: Books) -> None:
    books.sandbox.fault("error_before", product="books", method="POST")
    body: Json = {"contact_name": "Alder"}
    assert refused(books.post("/contacts", body)) == (503, 1000)
    assert books.rows("contact") == []
