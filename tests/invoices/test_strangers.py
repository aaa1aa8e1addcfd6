"""Every address of documents, for a stranger, another organisation and another record: nothing shown, nothing done."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from invoices.models import Action, Document
from tests import factories
from tests.invoices.conftest import Desk
from tests.invoices.test_detail import standing
from tests.invoices.test_panel import text_of

GETS = ("", "content/", "email/", "items/?line=0", "customers/?customer-q=ab")
POSTS = (
    "form/", "totals/", "customer/", "discard/", "decide/cancel/", "decide/check/", "decide/anyway/", "decide/choose/",
    "act/sent/", "act/void/", "act/delete/", "act/comment/", "action/1/", "convert/invoice/", "edit/", "email/", "pdf/",
)  # fmt: skip


def urls(desk: Desk, document: Document, record: str = "") -> list[tuple[str, str]]:
    base = desk.url(record or document.record_id, f"documents/{document.pk}/")
    return [("get", base + rest) for rest in GETS] + [("post", base + rest) for rest in POSTS]


def snapshot() -> list[Any]:
    rows = Document.objects.order_by("pk").values("pk", "state", "status", "books_id", "version", "error")
    return [*rows, *Action.objects.order_by("pk").values("pk", "state")]


def test_a_stranger_is_asked_to_sign_in_everywhere(desk: Desk, client: Any) -> None:
    document = standing(desk)
    before = snapshot()
    for method, url in urls(desk, document):
        answer = getattr(client, method)(url)
        assert answer.status_code == 401, url
        assert document.number not in text_of(answer)
    assert snapshot() == before


def test_an_administrator_of_another_organisation_finds_nothing(desk: Desk) -> None:
    document = standing(desk)
    other = factories.connected_installation(desk.sandbox, user="priya.ramanujam@second-org.example")
    member = factories.connected_member(other, desk.sandbox, "priya.ramanujam@second-org.example")
    client = factories.signed_in_client(member)
    before = snapshot()
    for method, url in urls(desk, document):
        answer = getattr(client, method)(url)
        assert answer.status_code in (403, 404), url
        assert document.number not in text_of(answer)
    for rest in ("", "documents/", "refresh/"):
        page = text_of(client.get(desk.url(document.record_id, rest)))
        assert document.number not in page
        assert document.customer_name not in page
    assert client.post(desk.url(document.record_id, "new/invoice/")).status_code == 403
    assert snapshot() == before


def test_a_document_is_not_found_below_a_record_that_does_not_lead_to_it(desk: Desk) -> None:
    document = standing(desk)
    elsewhere = next(row["id"] for row in desk.deals() if row["id"] != document.record_id and not row["Account_Name"])
    before = snapshot()
    for method, url in urls(desk, document, elsewhere):
        assert getattr(desk.client, method)(url).status_code == 404, url
    assert snapshot() == before


def test_a_colleagues_open_form_is_theirs(desk: Desk) -> None:
    from tests.invoices.test_from_a_deal import linked_deal  # noqa: PLC0415

    deal, _ = linked_deal(desk)
    document = desk.new(deal["id"])
    colleague = factories.connected_member(desk.installation, desk.sandbox, "jonas.brandvik@wanderlust-travel.example")
    client = factories.signed_in_client(colleague)
    for method, url in urls(desk, document):
        assert getattr(client, method)(url).status_code == 404, url
    theirs = client.post(desk.url(deal["id"], "new/invoice/"))["Location"]
    assert str(document.pk) not in theirs


@pytest.mark.parametrize("record", ["0", "9" * 40, "9" * 41, "x", "%00", "..%2f..", "1%27"])
def test_ids_that_are_none_lead_nowhere(desk: Desk, record: str) -> None:
    for rest in ("", "documents/", "refresh/", f"documents/{uuid.uuid4()}/"):
        assert desk.client.get(f"/embed/record/Pipelines/{record}/{rest}").status_code in (200, 403, 404)
    assert desk.client.get("/embed/record/Leads/1/").status_code == 404


def test_settings_are_the_administrators(desk: Desk, client: Any) -> None:
    paths = ("/embed/documents/settings/", "/embed/documents/settings/token/", "/embed/documents/settings/check/")
    person = factories.connected_member(desk.installation, desk.sandbox, "amara.delacroix@wanderlust-travel.example")
    for caller, status in ((client, 401), (factories.signed_in_client(person), 403)):
        for path in paths:
            assert caller.post(path, {"void": "on", "what": "make"}).status_code == status
    desk.installation.refresh_from_db()
    assert "standard_rights" not in desk.installation.settings
    assert not hasattr(desk.installation, "api_token")
