"""The REST API: whose token, what is there, what is not; one key is one document."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client

from accounts.models import ApiToken
from invoices import api_tokens, bodies, settling
from invoices.models import Catalogue, Document
from sync.models import Issue, Module, ModuleSetting, Run
from tests import factories
from tests.invoices.conftest import Desk
from tests.invoices.test_from_a_deal import linked_deal

pytestmark = pytest.mark.django_db


def caller(secret: str) -> Client:
    return Client(headers={"Authorization": f"Bearer {secret}"})


@pytest.fixture
def api(desk: Desk) -> Client:
    return caller(api_tokens.make(desk.installation, desk.member))


def wish(deal: dict[str, Any], **more: Any) -> str:
    return json.dumps({"key": "k1", "module": "Pipelines", "record_id": deal["id"], "kind": "invoice", **more})


def create(api: Client, body: str) -> Any:
    return api.post("/api/v1/documents", body, content_type="application/json")


def test_without_a_token_or_with_a_revoked_one_nothing_answers(desk: Desk) -> None:
    secret = api_tokens.make(desk.installation, desk.member)
    assert caller(secret).get("/api/v1/status").status_code == 200
    for client in (Client(), caller("nonsense"), caller("\u00e9"), Client(headers={"Authorization": "Basic x"})):
        answer = client.get("/api/v1/status")
        assert (answer.status_code, answer["WWW-Authenticate"]) == (401, "Bearer")
    newer = api_tokens.make(desk.installation, desk.member)
    assert caller(secret).get("/api/v1/status").status_code == 401
    api_tokens.revoke(desk.installation, desk.member)
    assert caller(newer).get("/api/v1/status").status_code == 401


def test_the_token_is_stored_as_a_hash(desk: Desk) -> None:
    secret = api_tokens.make(desk.installation, desk.member)
    row = ApiToken.objects.get()
    assert secret not in json.dumps({name: str(value) for name, value in vars(row).items()})


def test_status_runs_and_issues(desk: Desk, api: Client) -> None:
    run = Run.objects.create(installation=desk.installation, trigger="person", state="done", counts={"customers": {}})
    issue = Issue.objects.create(
        installation=desk.installation, module=Module.CUSTOMERS, kind="skipped", code="no_name", reason="No name."
    )
    status = api.get("/api/v1/status").json()
    assert (status["id"], status["open_issues"]) == (str(desk.installation.pk), 1)
    assert [row["module"] for row in status["modules"]] == ["customers", "products"]
    assert [row["id"] for row in api.get("/api/v1/runs").json()] == [run.pk]
    assert api.get(f"/api/v1/runs/{run.pk}").json()["trigger"] == "person"
    assert [row["code"] for row in api.get("/api/v1/issues").json()] == ["no_name"]
    assert api.post(f"/api/v1/issues/{issue.pk}/retry").status_code == 202
    issue.refresh_from_db()
    assert issue.retry_at is not None


def test_sync_now_says_what_came_of_it(desk: Desk, api: Client) -> None:
    answer = api.post("/api/v1/sync", "{}", content_type="application/json")
    assert (answer.status_code, answer.json()) == (202, {"result": "not_started"})
    assert ModuleSetting.objects.filter(installation=desk.installation).count() == 2
    bad = api.post("/api/v1/sync", '{"modules": ["nonsense"]}', content_type="application/json")
    assert bad.status_code == 400


def test_one_key_is_one_document(desk: Desk, api: Client) -> None:
    deal, customer = linked_deal(desk)
    before = len(desk.made(customer_id=customer["contact_id"]))
    first = create(api, wish(deal))
    again = create(api, wish(deal))
    assert (first.status_code, again.status_code) == (202, 202)
    assert first.json()["id"] == again.json()["id"]
    desk.worker.run()
    shown = api.get(f"/api/v1/documents/{first.json()['id']}").json()
    assert shown["state"] == "stands"
    assert shown["number"].startswith("INV-")
    assert len(desk.made(customer_id=customer["contact_id"])) == before + 1
    listed = api.get(f"/api/v1/records/Pipelines/{deal['id']}/documents").json()
    assert first.json()["id"] in {row["id"] for row in listed}
    assert create(api, wish(deal)).json()["number"] == shown["number"]


CREATE = {"product": "books", "method": "POST", "path": r"/invoices$"}


def in_doubt(desk: Desk, api: Client, deal: dict[str, Any], fault: str) -> Document:
    """An order whose answer was lost, in an organisation without the unique field of rules 7.4."""
    made = create(api, wish(deal)).json()["id"]
    Catalogue.objects.update(fields={})
    desk.sandbox.fault(fault, times=1, **CREATE)
    desk.worker.run()
    return Document.objects.get(pk=made)


def test_rule_7_4_the_same_key_again_looks_again_for_what_books_did_not_confirm(desk: Desk, api: Client) -> None:
    deal, customer = linked_deal(desk)
    before = len(desk.made(customer_id=customer["contact_id"]))
    document = in_doubt(desk, api, deal, "drop_before")
    assert document.state == "unconfirmed"
    shown = api.get(f"/api/v1/documents/{document.pk}").json()
    assert "did not confirm" in shown["error"]
    assert "Send the same key again" in shown["error"]
    document.refresh_from_db()
    late = desk.books.create_document("invoices", bodies.to_books(settling.draft_of(document)))
    again = create(api, wish(deal))
    assert (again.status_code, again.json()["id"], again.json()["state"]) == (202, str(document.pk), "checking")
    assert "It is being looked for" in again.json()["error"]
    desk.worker.run()
    shown = api.get(f"/api/v1/documents/{document.pk}").json()
    assert (shown["state"], shown["books_id"], shown["error"]) == ("stands", late["invoice_id"], "")
    assert len(desk.made(customer_id=customer["contact_id"])) == before + 1


def test_rule_7_4_a_look_on_demand_sends_nothing(desk: Desk, api: Client) -> None:
    deal, customer = linked_deal(desk)
    before = len(desk.made(customer_id=customer["contact_id"]))
    document = in_doubt(desk, api, deal, "drop_before")
    for _ in range(2):
        create(api, wish(deal))
        desk.worker.run()
        document.refresh_from_db()
        assert document.state == "unconfirmed"
    assert len(desk.made(customer_id=customer["contact_id"])) == before


def test_a_person_on_the_records_page_may_decide_what_a_program_asked_for(desk: Desk, api: Client) -> None:
    deal, customer = linked_deal(desk)
    before = len(desk.made(customer_id=customer["contact_id"]))
    document = in_doubt(desk, api, deal, "drop_before")
    here = desk.url(deal["id"], f"documents/{document.pk}/")
    assert 'data-test="create-anyway"' in desk.client.get(here).content.decode()
    assert desk.client.post(here + "decide/anyway/").status_code == 302
    assert desk.client.get(here).status_code == 200
    desk.worker.run()
    document.refresh_from_db()
    assert document.state == "stands"
    assert len(desk.made(customer_id=customer["contact_id"])) == before + 1


def test_a_refused_order_is_read_by_a_person_but_is_not_their_form(desk: Desk, api: Client) -> None:
    deal, _ = linked_deal(desk)
    made = create(api, wish(deal)).json()["id"]
    Document.objects.filter(pk=made).update(state="refused", error="Books refused this: it is a test.")
    here = desk.url(deal["id"], f"documents/{made}/")
    page = desk.client.get(here).content.decode()
    assert "it is a test" in page
    assert 'data-test="draft-form"' not in page
    assert desk.client.post(here + "form/", {"op": "save"}).status_code == 404


def test_an_item_that_is_sold_no_more_is_named_by_its_line(desk: Desk, api: Client) -> None:
    deal, _ = linked_deal(desk)
    item = desk.books.create_item({"name": "Short-lived", "rate": 5})
    made = create(api, wish(deal, lines=[{"name": "Visa", "rate": "5"}, {"item_id": item["item_id"], "rate": "5"}]))
    assert made.status_code == 202
    desk.books.item_inactive(item["item_id"])
    desk.worker.run()
    shown = api.get(f"/api/v1/documents/{made.json()['id']}").json()
    assert (shown["state"], shown["error"]) == (
        "refused",
        "Some items are not sold any more. lines-1-name: This item is not to be sold any more. Choose another.",
    )


def test_what_is_wished_replaces_what_the_deal_says(desk: Desk, api: Client) -> None:
    deal, _ = linked_deal(desk)
    lines = [{"name": "Visa", "quantity": "2", "rate": "12.50"}]
    made = create(api, wish(deal, reference="PO-1", date="2026-06-01", lines=lines))
    assert made.status_code == 202, made.content
    desk.worker.run()
    document = Document.objects.get(pk=made.json()["id"])
    row = desk.books.document("invoices", document.books_id or "")
    assert row
    assert (row["reference_number"], row["date"], row["total"]) == ("PO-1", "2026-06-01", 25)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"lines": [{"name": "x", "quantity": "-1", "rate": "1"}]}, "lines-0-quantity"),
        ({"date": "2026-06-01", "end_date": "2026-05-01"}, "end_date"),
        ({"lines": [{"rate": "1"}]}, "lines-0-name"),
    ],
)
def test_bad_wishes_are_refused_field_by_field_and_keep_nothing(
    desk: Desk, api: Client, change: dict[str, Any], field: str
) -> None:
    deal, _ = linked_deal(desk)
    answer = create(api, wish(deal, **change))
    assert answer.status_code == 422, answer.content
    assert list(answer.json()["wrong"]) == [field]
    assert not Document.objects.exists()


def test_a_deal_that_was_billed_wants_a_word_here_too(desk: Desk, api: Client) -> None:
    deal, _ = linked_deal(desk)
    create(api, wish(deal))
    desk.worker.run()
    assert list(create(api, wish(deal, key="k2")).json()["wrong"]) == ["bill_again"]
    assert create(api, wish(deal, key="k2", bill_again=True)).status_code == 202


def test_another_installations_token_finds_nothing_here(desk: Desk, api: Client) -> None:
    deal, _ = linked_deal(desk)
    made = create(api, wish(deal)).json()["id"]
    run = Run.objects.create(installation=desk.installation, trigger="person", state="done")
    issue = Issue.objects.create(
        installation=desk.installation, module="customers", kind="skipped", code="x", reason="x"
    )
    other = factories.make_installation()
    stranger = caller(api_tokens.make(other, factories.make_member(other)))
    for path in (f"documents/{made}", f"runs/{run.pk}"):
        assert stranger.get(f"/api/v1/{path}").status_code == 404
    assert stranger.post(f"/api/v1/issues/{issue.pk}/retry").status_code == 404
    issue.refresh_from_db()
    assert issue.retry_at is None
    assert stranger.get(f"/api/v1/records/Pipelines/{deal['id']}/documents").json() == []
    assert stranger.get("/api/v1/runs").json() == stranger.get("/api/v1/issues").json() == []


def test_a_record_that_is_not_there_is_404_and_zoho_down_is_503(desk: Desk, api: Client) -> None:
    deal, _ = linked_deal(desk)
    assert create(api, wish({"id": "123"})).status_code == 404
    desk.sandbox.fault("error_before", product="bigin", times=0)
    answer = create(api, wish(deal))
    assert (answer.status_code, "cannot be reached" in answer.json()["detail"]) == (503, True)
    assert not Document.objects.exists()


@pytest.mark.parametrize(
    "path", ["nothing", "issues/-1/retry", "runs/x", "documents/1", "records/Pipelines/x/documents"]
)
def test_an_address_that_leads_nowhere_is_answered_as_json(api: Client, path: str) -> None:
    for answer in (api.get(f"/api/v1/{path}"), api.post(f"/api/v1/{path}")):
        assert (answer.status_code, answer.json()) == (404, {"detail": "Not found."})


def test_zoho_invoice_takes_no_sales_orders(make_desk: Any) -> None:
    desk = make_desk("invoice")
    api = caller(api_tokens.make(desk.installation, desk.member))
    deal, _ = linked_deal(desk)
    assert create(api, wish(deal, kind="salesorder")).status_code == 409
