"""Malformed, wrong, huge and hostile input at every route: a clear refusal or a success, never a 500."""

from __future__ import annotations

import json
from typing import Any

import pytest
import requests
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sandbox import dispatch
from sandbox.accounts import tokens
from sandbox.books.state import dump
from sandbox.books_mount import products
from sandbox.building import build_world
from sandbox.core import Product, Reply, Request, Route, Upload
from sandbox.testing import BOOKS_SCOPES, Sandbox
from sandbox.world import Options, World
from tests.sandbox_books.api import FIRST, Books, refused

ROOTS: dict[str, Product] = {one.prefix: one for one in products() if not one.prefix.endswith("/v4")}
ROUTES: list[tuple[str, Route]] = [(prefix, route) for prefix, one in ROOTS.items() for route in one.routes]
NASTY = [
    "",
    " ",
    "\x00",
    "\ud800",
    "🦜" * 9,
    "x" * 20_000,
    "../..",
    "'; --",
    "<script>",
    "NaN",
    "-0",
    "1e999",
    "٣",
    "null",
]
IDS = ["1", "0", "9" * 30, "-1", "abc", "contactpersons", *NASTY]

numbers = st.one_of(st.integers(-(10**40), 10**40), st.decimals(allow_nan=False, allow_infinity=False, places=6))
leaves = st.one_of(st.none(), st.booleans(), numbers, st.sampled_from(NASTY), st.text(max_size=12))
values = st.recursive(
    leaves,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=6), inner, max_size=3)),
    max_leaves=6,
)
FIELDS = """
    contact_name company_name contact_type customer_sub_type contact_persons billing_address shipping_address notes
    currency_id payment_terms credit_limit owner_id tax_id is_taxable custom_fields contact_id first_name email name
    rate sku item_type description purchase_rate customer_id line_items date due_date expiry_date shipment_date
    discount discount_type is_inclusive_tax shipping_charge adjustment exchange_rate template_id
    invoiced_estimate_id estimate_id to_mail_ids cc_mail_ids subject body amount invoices invoice_ids
    apply_creditnotes invoice_payments tax_name tax_percentage tax_type taxes tax_group_name tax_authority_name
    tax_exemption_code currency_code price_precision effective_date entity label data_type values is_unique reason
    payment_expected_date show_comment_to_clients
""".split()
QUERY = """
    page per_page sort_column sort_order filter_by search_text last_modified_time contact_name email contact_type
    rate rate_less_than name sku status date date_start date_before total total_less_than balance customer_id
    item_id item_ids invoice_ids estimate_ids salesorder_ids salesorder_id estimate_id accept print send
    ignore_auto_number_generation response_option transaction_id transaction_type link_type expiry_time
    reference_number custom_field cf_bigin_key contact_ids can_send_in_mail JSONString
""".split()


@st.composite
def bodies(draw: st.DrawFn, known: dict[str, list[str]]) -> Any:
    """A body that is nearly right: some fields right, some of any kind."""
    right: dict[str, Any] = {
        "contact_name": "Alder",
        "name": "Tour",
        "rate": 5,
        "customer_id": draw(st.sampled_from(known["contact_id"])),
        "contact_id": draw(st.sampled_from(known["contact_id"])),
        "first_name": "Ann",
        "line_items": [{"name": "T", "rate": draw(numbers), "quantity": draw(numbers), "discount": draw(leaves)}],
        "to_mail_ids": ["a@a.example"],
        "description": "words",
        "amount": 5,
        "invoices": [{"invoice_id": draw(st.sampled_from(known["invoice_id"])), "amount_applied": draw(numbers)}],
        "contact_persons": [draw(st.dictionaries(st.sampled_from(FIELDS), leaves, max_size=3))],
        "custom_fields": [{"api_name": "cf_bigin_key", "value": draw(leaves)}],
    }
    kept = draw(st.lists(st.sampled_from(sorted(right)), max_size=8))
    wrong = draw(st.dictionaries(st.sampled_from(FIELDS), values, max_size=4))
    return {**{name: right[name] for name in kept}, **wrong}


class Desk:
    """A small world in this process, so that a failing handler shows its traceback."""

    def __init__(self) -> None:
        self.world: World = build_world(Options(seed="empty", lift_limits=True))
        person = self.world.accounts.find_person("700001001")
        assert person is not None
        scopes = list(BOOKS_SCOPES)
        granted = tokens.grant(self.world, self.world.options.client_id, person, scopes, "", offline=True)
        self.token = granted["access_token"]
        self.known: dict[str, list[str]] = {}
        self._fill()

    def _fill(self) -> None:
        contact = self.made("/contacts", {"contact_name": "A", "contact_persons": [{"first_name": "P"}]}, "contact")
        self.known["contact_id"] = [contact["contact_id"]]
        self.known["contact_person_id"] = [contact["contact_persons"][0]["contact_person_id"]]
        self.known["address_id"] = [contact["billing_address"]["address_id"]]
        self.known["item_id"] = [self.made("/items", {"name": "T", "rate": 3}, "item")["item_id"]]
        for kind in ("invoice", "estimate", "salesorder"):
            body = {"customer_id": contact["contact_id"], "line_items": [{"name": "L", "rate": 7}]}
            self.known[f"{kind}_id"] = [self.made(f"/{kind}s", body, kind)[f"{kind}_id"]]
        org = self.world.books[FIRST]
        self.known["tax_id"] = list(org.taxes.records)
        self.known["tax_group_id"] = list(org.taxes.records)
        self.known["currency_id"] = list(org.currencies)
        self.known["template_id"] = list(org.templates)
        self.known["organization_id"] = [FIRST]

    def made(self, path: str, body: Any, key: str) -> Any:
        reply = self.call("/books/v3", "POST", path, body=json.dumps(body).encode())
        assert reply.status == 201, reply.body
        return reply.body[key]

    def stored(self) -> dict[str, Any]:
        """Everything of the first organisation but counters, which may run ahead."""
        held: dict[str, Any] = dump(self.world)[FIRST]
        return {name: value for name, value in held.items() if name not in ("next_id", "numbering", "call_days")}

    def call(self, root: str, method: str, path: str, **more: Any) -> Reply:
        query = {"organization_id": FIRST, **more.pop("query", {})}
        headers = {"Authorization": f"Bearer {self.token}", **more.pop("headers", {})}
        request = Request(self.world, ROOTS[root].name, method, path, query=query, headers=headers, **more)
        return dispatch.run(ROOTS[root], request).reply


@pytest.fixture(scope="module")
def known() -> dict[str, list[str]]:
    return Desk().known


@st.composite
def calls(draw: st.DrawFn, known: dict[str, list[str]]) -> dict[str, Any]:
    root, route = draw(st.sampled_from(ROUTES))
    path = route.template
    while "{" in path:
        name = path[path.index("{") + 1 : path.index("}")]
        right = known.get(name, ["1"])
        path = path.replace(f"{{{name}}}", draw(st.sampled_from([*right * 12, "1", "abc", "9" * 30, "%00", "\ud800"])))
    query = draw(
        st.dictionaries(st.sampled_from(QUERY), st.one_of(st.sampled_from(NASTY), st.text(max_size=8)), max_size=3)
    )
    body = draw(st.one_of(st.binary(max_size=20), bodies(known).map(_encoded), bodies(known).map(_encoded)))
    headers = draw(
        st.sampled_from(
            [
                {},
                {"X-Unique-Identifier-Key": "cf_bigin_key", "X-Unique-Identifier-Value": "k", "X-Upsert": "true"},
                {"X-Unique-Identifier-Key": "cf_bigin_key", "X-Unique-Identifier-Value": "\x00"},
            ]
        )
    )
    upload = draw(st.sampled_from([{}, {"attachment": Upload("a.pdf", "application/pdf", b"%PDF")}]))
    return {
        "root": root,
        "method": route.method,
        "path": path,
        "query": query,
        "body": body,
        "headers": headers,
        "files": upload,
    }


def _encoded(body: Any) -> bytes:
    return json.dumps(body, default=str).encode("utf-8", "surrogatepass")


def check(reply: Reply) -> None:
    assert reply.status < 500, reply.body
    if reply.raw is None:
        assert isinstance(reply.body["code"], int)
        assert (reply.body["code"] == 0) is (reply.status < 400)
        json.loads(reply.encode())


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_no_route_breaks(known: dict[str, list[str]], data: st.DataObject) -> None:
    """Up to forty calls on one small world, so that what one call stored is what the next one reads.

    What a refused call leaves behind is nothing at all.
    """
    desk = Desk()
    for wanted in data.draw(st.lists(calls(known), min_size=10, max_size=40)):
        before = desk.stored()
        reply = desk.call(wanted.pop("root"), wanted.pop("method"), wanted.pop("path"), **wanted)
        check(reply)
        if reply.status >= 400:
            assert desk.stored() == before
    for path in (
        "/contacts",
        "/items",
        "/invoices",
        "/estimates",
        "/salesorders",
        "/customerpayments",
        "/settings/taxes",
    ):
        check(desk.call("/books/v3", "GET", path))
    for kind in ("invoice", "estimate", "salesorder"):
        for row in desk.call("/books/v3", "GET", f"/{kind}s").body[f"{kind}s"]:
            path = f"/{kind}s/{row[f'{kind}_id']}"
            check(desk.call("/books/v3", "GET", path))
            assert desk.call("/books/v3", "GET", path, query={"accept": "pdf"}).status == 200


@pytest.mark.parametrize(
    ("root", "route"), ROUTES, ids=[f"{root} {route.method} {route.template}" for root, route in ROUTES]
)
def test_every_route_answers_over_http(sandbox: Sandbox, root: str, route: Route) -> None:
    """Bad ids, bad bodies, no token: each in the product's envelope."""
    books = Books(sandbox)
    for bad in ("1", "%00", "%F0%9F%A6%9C", "a" * 300):
        path = route.template
        while "{" in path:
            path = path.replace(path[path.index("{") : path.index("}") + 1], bad)
        bodies_of = (
            (b"",) if route.method == "GET" else (b"", b"{}", b"[", b'{"a":' * 5000, b'{"rate":1e99999}', b"\xff\xfe")
        )
        for body in bodies_of:
            answer = books.session.request(route.method, sandbox.url + root + path, data=body, timeout=30)
            assert answer.status_code < 500, (path, body[:20], answer.text)
            assert isinstance(answer.json()["code"], int)
    answer = requests.request(route.method, sandbox.url + root + path, timeout=30)
    assert refused(answer) == (401, 57)


@pytest.mark.parametrize("method", ["PATCH", "TRACE", "OPTIONS", "PROPFIND"])
def test_odd_methods(books: Books, method: str) -> None:
    assert books.call(method, "/contacts").status_code in (404, 405)


def test_huge_body_is_refused(books: Books) -> None:
    answer = books.call("POST", "/contacts", data=b'{"contact_name": "' + b"x" * 27_000_000 + b'"}')
    assert answer.status_code in (400, 413)
    assert books.rows("contact") == []
