"""The API's own OpenAPI document against a live server: no 5xx, nothing that the document does not say."""

from __future__ import annotations

from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from pytest_django.live_server_helper import LiveServer
from redis import Redis
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from invoices import api_tokens, queue
from invoices.api.access import PerInstallation
from invoices.models import Document
from sandbox.testing import Sandbox
from sync.models import Issue, Run
from tests import factories

pytestmark = pytest.mark.django_db(transaction=True)
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]


@pytest.fixture
def served(
    live_server: LiveServer, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, redis_url: str
) -> tuple[str, str]:
    """Address and token of an installation with something of everything."""
    Redis.from_url(redis_url).flushdb()
    monkeypatch.setattr(queue, "later", lambda *_: None)
    monkeypatch.setattr(PerInstallation, "rate", "100000/min")
    installation = factories.connected_installation(sandbox)
    member = factories.connected_member(installation, sandbox, factories.administrator_of(sandbox))
    Run.objects.create(installation=installation, trigger="person", state="done")
    Issue.objects.create(installation=installation, module="customers", kind="skipped", code="x", reason="x")
    Document.objects.create(
        installation=installation, kind="invoice", state="stands", books_id="1", record_module="Contacts", record_id="1"
    )
    return live_server.url, api_tokens.make(installation, member)


@pytest.mark.timeout(600)
def test_the_api_is_what_its_document_says(served: tuple[str, str]) -> None:
    url, token = served
    schema = schemathesis.openapi.from_url(f"{url}/api/v1/schema")
    seen: set[str] = set()
    for result in schema.get_all_operations():
        assert isinstance(result, Ok)
        operation = result.ok()
        seen.add(f"{operation.method.upper()} {operation.path}")

        @settings(
            max_examples=25, deadline=None, database=None, phases=[Phase.explicit, Phase.generate],
            suppress_health_check=list(HealthCheck),
        )  # fmt: skip
        def call(case: Any) -> None:
            case.call_and_validate(headers={"Authorization": f"Bearer {token}"}, checks=CHECKS)

        schemathesis_test(operation, call)
    assert len(seen) == 9


def schemathesis_test(operation: Any, call: Any) -> None:
    from hypothesis import given  # noqa: PLC0415

    given(case=operation.as_strategy())(call)()
