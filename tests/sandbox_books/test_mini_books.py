"""The mini Books pages: every link leads somewhere, and a bookkeeper's day can be lived in them."""

from __future__ import annotations

import re
from html import unescape

import requests

from sandbox.testing import Sandbox
from tests.sandbox_books.api import FIRST, Books

HOSTILE = '<img src=x onerror="alert(1)">'


class Pages:
    def __init__(self, sandbox: Sandbox) -> None:
        self.root = sandbox.url
        self.home = f"/mini-books/{FIRST}"

    def get(self, path: str) -> requests.Response:
        return requests.get(self.root + path, timeout=30)

    def post(self, path: str, **form: str) -> requests.Response:
        return requests.post(f"{self.root}{self.home}/{path}", data=form, timeout=30)


def said(answer: requests.Response) -> str:
    found = re.search(r'role="(?:status|alert)"[^>]*>(.*?)</p>', answer.text)
    return unescape(found.group(1)) if found else ""


def last_id(answer: requests.Response) -> str:
    return answer.url.partition("?")[0].rpartition("/")[2]


def test_every_link_leads_somewhere(agency: Sandbox) -> None:
    pages = Pages(agency)
    seen: set[str] = set()
    waiting = ["/mini-books/", pages.home, "/mini-books/60021234502"]
    while waiting:
        path = waiting.pop()
        if path in seen:
            continue
        seen.add(path)
        answer = pages.get(path)
        assert answer.status_code == 200, path
        if "html" in answer.headers["Content-Type"]:
            waiting += [unescape(one) for one in re.findall(r'href="(/mini-books[^"]*)"', answer.text)]
    assert len(seen) > 200


def test_a_day_of_a_bookkeeper(sandbox: Sandbox) -> None:
    pages, books = Pages(sandbox), Books(sandbox)
    made = pages.post("customers/new", contact_name="Alder & Co", city="Porto", first_name="Ann", email="ann@a.example")
    customer = last_id(made)
    pages.post(f"customers/{customer}", contact_name="Alder & Sons", notes="Calls on Fridays", city="Porto")
    pages.post(f"customers/{customer}/persons", first_name="Bob", email="bob@a.example")
    bob = books.read("contact", customer)["contact_persons"][1]["contact_person_id"]
    pages.post(f"persons/{bob}", action="primary")
    contact = books.read("contact", customer)
    assert (contact["contact_name"], contact["email"], contact["billing_address"]["city"]) == (
        "Alder & Sons",
        "bob@a.example",
        "Porto",
    )
    item = last_id(pages.post("items/new", name="City walk", rate="12.50", item_type="sales"))
    pages.post(f"items/{item}", name="City walk", rate="15")
    quote = last_id(pages.post("estimates/new", customer_id=customer, item_id_1=item, quantity_1="4"))
    for action in ("sent", "view", "accept", "convert"):
        assert said(pages.post(f"estimates/{quote}/{action}"))
    invoice = books.read("estimate", quote)["invoice_ids"][0]
    assert said(pages.post(f"invoices/{invoice}/mail", to="bob@a.example")) == "The e-mail is in the outbox."
    assert said(pages.post(f"invoices/{invoice}/pay", amount="20")) == "The payment has been recorded."
    found = books.read("invoice", invoice)
    assert (found["status"], found["total"], found["balance"]) == ("partially_paid", 60, 40)
    mails = pages.get(f"{pages.home}/mails").text
    assert "bob@a.example" in mails
    assert pages.get(f"{pages.home}/invoices/{invoice}/pdf").content.startswith(b"%PDF-")


def test_order_open_and_billed(sandbox: Sandbox) -> None:
    pages, books = Pages(sandbox), Books(sandbox)
    customer = books.contact()["contact_id"]
    order = last_id(pages.post("salesorders/new", customer_id=customer, name_1="Bus", rate_1="80"))
    pages.post(f"salesorders/{order}/open")
    pages.post(f"salesorders/{order}/convert")
    assert books.read("salesorder", order)["status"] == "invoiced"


def test_refused_forms_say_why_and_keep_what_was_typed(sandbox: Sandbox) -> None:
    pages, books = Pages(sandbox), Books(sandbox)
    answer = pages.post("customers/new", contact_name="", company_name="Zinnia Works")
    assert (answer.status_code, said(answer)) == (400, "Please enter a value for contact_name.")
    assert "Zinnia Works" in answer.text
    answer = pages.post("items/new", name="Tour", rate="dear")
    assert (answer.status_code, "dear" in answer.text) == (400, True)
    invoice = books.sent("invoice")
    answer = pages.post(f"invoices/{invoice['invoice_id']}/pay", amount="500")
    assert (answer.status_code, 'value="500"' in answer.text) == (400, True)
    used = pages.post(f"customers/{invoice['customer_id']}/delete")
    assert said(used) == "Contacts that have recorded transactions cannot be deleted."
    assert books.rows("item") == []


def test_hostile_names_are_text(sandbox: Sandbox) -> None:
    pages, books = Pages(sandbox), Books(sandbox)
    customer = books.contact("Alder", company_name=HOSTILE, notes=HOSTILE)["contact_id"]
    made = books.document("invoice", customer, line_items=[{"name": HOSTILE, "rate": 1}], reference_number=HOSTILE)
    books.post(
        f"/invoices/{made['invoice_id']}/email", {"to_mail_ids": ["a@a.example"], "subject": HOSTILE, "body": HOSTILE}
    )
    for path in ("customers", f"customers/{customer}", "invoices", f"invoices/{made['invoice_id']}", "mails"):
        text = pages.get(f"{pages.home}/{path}").text
        assert "<img" not in text, path
    assert "<img" not in pages.get(f"{pages.home}/customers?notice=<img src=x>").text


def test_unknown_pages_are_404(sandbox: Sandbox) -> None:
    pages = Pages(sandbox)
    for path in ("/mini-books/1", f"{pages.home}/nothing", f"{pages.home}/invoices/1", f"{pages.home}/customers/1"):
        assert pages.get(path).status_code == 404, path
    assert pages.post("invoices/1/explode").status_code == 404


def test_custom_field_by_hand(sandbox: Sandbox) -> None:
    pages = Pages(sandbox)
    pages.post("settings/fields", entity="contact", label="Bigin key", data_type="string", is_unique="true")
    fields = Books(sandbox).get("/settings/fields", entity="contact").json()["fields"]
    assert ("cf_bigin_key", True) in [(one["api_name"], one["is_unique"]) for one in fields]
    answer = pages.post("settings/fields", entity="contact", label="bigin KEY", data_type="string")
    assert (answer.status_code, said(answer)) == (400, "A field with the label bigin KEY already exists.")
