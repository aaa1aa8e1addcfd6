"""A rep takes a document back while the worker still sees to its customer: what they type then is kept."""

from __future__ import annotations

from typing import Any

import pytest

from invoices import creation, customers
from invoices.models import Document
from sync import billing
from tests.invoices.conftest import Desk

FOUND = billing.EnsuredCustomer("460000000000123", None, created=True)
ASKED = billing.Candidates((billing.Candidate("460000000000123", "Alpine Huts Ltd", "similar name"),))


@pytest.mark.parametrize("answer", [FOUND, ASKED], ids=["created", "candidates"])
def test_what_was_typed_after_taking_it_back_is_not_overwritten(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, answer: Any
) -> None:
    deal = next(one for one in desk.deals() if one["Account_Name"])
    document = desk.new(deal["id"])
    assert document.customer_id == ""
    desk.press(document, "save")

    def meanwhile(*_: object, **__: object) -> Any:
        assert creation.cancel(document)
        desk.press(document, "compute", reference="typed after taking it back")
        assert creation.submit(Document.objects.get(pk=document.pk), total=None, send_after=False)
        return answer

    monkeypatch.setattr(customers, "ensure", meanwhile)
    task, pk, _seconds = desk.worker.jobs.pop(0)
    assert (task, pk) == ("create", str(document.pk))
    creation.create(Document.objects.get(pk=pk))
    document.refresh_from_db()
    assert (document.state, document.payload["draft"]["reference"]) == ("queued", "typed after taking it back")
    assert "candidates" not in document.payload
