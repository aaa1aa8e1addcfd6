"""Issue 5's bad input on the form itself: refused next to the field or explained, and nothing half-created."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

import pytest

from accounts import connections
from invoices.models import BilledRecord, Catalogue, Document
from sync.models import Link
from tests import factories
from tests.invoices.conftest import Desk
from tests.invoices.test_from_a_deal import linked_deal
from tests.invoices.test_panel import forget, text_of
from tests.invoices.test_whose_customer import company, deal


def nothing_was_sent(desk: Desk, document: Document) -> None:
    desk.worker.run()
    document.refresh_from_db()
    assert document.books_id is None
    writes = [row for row in desk.sandbox.calls()["by"] if row["product"] == "books" and row["method"] != "GET"]
    assert writes == []


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"lines-0-quantity": "-2"}, "more than 0"),
        ({"lines-0-quantity": "99999999999"}, "1,000,000,000 at most"),
        ({"lines-0-quantity": "two"}, "Write a number"),
        ({"lines-0-quantity": "1,234"}, "could mean either"),
        ({"lines-0-rate": "1e9"}, "Write a number"),
        ({"lines-0-rate": "-5"}, "cannot be less than 0"),
        ({"lines-0-tax": "404404"}, "not in Books any more"),
        ({"lines-0-name": ""}, "Choose an item or write"),
        ({"date": "2026-05-31", "end_date": "2026-05-01"}, "lies before"),
        ({"date": "yesterday"}, "Write the day as"),
        ({"date": ""}, "Give the date"),
        ({"discount": "140"}, "more than 100"),
        ({"lines-0-rate": "0", "discount": "40"}, "nothing to discount"),
        ({"discount": "-4"}, "cannot be less than 0"),
        ({"discount": "999999999", "discount_kind": "amount"}, "more than the lines add up to"),
        ({"discount_type": "item_level", "lines-0-rate": "0", "lines-0-discount": "40"}, "nothing to discount"),
        ({"discount_type": "item_level", "lines-0-discount": "101"}, "more than 100"),
        ({"lines-0-quantity": "0.1234567"}, "At most 6 decimals"),
        ({"lines-0-rate": "9999999999999"}, "1,000,000,000,000 at most"),
        ({"adjustment": "-99999999"}, "would be less than 0"),
        ({"shipping": "-3"}, "cannot be less than 0"),
        ({"reference": "x" * 51}, "At most 50 characters"),
    ],
)
def test_bad_input_is_refused_next_to_its_field_and_keeps_what_was_typed(
    desk: Desk, changes: dict[str, str], words: str
) -> None:
    document = one_line(desk)
    forget(desk)
    answer = desk.press(document, "save", **{"bill_again": "on", **changes})
    page = text_of(answer)
    assert answer.status_code == 422
    assert re.search(rf'class="wrong"[^>]*>[^<]*{re.escape(words)}', page), page[:3000]
    for value in changes.values():
        assert value in page
    nothing_was_sent(desk, document)


def one_line(desk: Desk) -> Document:
    """An open form with the deal's first line only."""
    deal, _ = linked_deal(desk)
    document = desk.new(deal["id"])
    for index in reversed(range(1, len(document.payload["draft"]["lines"]))):
        desk.press(document, f"remove-{index}")
    return document


def test_two_hundred_lines_are_saved_and_one_more_cannot_be_added(desk: Desk) -> None:
    document = one_line(desk)
    payload = document.payload
    payload["draft"]["lines"] = [
        {**payload["draft"]["lines"][0], "name": f"Line {index}", "item_id": "", "product_id": ""}
        for index in range(200)
    ]
    Document.objects.filter(pk=document.pk).update(payload=payload)
    desk.press(document, "add")
    document.refresh_from_db()
    assert len(document.payload["draft"]["lines"]) == 200
    assert desk.press(document, "save").status_code == 302
    desk.worker.run()
    document.refresh_from_db()
    row = desk.books.document("invoices", document.books_id or "")
    assert row
    assert [line["name"] for line in row["line_items"]] == [f"Line {index}" for index in range(200)]
    assert row["total"] == document.shown_total


def test_more_than_two_hundred_lines_in_a_forged_form_are_refused_above_them(desk: Desk) -> None:
    document = one_line(desk)
    many = {f"lines-{index}-name": "x" for index in range(201)}
    forget(desk)
    answer = desk.press(document, "save", **{"lines-count": "201", **many})
    assert answer.status_code == 422
    assert re.search(r'class="wrong[^>]*>[^<]*holds at most 200 lines; this one has 201', text_of(answer))
    nothing_was_sent(desk, document)


def test_scripts_in_names_and_notes_arrive_as_text(desk: Desk) -> None:
    document = one_line(desk)
    hostile = "<script>alert(1)</script>"
    desk.press(document, "free-0")
    desk.press(document, "save", **{"lines-0-name": hostile, "notes": hostile, "lines-0-description": "a\x00b"})
    desk.worker.run()
    document.refresh_from_db()
    row = desk.books.document("invoices", document.books_id or "")
    assert row
    assert (row["line_items"][0]["name"], row["notes"]) == (hostile, hostile)
    page = text_of(desk.client.get(desk.url(document.record_id, f"documents/{document.pk}/content/")))
    assert "<script>" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page


def item_line(desk: Desk) -> tuple[Document, str]:
    """A form whose first line is an item of Books."""
    document = one_line(desk)
    item = next(row for row in desk.books.items_page().rows if row["status"] == "active")
    desk.press(document, f"item-0-{item['item_id']}")
    return document, item["item_id"]


def beside_the_first_line(desk: Desk, document: Document) -> str:
    page = text_of(desk.client.get(desk.url(document.record_id, f"documents/{document.pk}/")))
    found = re.search(r'id="lines-0-name-wrong"[^>]*>([^<]*)<', page)
    return found[1].strip() if found else ""


def test_an_item_that_was_deleted_meanwhile_is_refused_next_to_it_and_the_form_is_open_again(desk: Desk) -> None:
    document = one_line(desk)
    made = desk.books.create_item({"name": "Short-lived", "rate": Decimal(5)})
    desk.press(document, f"item-0-{made['item_id']}")
    desk.books.delete_item(made["item_id"])
    forget(desk)
    desk.press(document, "save")
    nothing_was_sent(desk, document)
    assert document.state == "refused"
    assert beside_the_first_line(desk, document) == "This item is not in Books any more. Choose another."
    assert desk.form(document)["lines-0-name"] == "Short-lived"
    desk.press(document, "free-0")
    assert beside_the_first_line(desk, document) == ""
    assert desk.press(document, "save").status_code == 302
    desk.worker.run()
    document.refresh_from_db()
    assert (document.state, document.error) == ("stands", "")


def test_an_item_made_inactive_meanwhile_is_refused_next_to_it_when_it_is_saved(desk: Desk) -> None:
    """The sandbox's Books would bill it."""
    document, item_id = item_line(desk)
    desk.books.item_inactive(item_id)
    forget(desk)
    desk.press(document, "save")
    nothing_was_sent(desk, document)
    assert document.state == "refused"
    assert beside_the_first_line(desk, document) == "This item is not to be sold any more. Choose another."


def test_an_item_made_inactive_meanwhile_cannot_be_chosen(desk: Desk) -> None:
    document, item_id = item_line(desk)
    desk.books.item_inactive(item_id)
    assert "not to be sold any more" in text_of(desk.press(document, f"item-0-{item_id}"))


def test_a_line_that_cannot_be_sold_makes_no_customer_either(desk: Desk) -> None:
    made = desk.books.create_item({"name": "Short-lived", "rate": Decimal(5)})
    document = desk.new(deal(desk, Account_Name={"id": company(desk, "Never Made Ltd")}))
    desk.press(document, f"item-0-{made['item_id']}")
    desk.books.delete_item(made["item_id"])
    desk.press(document, "save")
    forget(desk)
    nothing_was_sent(desk, document)
    assert beside_the_first_line(desk, document) == "This item is not in Books any more. Choose another."
    assert "Never Made Ltd" not in {row["contact_name"] for row in desk.books.contacts_page().rows}


def test_a_customer_deleted_meanwhile_is_explained_and_another_can_be_chosen(desk: Desk) -> None:
    deal, _ = linked_deal(desk)
    customer = desk.books.create_contact({"contact_name": "Gone Tomorrow", "contact_type": "customer"})
    Link.objects.all().delete()
    desk.link("company-customer", deal["Account_Name"]["id"], customer["contact_id"], "Gone Tomorrow")
    document = desk.new(deal["id"])
    desk.books.delete_contact(customer["contact_id"])
    desk.press(document, "save")
    desk.worker.run()
    document.refresh_from_db()
    assert document.state == "refused"
    assert "not in Books any more" in document.error
    url = desk.url(deal["id"], f"documents/{document.pk}/")
    assert 'data-test="customer-search"' in text_of(desk.client.get(url))
    other = next(row for row in desk.books.contacts_page().rows if row["status"] == "active")
    assert desk.client.post(url + "customer/", {"customer_id": other["contact_id"]}).status_code == 302
    assert desk.press(document, "save").status_code == 302
    desk.worker.run()
    document.refresh_from_db()
    assert (document.state, document.customer_id) == ("stands", other["contact_id"])


def test_another_organisations_ids_are_refused_or_left_out(desk: Desk) -> None:
    """An item, a tax, a template and a person; whose customer may be chosen is in test_picked_customer.py."""
    other = connections.books(factories.connected_installation(desk.sandbox, user="priya.ramanujam@second-org.example"))
    item = other.create_item({"name": "Theirs", "rate": Decimal(5)})
    theirs = other.create_contact(
        {
            "contact_name": "Theirs", "contact_type": "customer",
            "contact_persons": [{"first_name": "T", "last_name": "Heirs", "email": "t@theirs.example"}],
        }
    )  # fmt: skip
    person = theirs["contact_persons"][0]["contact_person_id"]
    tax = next(row["tax_id"] for row in other.taxes())
    document = one_line(desk)
    assert "not to be sold any more" in text_of(desk.press(document, f"item-0-{item['item_id']}"))
    refused = desk.press(document, "save", **{"lines-0-tax": tax})
    assert (refused.status_code, "not in Books any more" in text_of(refused)) == (422, True)
    changes = {"lines-0-tax": "none", "template_id": "900000000000001", "persons-offered": "1", "persons": person}
    assert desk.press(document, "save", **changes).status_code == 302
    desk.worker.run()
    document.refresh_from_db()
    row = desk.books.document("invoices", document.books_id or "")
    assert row
    assert (row["contact_persons"], document.error) == ([], "")
    assert document.payload["draft"]["template_id"] == ""


def test_rule_6_2_a_foreign_customer_is_billed_at_the_deals_price_over_the_rate(desk: Desk) -> None:
    deal, _ = linked_deal(desk)
    foreign = next(row for row in desk.books.contacts_page().rows if row["currency_code"] != "EUR")
    Link.objects.all().delete()
    desk.link("company-customer", deal["Account_Name"]["id"], foreign["contact_id"], foreign["contact_name"])
    document = desk.new(deal["id"])
    draft = document.payload["draft"]
    rate = Decimal(draft["exchange_rate"])
    for line in draft["lines"]:
        assert Decimal(line["rate"]) == (Decimal(line["deal_price"]) / rate).quantize(Decimal("0.01"))
    forget(desk)
    refused = desk.press(document, "save", exchange_rate="")
    assert refused.status_code == 422
    assert "Give the rate" in text_of(refused)
    nothing_was_sent(desk, document)
    assert desk.press(document, "save", exchange_rate="1.25").status_code == 302
    desk.worker.run()
    document.refresh_from_db()
    row = desk.books.document("invoices", document.books_id or "")
    assert row
    assert (row["currency_code"], row["exchange_rate"]) == (foreign["currency_code"], Decimal("1.25"))


def test_rule_6_2_any_other_pair_of_currencies_waits_for_the_reps_rate(desk: Desk) -> None:
    desk.installation.bigin_currency = "CHF"
    desk.installation.save()
    document = one_line(desk)
    price = Decimal(document.payload["draft"]["lines"][0]["deal_price"])
    assert Decimal(document.payload["draft"]["lines"][0]["rate"]) == 0
    refused = desk.press(document, "save")
    assert "Type the price in EUR" in text_of(refused)
    assert "must be more than 0" in text_of(desk.press(document, "convert", deal_rate="0"))
    desk.press(document, "convert", deal_rate="0.9")
    document.refresh_from_db()
    assert Decimal(document.payload["draft"]["lines"][0]["rate"]) == (price * Decimal("0.9")).quantize(Decimal("0.01"))


def test_rule_7_1_a_record_that_names_nobody_wants_a_customer_picked_and_remembers_it(desk: Desk) -> None:
    like = desk.bigin.get("Pipelines", desk.deals()[0]["id"])
    assert like
    values = {key: like[key] for key in ("Sub_Pipeline", "Stage")}
    [made] = desk.bigin.insert(
        "Pipelines", [{**values, "Deal_Name": "Nobody's", "Amount": 10, "Pipeline": {"id": like["Pipeline"]["id"]}}]
    )
    document = desk.new(made.id)
    assert "Choose whom this is for" in text_of(desk.press(document, "save"))
    url = desk.url(made.id, f"documents/{document.pk}/")
    customer = next(row for row in desk.books.contacts_page().rows if row["status"] == "active")
    name = customer["contact_name"]
    found = desk.client.get(url + "customers/", {"customer-q": name[:6]})
    assert customer["contact_id"] in {one.customer_id for one in found.context["found"].choices}
    assert desk.client.post(url + "customer/", {"customer_id": customer["contact_id"]}).status_code == 302
    assert BilledRecord.objects.get().customer_id == customer["contact_id"]
    assert desk.press(document, "save").status_code == 302
    desk.worker.run()
    document.refresh_from_db()
    assert (document.state, document.customer_id) == ("stands", customer["contact_id"])
    assert desk.new(made.id, "estimate").customer_id == customer["contact_id"]


def test_rule_7_2_a_deal_without_products_is_one_free_line_of_its_name_and_amount(desk: Desk) -> None:
    desk.sandbox.switch(bigin_deal_products="none")
    deal, _ = deal_and_customer(desk)
    [line] = desk.new(deal["id"]).payload["draft"]["lines"]
    assert (line["name"], Decimal(line["rate"]), line["quantity"]) == (deal["Deal_Name"], deal["Amount"], "1")


@pytest.mark.parametrize("shape", ["related_list", "subform", "both"])
def test_rule_7_2_products_are_found_wherever_bigin_keeps_them(desk: Desk, shape: str) -> None:
    deal, _ = linked_deal(desk)
    expected = [line["name"] for line in desk.new(deal["id"]).payload["draft"]["lines"]]
    Document.objects.all().delete()
    desk.sandbox.switch(bigin_deal_products=shape)
    assert sorted(line["name"] for line in desk.new(deal["id"]).payload["draft"]["lines"]) == sorted(expected)


def deal_and_customer(desk: Desk) -> tuple[dict[str, Any], dict[str, Any]]:
    customer = next(row for row in desk.books.contacts_page().rows if row["status"] == "active")
    deal = next(row for row in desk.deals() if row["Account_Name"] and row["Amount"])
    desk.link("company-customer", deal["Account_Name"]["id"], customer["contact_id"], customer["contact_name"])
    return deal, customer


def test_taxes_that_could_not_be_read_are_left_to_books(desk: Desk) -> None:
    document = one_line(desk)
    Catalogue.objects.all().delete()
    page = text_of(desk.client.get(desk.url(document.record_id, f"documents/{document.pk}/")))
    assert "Books adds them when you save" in page
    assert desk.press(document, "save").status_code == 302
