"""Malformed input for every route: fixed nasty values, and valid bodies with something in them replaced."""

from __future__ import annotations

import copy
import http.client
import json
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from hypothesis import strategies as st

from sandbox.core import Product, Route
from sandbox.testing import Sandbox

RAW = (
    b"", b"{", b"null", b'"x"', b"[]", b"NaN", b'{"data":[NaN]}',
    b"\xff\xfe", b"[" * 20000, b'{"data":[{"id":1e99999}]}',
    b'{"data":[{"Unit_Price":' + b"9" * 5000 + b"}]}", b"JSONString=%7B", b"--x\r\n\r\nbroken",
)  # fmt: skip
CONTENT_TYPES = (
    "application/json",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
    "text/x",
    "",
)
TOKENS = ("", "Bearer", "Zoho-oauthtoken x", "Basic \xe9", "Zoho-oauthtoken " + "9" * 7000)
METHODS = ("GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "BREW")
BAD_VALUES = ("", "-1", "0", "9" * 30, "x,y", "%", "../..", "\x00", "A" * 3000, "(((", "\ud800", "ünï")

_LINE = {"item_id": "1", "name": "Tour", "rate": 10.5, "quantity": 2, "discount": "5%", "tax_id": ""}
_ADDRESS = {"address": "Rua 1", "city": "Lisbon", "zip": "1000", "country": "Portugal", "phone": "+351 1"}
_PERSON = {"first_name": "Jo", "last_name": "Doe", "email": "jo@doe.example", "is_primary_contact": True}
BODIES: dict[str, list[dict[str, Any]]] = {
    "bigin": [
        {"data": [{"Last_Name": "Doe", "Email": "a@b.example", "Account_Name": {"id": "1"}, "Tag": [{"name": "x"}],
                   "Email_Opt_Out": True, "Owner": {"id": "1"}}], "trigger": ["workflow"]},
        {"data": [{"Account_Name": "Acme", "Travel_Style": "Groups"}], "duplicate_check_fields": ["Account_Name"]},
        {"data": [{"Deal_Name": "D", "Sub_Pipeline": "Groups", "Stage": "Enquiry", "Amount": 1.5,
                   "Closing_Date": "2026-10-09", "Pipeline": {"id": "1"},
                   "Associated_Products": [{"Product": {"id": "1"}, "Quantity": 1, "List_Price": 2, "Discount": 0}]}]},
        {"data": [{"Product_Name": "Tour", "Unit_Price": 12.5, "Product_Active": False}]},
        {"data": [{"Note_Title": "t", "Note_Content": "c"}]},
        {"watch": [{"channel_id": "1", "events": ["Contacts.all"], "notify_url": "http://127.0.0.1:1/", "token": "t",
                    "channel_expiry": "2026-10-09T13:00:00+00:00", "_delete_events": True}]},
    ],
    "books": [
        {"contact_name": "Acme", "company_name": "Acme", "contact_persons": [_PERSON], "billing_address": _ADDRESS,
         "payment_terms": 15, "currency_id": "1", "custom_fields": [{"api_name": "cf_x", "value": "1"}]},
        {"name": "Tour", "rate": 10.5, "sku": "T-1", "product_type": "service", "tax_id": "1", "description": "d"},
        {"customer_id": "1", "line_items": [_LINE], "date": "2026-10-09", "due_date": "2026-11-09", "discount": 5,
         "is_inclusive_tax": False, "shipping_charge": 1, "adjustment": -1, "exchange_rate": 1, "notes": "n",
         "reference_number": "r", "custom_fields": [{"api_name": "cf_x", "value": "1"}]},
        {"to_mail_ids": ["a@b.example"], "subject": "s", "body": "b", "send_from_org_email_id": False},
        {"amount": 10, "payment_mode": "cash", "invoices": [{"invoice_id": "1", "amount_applied": 10}]},
        {"tax_name": "VAT", "tax_percentage": 23, "currency_code": "EUR", "description": "d", "label": "L"},
        _PERSON, _ADDRESS, {"custom_fields": [{"customfield_id": "1", "value": "x"}], "comment": "c"},
    ],
    "control": [
        {"module": "Contacts", "survivor": "1", "loser": "2", "id": "1", "api_name": "X", "data_type": "text",
         "length": 3, "choices": ["a"], "user": "700001001", "denied": ["x"], "scopes": ["ZohoBigin.org.READ"]},
        {"kind": "slow", "product": "nobody", "nth": 1, "seconds": 0, "path": "^/x$", "probability": 0.5},
    ],
    "web": [{}],
    "accounts": [{}],
}  # fmt: skip
BODIES["invoice"] = BODIES["books"]
FORM_KEYS = (
    "zuid module id content product quantity price discount remove loser Last_Name Account_Name Deal_Name Amount "
    "Unit_Price Email code client_id client_secret grant_type refresh_token redirect_uri response_type scope token "
    "name contact_name rate email first_name last_name decision"
).split()
QUERY_KEYS = (
    "fields page per_page page_token sort_by sort_order cvid criteria word email phone module type ids channel_ids "
    "pipeline_id approved wf_trigger sort_column filter_by last_modified_time search_text date status customer_id "
    "contact_name item_ids invoice_ids JSONString scope client_id response_type redirect_uri state entity id q"
).split()

SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(min_value=-(10**25), max_value=10**25),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=20),
    st.sampled_from([*BAD_VALUES, "1e999", "Infinity", "x" * 40_000, "2026-13-45", "<b>", "${EMPTY}", 10**400]),
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=5), inner, max_size=3)),
)
TEXTS = st.one_of(st.text(max_size=12), st.sampled_from([*BAD_VALUES, "(Last_Name:equals:a)", "id", "1"]))


def nodes(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Paths of everything inside a JSON value."""
    children: list[tuple[Any, Any]] = []
    if isinstance(value, dict):
        children = list(value.items())
    elif isinstance(value, list):
        children = list(enumerate(value))
    return [path, *(deeper for key, child in children for deeper in nodes(child, (*path, key)))]


def replaced(value: Any, path: tuple[Any, ...], fresh: Any) -> Any:
    if not path:
        return fresh
    changed = copy.copy(value)
    changed[path[0]] = replaced(value[path[0]], path[1:], fresh)
    return changed


@st.composite
def mutated_bodies(draw: st.DrawFn, product: str) -> Any:
    """A valid body of the product with one to three parts replaced."""
    body: Any = draw(st.sampled_from(BODIES[product]))
    for _ in range(draw(st.integers(min_value=0, max_value=3))):
        body = replaced(body, draw(st.sampled_from(nodes(body))), draw(VALUES))
    return body


@dataclass
class Target:
    """A running sandbox, a good token, and values that exist for the parameters of its paths."""

    sandbox: Sandbox
    token: str
    known: dict[str, list[str]] = field(default_factory=dict)
    connection: http.client.HTTPConnection | None = None

    def send(
        self, method: str, path: str, query: dict[str, str], body: bytes, content_type: str, token: str | None = None
    ) -> tuple[int, bytes]:
        """Status and body; over one connection as long as it lasts."""
        headers = {"Content-Type": content_type} if content_type else {}
        authorization = f"Zoho-oauthtoken {self.token}" if token is None else token
        if authorization:
            headers["Authorization"] = authorization
        asked = {"organization_id": self.known.get("organization_id", [""])[0], **query}
        url = f"{path}?{urlencode(asked, errors='replace')}"
        for attempt in range(2):
            connection = self.connection or http.client.HTTPConnection(urlsplit(self.sandbox.url).netloc, timeout=30)
            try:
                connection.request(method, url, body=body, headers=headers)
                answer = connection.getresponse()
                content = answer.read()
            except (ConnectionError, http.client.HTTPException):
                connection.close()
                self.connection = None
                if attempt:
                    raise
                continue
            self.connection = connection
            return answer.status, content
        raise AssertionError("unreachable")

    def json(self, path: str, **query: str) -> Any:
        return json.loads(self.send("GET", path, query, b"", "")[1])

    def path(self, product: Product, route: Route, values: list[str | int]) -> str:
        """A number picks a value that exists, a text stands as it is."""
        parts = []
        for part in route.template.split("/"):
            if not part.startswith("{"):
                parts.append(part)
                continue
            value = values[len(parts) % len(values)]
            if isinstance(value, int):
                there = self.known.get(part[1:-1], ["1"])
                value = there[value % len(there)]
            parts.append(quote(value, safe="", errors="replace") or "-")
        return product.prefix + "/".join(parts)


def known_values(target: Target, organization: str) -> dict[str, list[str]]:
    target.known["organization_id"] = [organization]
    known = {
        "organization_id": [organization],
        "organization": [organization],
        "module": ["Contacts", "Accounts", "Pipelines", "Products", "Notes"],
        "related": ["Notes", "Products", "Contacts", "Pipelines"],
        "slug": ["contacts", "companies", "deals", "products"],
        "record_id": [],
    }
    for module in ("Contacts", "Accounts", "Pipelines", "Products"):
        rows = target.json(f"/bigin/v2/{module}", fields="id", per_page="30")["data"]
        known["record_id"] += [row["id"] for row in rows]
    known["related_id"] = known["record_id"][-30:]
    known["view_id"] = [
        one["id"] for one in target.json("/bigin/v2/settings/custom_views", module="Contacts")["custom_views"]
    ]
    for plural, name in (("contacts", "contact_id"), ("items", "item_id"), ("invoices", "invoice_id"),
                         ("estimates", "estimate_id"), ("salesorders", "salesorder_id")):  # fmt: skip
        known[name] = [str(row[name]) for row in target.json(f"/books/v3/{plural}", per_page="30")[plural]] or ["1"]
    return known
