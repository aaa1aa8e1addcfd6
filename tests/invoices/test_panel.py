"""The panel of a record: nothing before the right to it is confirmed, no call before the first paint, few behind it."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Quota, RecordAccess
from invoices import feeds, permissions
from invoices.models import BilledRecord, CustomerBalance, Document
from tests import factories
from tests.invoices.conftest import Desk
from tests.invoices.test_from_a_deal import linked_deal


def calls(desk: Desk, product: str = "books") -> list[str]:
    """Calls to a product since `forget`."""
    rows = [row for row in desk.sandbox.calls()["by"] if row["product"] == product]
    return [f"{row['method']} {row['endpoint']}" for row in rows for _ in range(row["count"])]


def forget(desk: Desk) -> None:
    desk.sandbox.control("DELETE", "calls")


def text_of(answer: Any) -> str:
    return re.sub(r"\s+", " ", answer.content.decode())


def test_the_first_paint_calls_nobody_and_shows_nothing_before_the_members_own_yes(desk: Desk) -> None:
    deal, customer = linked_deal(desk)
    feeds.refresh_customer(desk.installation, desk.books, customer["contact_id"], "invoice")
    forget(desk)
    answer = desk.client.get(desk.url(deal["id"]))
    assert answer.status_code == 200
    assert calls(desk) == calls(desk, "bigin") == []
    assert customer["contact_name"] not in text_of(answer)
    assert 'data-test="loading"' in text_of(answer)
    assert f'hx-get="{desk.url(deal["id"], "documents/")}"' in text_of(answer)


def test_the_second_request_asks_bigin_once_with_the_members_own_token_and_shows_the_mirror(desk: Desk) -> None:
    deal, customer = linked_deal(desk)
    feeds.refresh_customer(desk.installation, desk.books, customer["contact_id"], "invoice")
    forget(desk)
    answer = desk.client.get(desk.url(deal["id"], "documents/?all=1"))
    assert calls(desk) == []
    assert calls(desk, "bigin") == ["GET /Pipelines/{id}"] * 2  # the member's right, then what the deal says
    shown = Document.objects.filter(customer_id=customer["contact_id"]).order_by("-date", "-id")
    assert re.findall(r'data-test="open">([^<]+)<', text_of(answer)) == [one.number for one in shown[:20]]
    assert RecordAccess.objects.get().allowed


def test_rule_8_1_behind_it_one_list_and_one_contact_and_nothing_while_they_are_fresh(
    desk: Desk, later: Callable[[timedelta], None]
) -> None:
    deal, _ = linked_deal(desk)
    desk.client.get(desk.url(deal["id"], "documents/?all=1"))
    forget(desk)
    desk.client.get(desk.url(deal["id"], "refresh/?all=1"))
    assert sorted(calls(desk)) == ["GET /contacts/{id}", "GET /invoices"]
    forget(desk)
    for _ in range(3):
        desk.client.get(desk.url(deal["id"], "refresh/?all=1"))
    assert calls(desk) == []
    desk.client.get(desk.url(deal["id"], "refresh/?all=1&tab=estimate"))
    assert calls(desk) == ["GET /estimates"]
    later(timedelta(minutes=5, seconds=1))
    forget(desk)
    desk.client.get(desk.url(deal["id"], "refresh/?all=1"))
    assert sorted(calls(desk)) == ["GET /contacts/{id}", "GET /invoices"]


def test_rule_8_1_nothing_is_read_behind_it_with_less_than_five_percent_of_the_quota(
    desk: Desk, one_moment: datetime
) -> None:
    deal, _ = linked_deal(desk)
    desk.client.get(desk.url(deal["id"], "documents/"))
    values = {"limit": 1000, "remaining": 49, "resets_at": one_moment + timedelta(hours=3)}
    Quota.objects.update_or_create(
        installation=desk.installation, product="books", day=one_moment.date(), defaults=values
    )
    forget(desk)
    desk.client.get(desk.url(deal["id"], "refresh/"))
    assert calls(desk) == []


def test_the_figures_are_books_own_and_overdue_counts_from_the_due_date(desk: Desk, one_moment: datetime) -> None:
    deal, customer = linked_deal(desk)
    desk.client.get(desk.url(deal["id"], "documents/?all=1"))
    answer = desk.client.get(desk.url(deal["id"], "refresh/?all=1"))
    detail = desk.books.contact(customer["contact_id"])
    assert detail
    figures = answer.context["shown"].figures
    assert figures.outstanding == detail["outstanding_receivable_amount"]
    rows = Document.objects.filter(
        customer_id=customer["contact_id"], kind="invoice", due_date__lt=timezone.localdate()
    )
    unpaid = [row.balance for row in rows if row.status in ("sent", "overdue", "partially_paid") and row.balance]
    assert figures.overdue == sum(unpaid)


def test_a_panel_takes_at_most_twelve_statements_whatever_the_number_of_documents(desk: Desk) -> None:
    deal, customer = linked_deal(desk)
    desk.client.get(desk.url(deal["id"], "documents/"))
    counts = []
    for number in (5, 500):
        made = [
            Document(
                installation=desk.installation, kind="invoice", state="stands", books_id=f"9{number}{index}",
                customer_id=customer["contact_id"], number=f"X-{index}", date=timezone.localdate(), status="sent",
            )
            for index in range(number)
        ]  # fmt: skip
        Document.objects.bulk_create(made)
        for rest in ("", "documents/?all=1"):
            with CaptureQueriesContext(
                connection,
            ) as statements:
                assert desk.client.get(desk.url(deal["id"], rest)).status_code == 200
            counts.append(len(statements))
    assert counts[:2] == counts[2:]
    assert max(counts) <= 12, counts


def test_rule_7_6_a_deal_shows_its_own_documents_and_on_demand_all_of_the_customers(desk: Desk) -> None:
    deal, customer = linked_deal(desk)
    feeds.refresh_customer(desk.installation, desk.books, customer["contact_id"], "invoice")
    desk.press(desk.new(deal["id"]), "save")
    desk.worker.run()
    mine = Document.objects.get(record_id=deal["id"])
    answer = desk.client.get(desk.url(deal["id"], "documents/"))
    assert re.findall(r'data-test="open">([^<]+)<', text_of(answer)) == [mine.number]
    whole = desk.client.get(desk.url(deal["id"], "documents/?all=1"))
    assert (
        whole.context["shown"].page.paginator.count
        == Document.objects.filter(customer_id=customer["contact_id"], kind="invoice").count()
    )


def test_search_and_status_narrow_the_list(desk: Desk) -> None:
    deal, customer = linked_deal(desk)
    for number, status in (("A-1", "paid"), ("A-2", "draft"), ("B-1", "paid")):
        Document.objects.create(
            installation=desk.installation, kind="invoice", state="stands", books_id=f"9{number}",
            customer_id=customer["contact_id"], number=number, status=status, date=timezone.localdate(),
        )  # fmt: skip

    def numbers(query: str) -> set[str]:
        answer = desk.client.get(desk.url(deal["id"], f"documents/?all=1&{query}"))
        return set(re.findall(r'data-test="open">([^<]+)<', text_of(answer))) & {"A-1", "A-2", "B-1"}

    assert numbers("q=A-") == {"A-1", "A-2"}
    assert numbers("q=A-&status=paid") == {"A-1"}
    assert numbers("status=nonsense") == {"A-1", "A-2", "B-1"}
    assert numbers("q=%00A-") == {"A-1", "A-2"}


def test_with_zoho_down_the_panel_shows_what_it_knew_and_says_how_old_it_is(
    desk: Desk, later: Callable[[timedelta], None]
) -> None:
    deal, customer = linked_deal(desk)
    desk.client.get(desk.url(deal["id"], "documents/?all=1"))
    desk.client.get(desk.url(deal["id"], "refresh/?all=1"))
    number = Document.objects.filter(customer_id=customer["contact_id"]).order_by("-date", "-id")[0].number
    later(timedelta(minutes=20))
    desk.sandbox.fault("error_before", times=0)
    answer = desk.client.get(desk.url(deal["id"], "documents/?all=1"))
    assert number in text_of(answer)
    assert "Bigin does not answer right now" in text_of(answer)
    assert "As Books said 20" in text_of(answer)
    assert 'data-test="new"' not in text_of(answer)


def test_rule_7_7_a_no_of_bigin_ends_it_at_once_and_writes_nothing(desk: Desk) -> None:
    answer = desk.client.get(desk.url("999999999", "documents/"))
    assert answer.status_code == 403
    assert desk.client.post(desk.url("999999999", "new/invoice/")).status_code == 403
    assert not Document.objects.exists()
    assert not BilledRecord.objects.exists()


def test_rule_7_7_with_bigin_down_an_older_yes_counts_for_reading_only(
    desk: Desk, later: Callable[[timedelta], None]
) -> None:
    deal, _ = linked_deal(desk)
    document = desk.new(deal["id"])
    later(timedelta(minutes=16))
    desk.sandbox.fault("error_before", times=0)
    assert desk.client.get(desk.url(deal["id"], "documents/")).status_code == 200
    assert desk.client.post(desk.url(deal["id"], "new/invoice/")).status_code == 403
    answer = desk.client.post(desk.url(deal["id"], f"documents/{document.pk}/form/"), {"op": "save"})
    assert answer.status_code == 403
    later(timedelta(hours=24))
    assert desk.client.get(desk.url(deal["id"], "documents/")).status_code in (401, 403)


def standard(desk: Desk) -> Desk:
    """The same installation, seen by somebody without the Administrator profile."""
    email = next(
        user["email"]
        for user in desk.sandbox.users
        if user["profile"] != "Administrator" and user["bigin_org"] == desk.installation.bigin_org_id
    )
    member = factories.connected_member(desk.installation, desk.sandbox, email)
    client = factories.signed_in_client(member)
    return Desk(desk.sandbox, desk.installation, member, client, desk.worker)


def test_rule_7_7_standard_users_view_create_and_send_but_neither_void_nor_delete(desk: Desk) -> None:
    deal, _ = linked_deal(desk)
    person = standard(desk)
    document = person.new(deal["id"])
    assert person.press(document, "save").status_code == 302
    desk.worker.run()
    document.refresh_from_db()
    page = text_of(person.client.get(person.url(deal["id"], f"documents/{document.pk}/")))
    assert 'data-test="email"' in page
    assert 'data-test="act-void"' not in page
    assert 'data-test="act-delete"' not in page
    for op in ("void", "delete"):
        answer = person.client.post(person.url(deal["id"], f"documents/{document.pk}/act/{op}/"))
        assert answer.status_code == 403
    assert document.actions.exclude(op="comment").count() == 0


@pytest.mark.parametrize(("taken", "path"), [("view", ""), ("create", "new/invoice/")])
def test_rule_7_7_what_an_administrator_takes_away_is_gone(desk: Desk, taken: str, path: str) -> None:
    deal, _ = linked_deal(desk)
    rights = permissions.standard_rights(desk.installation)
    permissions.save_standard_rights(desk.installation, {one: rights[one] and one != taken for one in rights})
    person = standard(desk)
    answer = person.client.post(person.url(deal["id"], "new/invoice/"))
    assert answer.status_code == 403
    shown = person.client.get(person.url(deal["id"], "documents/"))
    assert (shown.status_code == 403) is (taken == "view")
    assert not Document.objects.filter(member=person.member).exists()


def test_hostile_names_are_text(desk: Desk) -> None:
    deal, customer = linked_deal(desk)
    hostile = "<img src=x onerror=alert(1)>"
    desk.client.get(desk.url(deal["id"], "documents/"))
    BilledRecord.objects.update(label=hostile)
    Document.objects.create(
        installation=desk.installation, kind="invoice", state="stands", books_id="91", record_label=hostile,
        customer_id=customer["contact_id"], number=hostile, status=hostile[:40], date=timezone.localdate(),
    )  # fmt: skip
    page = text_of(desk.client.get(desk.url(deal["id"], "documents/?all=1")))
    assert "&lt;img src=x onerror=alert(1)&gt;" in page
    assert "<img" not in page


def test_the_balance_row_is_one_for_a_customer(desk: Desk) -> None:
    deal, _ = linked_deal(desk)
    desk.client.get(desk.url(deal["id"], "documents/?all=1"))
    for tab in ("invoice", "estimate", "salesorder"):
        desk.client.get(desk.url(deal["id"], f"refresh/?all=1&tab={tab}"))
    assert set(CustomerBalance.objects.get().listed) == {"invoice", "estimate", "salesorder"}


def test_zoho_invoice_has_no_sales_orders(make_desk: Callable[..., Desk]) -> None:
    desk = make_desk("invoice")
    deal, _ = linked_deal(desk)
    page = text_of(desk.client.get(desk.url(deal["id"], "documents/")))
    assert 'data-test="tab-invoice"' in page
    assert 'data-test="tab-salesorder"' not in page
    assert desk.client.post(desk.url(deal["id"], "new/salesorder/")).status_code == 404
