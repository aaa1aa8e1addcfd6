"""A customer that was chosen by hand: billed, but neither shown to the record's readers nor paired by them."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from invoices import api_tokens, customers, feeds
from invoices.drafts import KINDS
from invoices.models import BilledRecord, CustomerBalance, Document
from sync import billing
from sync.models import Link
from tests import factories
from tests.invoices.conftest import Desk
from tests.invoices.test_panel import calls, forget, standard, text_of


def nobodys_deal(desk: Desk) -> str:
    like = desk.bigin.get("Pipelines", desk.deals()[0]["id"])
    assert like
    values = {key: like[key] for key in ("Sub_Pipeline", "Stage")}
    [made] = desk.bigin.insert(
        "Pipelines", [{**values, "Deal_Name": "Nobody's", "Amount": 10, "Pipeline": {"id": like["Pipeline"]["id"]}}]
    )
    return str(made.id)


def billed_customer(desk: Desk) -> dict[str, Any]:
    """An active customer with documents, which the mirror knows."""
    row = next(one for one in desk.made() if one["status"] not in ("draft", "void") and one["balance"])
    for kind in KINDS:
        feeds.refresh_customer(desk.installation, desk.books, row["customer_id"], kind)
    customers.read(desk.installation, desk.books, row["customer_id"])
    contact = desk.books.contact(row["customer_id"])
    assert contact
    return contact


def choose(client: Client, desk: Desk, document: Document, **data: str) -> Any:
    url = desk.url(document.record_id, f"documents/{document.pk}/customer/", document.record_module)
    return client.post(url, data)


@pytest.fixture
def picked(desk: Desk) -> tuple[Desk, str, dict[str, Any], Document]:
    """A deal that leads to nobody, for which a customer was picked; and one of that customer's own invoices."""
    customer = billed_customer(desk)
    deal_id = nobodys_deal(desk)
    form = desk.new(deal_id)
    assert choose(desk.client, desk, form, customer_id=customer["contact_id"]).status_code == 302
    foreign = Document.objects.filter(customer_id=customer["contact_id"], kind="invoice", state="stands").first()
    assert foreign is not None
    assert BilledRecord.objects.get(record_id=deal_id).customer_id == customer["contact_id"]
    return desk, deal_id, customer, foreign


def test_rule_7_7_picking_a_customer_shows_none_of_its_documents_and_no_balance(
    picked: tuple[Desk, str, dict[str, Any], Document],
) -> None:
    desk, deal_id, customer, foreign = picked
    balance = CustomerBalance.objects.get(customer_id=customer["contact_id"])
    assert balance.outstanding
    forget(desk)
    for rest in ("documents/", "documents/?all=1", "refresh/?all=1", "", "?all=1"):
        answer = desk.client.get(desk.url(deal_id, rest))
        page = text_of(answer)
        assert answer.status_code == 200
        assert foreign.number not in page
        assert 'data-test="figures"' not in page
        if "shown" in (answer.context or {}):
            assert (answer.context["shown"].figures, list(answer.context["shown"].page)) == (None, [])
    assert calls(desk) == []
    assert customer["contact_name"] in text_of(desk.client.get(desk.url(deal_id, "documents/")))


def test_rule_7_7_no_door_leads_from_a_picked_customer_to_a_document_of_theirs(
    picked: tuple[Desk, str, dict[str, Any], Document],
) -> None:
    desk, deal_id, _, foreign = picked
    base = desk.url(deal_id, f"documents/{foreign.pk}/")
    gets = ("", "content/", "email/", "items/?line=0", "customers/?customer-q=ab")
    posts = ("pdf/", "email/", "act/sent/", "act/comment/", "edit/", "convert/invoice/", "decide/check/", "action/1/")
    before = list(Document.objects.order_by("pk").values("pk", "state", "status", "version"))
    for method, rest in [*(("get", one) for one in gets), *(("post", one) for one in posts)]:
        assert getattr(desk.client, method)(base + rest).status_code == 404, rest
    assert list(Document.objects.order_by("pk").values("pk", "state", "status", "version")) == before
    secret = api_tokens.make(desk.installation, desk.member)
    listed = Client(headers={"Authorization": f"Bearer {secret}"}).get(f"/api/v1/records/Pipelines/{deal_id}/documents")
    assert listed.json() == []


def test_what_is_made_from_the_record_for_the_picked_customer_is_shown_there(
    picked: tuple[Desk, str, dict[str, Any], Document],
) -> None:
    desk, deal_id, customer, _ = picked
    document = desk.new(deal_id)
    assert desk.press(document, "save").status_code == 302
    desk.worker.run()
    document.refresh_from_db()
    assert (document.state, document.customer_id) == ("stands", customer["contact_id"])
    shown = desk.client.get(desk.url(deal_id, "documents/?all=1")).context["shown"]
    assert [one.pk for one in shown.page] == [document.pk]
    assert desk.client.get(desk.url(deal_id, f"documents/{document.pk}/")).status_code == 200


def test_a_deal_that_names_a_company_later_leads_to_that_companys_customer(
    picked: tuple[Desk, str, dict[str, Any], Document],
) -> None:
    desk, deal_id, _, foreign = picked
    company = next(one for one in desk.deals() if one["Account_Name"])["Account_Name"]
    desk.link("company-customer", company["id"], foreign.customer_id, company["name"])
    BilledRecord.objects.filter(record_id=deal_id).update(company_id=company["id"], company_label=company["name"])
    assert desk.client.get(desk.url(deal_id, f"documents/{foreign.pk}/")).status_code == 200


# A document that is the customer's own, opened from a record that leads to that customer


def test_what_follows_from_a_customers_own_document_is_found_below_the_same_record(desk: Desk) -> None:
    """A revision and a conversion of a document that Books knew before us belong to no record of their own."""
    deal = next(one for one in desk.deals() if one["Account_Name"])
    row = next(one for one in desk.made("estimates") if one["status"] == "sent")
    feeds.refresh_customer(desk.installation, desk.books, row["customer_id"], "estimate")
    desk.link("company-customer", deal["Account_Name"]["id"], row["customer_id"], row["customer_name"])
    estimate = Document.objects.get(books_id=row["estimate_id"])
    desk.client.get(desk.url(deal["id"], "documents/"))
    base = desk.url(deal["id"], f"documents/{estimate.pk}/")
    edited = desk.client.post(base + "edit/")
    assert desk.client.get(edited["Location"]).status_code == 200
    ordered = desk.client.post(base + "convert/salesorder/")
    assert desk.client.get(ordered["Location"]).status_code == 200
    desk.worker.run()
    made = Document.objects.get(source=estimate)
    assert (made.state, made.customer_id) == ("stands", row["customer_id"])


# Who may be chosen


def test_a_vendor_and_another_organisations_customer_are_refused(desk: Desk) -> None:
    form = desk.new(nobodys_deal(desk))
    vendor = desk.books.client.request(
        "POST", "/contacts", json={"contact_name": "Paper Mill Ltd", "contact_type": "vendor"}
    ).data["contact"]
    other = factories.connected_installation(desk.sandbox, user="priya.ramanujam@second-org.example")
    from accounts import connections  # noqa: PLC0415 - the stranger's own Books

    theirs = connections.books(other).create_contact({"contact_name": "Not Ours", "contact_type": "customer"})
    foreign = theirs["contact_id"]
    for chosen in (vendor["contact_id"], foreign, "460000099999999", "", "../items", "\x00"):
        answer = choose(desk.client, desk, form, customer_id=chosen)
        assert answer.status_code == 200, chosen
        assert 'class="message error"' in text_of(answer)
        form.refresh_from_db()
        assert (form.customer_id, form.version) == ("", 1)
    assert not CustomerBalance.objects.exists()
    assert BilledRecord.objects.get().customer_id == ""


def test_the_customer_of_a_document_in_books_is_not_changed_here(desk: Desk) -> None:
    row = next(one for one in desk.made("estimates") if one["status"] == "sent")
    feeds.refresh_customer(desk.installation, desk.books, row["customer_id"], "estimate")
    deal = next(one for one in desk.deals() if one["Account_Name"])
    desk.link("company-customer", deal["Account_Name"]["id"], row["customer_id"], row["customer_name"])
    estimate = Document.objects.get(books_id=row["estimate_id"])
    desk.client.get(desk.url(deal["id"], "documents/"))
    desk.client.post(desk.url(deal["id"], f"documents/{estimate.pk}/edit/"))
    revision = Document.objects.get(revises=estimate)
    other = next(
        one for one in desk.books.contacts_page().rows
        if one["status"] == "active" and one["contact_id"] != row["customer_id"]
    )  # fmt: skip
    url = desk.url(deal["id"], f"documents/{revision.pk}/customer/")
    assert "is changed there" in text_of(desk.client.post(url, {"customer_id": other["contact_id"]}))
    revision.refresh_from_db()
    assert revision.customer_id == row["customer_id"]


# Choosing bills; pairing is an administrator's


@pytest.fixture
def unpaired(desk: Desk) -> tuple[Desk, dict[str, Any], dict[str, Any]]:
    """A deal of a company that leads to no customer yet, and a customer of Books; the sync has read both."""
    deal = next(one for one in desk.deals() if one["Account_Name"])
    customer = billed_customer(desk)
    link = desk.link(
        "company-customer", deal["Account_Name"]["id"], customer["contact_id"], deal["Account_Name"]["name"]
    )
    Link.objects.filter(pk=link.pk).delete()
    return desk, deal, customer


def test_rule_7_1_choosing_a_customer_bills_it_once_and_pairs_nothing(
    unpaired: tuple[Desk, dict[str, Any], dict[str, Any]],
) -> None:
    desk, deal, customer = unpaired
    form = desk.new(deal["id"])
    assert choose(desk.client, desk, form, customer_id=customer["contact_id"]).status_code == 302
    form.refresh_from_db()
    assert form.customer_id == customer["contact_id"]
    assert not Link.objects.exists()
    foreign = Document.objects.filter(customer_id=customer["contact_id"], state="stands").first()
    assert foreign is not None
    assert desk.client.get(desk.url(deal["id"], f"documents/{foreign.pk}/")).status_code == 404


def test_rule_7_1_an_administrator_may_keep_the_pair_and_then_the_record_leads_to_it(
    unpaired: tuple[Desk, dict[str, Any], dict[str, Any]],
) -> None:
    desk, deal, customer = unpaired
    form = desk.new(deal["id"])
    url = desk.url(deal["id"], f"documents/{form.pk}/")
    assert 'name="keep_pair"' in text_of(
        desk.client.get(url + "customers/", {"customer-q": customer["contact_name"][:6]})
    )
    choose(desk.client, desk, form, customer_id=customer["contact_id"], keep_pair="on")
    match = billing.customer_of(desk.installation, "Accounts", deal["Account_Name"]["id"])
    assert match is not None
    assert match.customer_id == customer["contact_id"]
    assert str(desk.member) in Link.objects.get().reason
    choose(desk.client, desk, form, customer_id=customer["contact_id"], keep_pair="on")
    assert Link.objects.count() == 1


def test_rule_7_1_a_standard_user_cannot_keep_a_pair(
    unpaired: tuple[Desk, dict[str, Any], dict[str, Any]],
) -> None:
    desk, deal, customer = unpaired
    rep = standard(desk)
    client = rep.client
    answer = client.post(desk.url(deal["id"], "new/invoice/"))
    form = Document.objects.get(member=rep.member)
    found = text_of(client.get(answer["Location"] + "customers/", {"customer-q": customer["contact_name"][:6]}))
    assert 'name="keep_pair"' not in found
    assert "An administrator can pair" in found
    refused = choose(client, desk, form, customer_id=customer["contact_id"], keep_pair="on")
    assert "Only an administrator" in text_of(refused)
    form.refresh_from_db()
    assert (form.customer_id, Link.objects.count()) == ("", 0)


def test_a_pair_that_stands_is_not_taken_apart_by_a_choice(
    unpaired: tuple[Desk, dict[str, Any], dict[str, Any]],
) -> None:
    desk, deal, customer = unpaired
    held = desk.link("company-customer", "9000000000001", customer["contact_id"], "Its true company")
    form = desk.new(deal["id"])
    answer = choose(desk.client, desk, form, customer_id=customer["contact_id"], keep_pair="on")
    assert "is paired with Its true company already" in text_of(answer)
    form.refresh_from_db()
    assert (form.customer_id, [one.pk for one in Link.objects.filter(state="linked")]) == ("", [held.pk])
    Link.objects.filter(pk=held.pk).update(bigin=None, state="closed")  # its contact went on as another record
    answer = choose(desk.client, desk, form, customer_id=customer["contact_id"], keep_pair="on")
    assert "is still kept for a record that Bigin does not have any more" in text_of(answer)
    Link.objects.filter(pk=held.pk).update(bigin=held.bigin, state="apart")  # unlinked by hand: it stands no more
    choose(desk.client, desk, form, customer_id=customer["contact_id"], keep_pair="on")
    found = {link.state: link.bigin.remote_id for link in Link.objects.all() if link.bigin}
    assert found == {"refused": "9000000000001", "linked": deal["Account_Name"]["id"]}
