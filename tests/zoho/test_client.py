"""The client against a scripted server: what is sent, what is tried again, and which error each failure becomes."""

from __future__ import annotations

import gzip
import logging
import ssl
import threading
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from tests.infra.conftest import wait_until
from tests.zoho.conftest import MakeClient, Sleeper, Tokens
from tests.zoho.scripted import Reply, Scripted, listening, refusing_port, shake_hands
from zoho import client as client_module
from zoho.client import Timeouts
from zoho.errors import RateLimited, Rejected, RetryLater, Unauthorised, UnknownOutcome
from zoho.limits import Quota

OK = Reply(200, {"code": 0, "message": "success"})
INVALID_TOKEN = Reply(
    401, {"code": "INVALID_TOKEN", "details": {}, "message": "invalid oauth token", "status": "error"}
)
NOT_AUTHORISED = Reply(401, {"code": 57, "message": "You are not authorized to perform this operation"})
WRITES = ["POST", "PUT", "DELETE"]


def test_a_call_says_who_and_which_organisation(server: Scripted, make_client: MakeClient) -> None:
    server.script(OK)
    params = {"flag": True, "ids": ["1", "2"], "none": None, "text": "a+b &c"}
    make_client().request("post", "/contacts", params, json={"rate": Decimal("0.10")}, headers={"X-Upsert": "true"})
    (sent,) = server.seen
    assert (sent.method, sent.path) == ("POST", "/contacts")
    assert sent.query == {"flag": "true", "ids": "1,2", "text": "a+b &c", "organization_id": "700"}
    assert sent.headers["Authorization"] == "Zoho-oauthtoken old"
    assert sent.headers["Content-Type"] == "application/json;charset=UTF-8"
    assert sent.headers["X-Upsert"] == "true"
    assert sent.body == b'{"rate":0.10}'


def test_without_a_body_none_is_sent(server: Scripted, make_client: MakeClient) -> None:
    server.script(OK)
    make_client().request("POST", "/contacts/1/inactive")
    assert (server.seen[0].body, server.seen[0].headers["Content-Type"]) == (b"", None)


def test_an_answer_carries_its_facts(server: Scripted, make_client: MakeClient) -> None:
    headers = {
        "X-Request-Id": "r-1", "Date": "Fri, 09 Oct 2026 19:11:33 GMT",
        "X-Rate-Limit-Limit": "1000", "X-Rate-Limit-Remaining": "998", "X-Rate-Limit-Reset": "3600",
    }  # fmt: skip
    server.script(Reply(201, b'{"code":0,"item":{"rate":1.10,"name":"a\\u0000"}}', headers))
    told: list[Quota] = []
    asked = datetime(2026, 1, 2, tzinfo=UTC)
    client = make_client(on_quota=told.append, now=lambda: asked)
    answer = client.request("POST", "/items", json={})
    assert answer.status == 201
    assert answer.data == {"code": 0, "item": {"rate": Decimal("1.10"), "name": "a\ufffd"}}
    assert answer.noted == ("$.item.name",)
    assert (answer.request_id, answer.requested_at) == ("r-1", asked)
    assert answer.quota == Quota(1000, 998, 3600.0)
    assert told == [answer.quota]
    assert client.last_quota == answer.quota


def test_the_date_header_is_read(server: Scripted, make_client: MakeClient) -> None:
    server.script(OK)
    server_date = make_client().request("GET", "/x").server_date
    assert server_date is not None
    assert abs(server_date - datetime.now(UTC)) < timedelta(minutes=1)


@pytest.mark.parametrize("status", [204, 304])
def test_empty_answers_are_answers(server: Scripted, make_client: MakeClient, status: int) -> None:
    server.script(Reply(status))
    answer = make_client("bigin").request("GET", "/Contacts")
    assert (answer.status, answer.data) == (status, None)


# Reads


def test_a_failed_read_is_tried_three_times_with_growing_waits(
    server: Scripted, make_client: MakeClient, sleeper: Sleeper
) -> None:
    server.script(Reply(500, {"code": 1000, "message": "Internal error"}), Reply(fault="drop"), OK)
    client = make_client()
    assert client.request("GET", "/contacts").status == 200
    assert sleeper.naps == [0.5, 1.0]
    assert client.calls == {"GET /contacts": 3}


def test_a_read_that_keeps_failing_is_retry_later(server: Scripted, make_client: MakeClient, sleeper: Sleeper) -> None:
    server.script(*[Reply(503, b"<html>down</html>", {"Content-Type": "text/html"})] * 9)
    with pytest.raises(RetryLater) as caught:
        make_client().request("GET", "/contacts")
    assert (caught.value.status, len(server.seen), len(sleeper.naps)) == (503, 3, 2)


@pytest.mark.parametrize("reply", [
    Reply(fault="drop"),
    Reply(200, {"code": 0}, fault="cut"),
    Reply(200, b"<html>maintenance</html>", {"Content-Type": "text/html"}),
    Reply(200, b'{"code": 0, "contacts": [', {}),
    Reply(200, []),
    Reply(302, b"", {"Location": "http://127.0.0.1:1/"}),
])  # fmt: skip
def test_a_broken_read_is_retry_later(server: Scripted, make_client: MakeClient, reply: Reply) -> None:
    server.script(reply, reply, reply)
    with pytest.raises(RetryLater):
        make_client().request("GET", "/contacts")
    assert len(server.seen) == 3


# Writes


@pytest.mark.parametrize("method", WRITES)
@pytest.mark.parametrize("reply", [
    Reply(fault="drop"),
    Reply(201, {"code": 0}, fault="cut"),
    Reply(201, {"code": 0}, fault="chunked"),
    Reply(500, {"code": 1000, "message": "Internal error"}),
    Reply(502, b"<html>bad gateway</html>", {"Content-Type": "text/html"}),
    Reply(201, b"<html>done?</html>", {"Content-Type": "text/html"}),
    Reply(307, b"", {"Location": "http://127.0.0.1:1/"}),
])  # fmt: skip
def test_a_write_without_a_clear_answer_is_unknown_and_sent_once(
    server: Scripted, make_client: MakeClient, sleeper: Sleeper, method: str, reply: Reply
) -> None:
    server.script(reply, OK)
    with pytest.raises(UnknownOutcome):
        make_client().request(method, "/contacts/1", json={"notes": "x"})
    assert (len(server.seen), sleeper.naps) == (1, [])


@pytest.mark.parametrize("method", ["GET", *WRITES])
def test_a_timeout_after_sending(server: Scripted, make_client: MakeClient, method: str) -> None:
    server.script(*[Reply(fault="hang")] * 3)
    client = make_client(timeouts=Timeouts(connect=2, read=0.1, total=1))
    with pytest.raises(RetryLater if method == "GET" else UnknownOutcome):
        client.request(method, "/contacts/1")
    # The client gives up on its own clock; on a busy machine the server's threads read what it sent a moment later.
    assert wait_until(lambda: len(server.seen) == (3 if method == "GET" else 1))


@pytest.mark.parametrize("method", ["GET", *WRITES])
def test_a_refused_connection_means_that_nothing_happened(make_client: MakeClient, method: str) -> None:
    with refusing_port() as url, pytest.raises(RetryLater):
        make_client(base_url=url).request(method, "/contacts", json={"notes": "x"})


@pytest.mark.parametrize("method", ["GET", *WRITES])
def test_an_unknown_host_means_that_nothing_happened(make_client: MakeClient, method: str) -> None:
    with pytest.raises(RetryLater):
        make_client(base_url="http://no-such-host.invalid").request(method, "/contacts")


def test_an_answer_that_drips_is_given_up(server: Scripted, make_client: MakeClient) -> None:
    server.script(OK)
    ticks = iter([0.0, 21.0])
    with pytest.raises(UnknownOutcome):
        make_client(clock=lambda: next(ticks)).request("POST", "/contacts", json={})


def test_a_packed_answer_is_unpacked(server: Scripted, make_client: MakeClient) -> None:
    server.script(Reply(200, gzip.compress(b'{"code": 0, "name": "packed"}'), {"Content-Encoding": "gzip"}))
    assert make_client().request("GET", "/contacts").data == {"code": 0, "name": "packed"}


def test_a_foreign_certificate_means_that_nothing_happened(
    make_client: MakeClient, foreign_certificate: ssl.SSLContext
) -> None:
    with listening() as (listener, port):
        thread = threading.Thread(target=shake_hands, args=(listener, foreign_certificate))
        thread.start()
        with pytest.raises(RetryLater):
            make_client(base_url=f"https://localhost:{port}").request("POST", "/contacts", json={"notes": "x"})
        thread.join()


# Refusals


def test_a_refusal_is_told_in_full(server: Scripted, make_client: MakeClient) -> None:
    server.script(Reply(400, {"code": 2, "message": "Invalid value passed for email"}, {"X-Request-Id": "r-9"}))
    with pytest.raises(Rejected) as caught:
        make_client().request("POST", "/contacts", json={"email": "x"})
    error = caught.value
    assert (error.product, error.code, error.status, error.request_id) == ("books", "2", 400, "r-9")
    assert (error.message, error.field) == ("Invalid value passed for email", "email")


def test_books_code_decides_even_under_200(server: Scripted, make_client: MakeClient) -> None:
    server.script(Reply(200, {"code": 1002, "message": "Contact does not exist."}))
    with pytest.raises(Rejected) as caught:
        make_client().request("GET", "/contacts/1")
    assert caught.value.code == "1002"


@pytest.mark.parametrize("status", [200, 201, 202, 207, 400])
def test_results_by_record_are_an_answer_under_any_status(
    server: Scripted, make_client: MakeClient, status: int
) -> None:
    body = {"data": [{"code": "INVALID_DATA", "details": {"id": "1"}, "message": "invalid", "status": "error"}]}
    server.script(Reply(status, body))
    assert make_client("bigin").request("PUT", "/Contacts", json={"data": [{"id": "1"}]}).data == body


@pytest.mark.parametrize(("status", "kind"), [(500, UnknownOutcome), (429, RateLimited), (401, Unauthorised)])
def test_results_by_record_do_not_hide_a_failure_of_the_call(
    server: Scripted, make_client: MakeClient, status: int, kind: type[Exception]
) -> None:
    body = {"data": [{"code": "INVALID_DATA", "details": {}, "message": "invalid", "status": "error"}]}
    server.script(*[Reply(status, body)] * 2)
    with pytest.raises(kind):
        make_client("bigin").request("PUT", "/Contacts", json={"data": []})


# Tokens


@pytest.mark.parametrize("method", ["GET", *WRITES])
@pytest.mark.parametrize(("product", "reply"), [("bigin", INVALID_TOKEN), ("books", NOT_AUTHORISED)])
def test_a_stale_token_is_renewed_once_for_any_method(
    server: Scripted, make_client: MakeClient, tokens: Tokens, method: str, product: str, reply: Reply
) -> None:
    server.script(reply, Reply(200, {"code": 0, "data": []}))
    assert make_client(product).request(method, "/x").status == 200
    assert [seen.headers["Authorization"] for seen in server.seen] == ["Zoho-oauthtoken old", "Zoho-oauthtoken new-1"]
    assert tokens.asked == [False, True]


def test_a_failure_after_a_renewal_does_not_renew_again(
    server: Scripted, make_client: MakeClient, tokens: Tokens
) -> None:
    server.script(NOT_AUTHORISED, Reply(503), OK)
    assert make_client().request("GET", "/x").status == 200
    assert tokens.asked == [False, True, False]


def test_a_missing_scope_costs_one_new_token_and_no_more(
    server: Scripted, make_client: MakeClient, tokens: Tokens
) -> None:
    server.script(*[NOT_AUTHORISED] * 4)
    client = make_client()
    for _ in range(3):
        with pytest.raises(Unauthorised):
            client.request("GET", "/invoices")
    assert (tokens.asked.count(True), len(server.seen)) == (1, 4)


def test_a_foreign_organisation_costs_no_token(server: Scripted, make_client: MakeClient, tokens: Tokens) -> None:
    server.script(Reply(400, {"code": 6041, "message": "This user is not associated with the CompanyID."}))
    with pytest.raises(Unauthorised):
        make_client().request("GET", "/contacts")
    assert tokens.asked == [False]


def test_no_token_means_nothing_sent(server: Scripted, make_client: MakeClient) -> None:
    def revoked(force: bool) -> str:
        raise Unauthorised("revoked", product="accounts", code="invalid_code")

    with pytest.raises(Unauthorised):
        make_client(token=revoked).request("POST", "/contacts", json={})
    assert server.seen == []


def test_a_netrc_file_does_not_replace_the_token(
    server: Scripted, make_client: MakeClient, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login someone password secret\n")
    monkeypatch.setenv("NETRC", str(netrc))
    server.script(OK)
    make_client().request("GET", "/contacts")
    assert server.seen[0].headers["Authorization"] == "Zoho-oauthtoken old"


def test_cookies_are_not_kept(server: Scripted, make_client: MakeClient) -> None:
    server.script(Reply(200, {"code": 0}, {"Set-Cookie": "JSESSIONID=1; Path=/"}), OK)
    client = make_client()
    client.request("GET", "/a")
    client.request("GET", "/b")
    assert server.seen[1].headers["Cookie"] is None


# Limits


@pytest.mark.parametrize(("code", "headers", "scope", "pause"), [
    (44, {}, "minute", 60.0),
    (44, {"Retry-After": "17"}, "minute", 17.0),
    (45, {"X-Rate-Limit-Remaining": "0", "X-Rate-Limit-Reset": "7200"}, "daily", 7200.0),
    (45, {}, "daily", 3600.0),
    (1070, {}, "concurrent", 2.0),
    (1070, {"Retry-After": "Fri, 09 Oct 2026 19:11:33 GMT"}, "concurrent", 2.0),
])  # fmt: skip
def test_a_429_says_which_limit_and_how_long(
    server: Scripted, make_client: MakeClient, code: int, headers: dict[str, str], scope: str, pause: float
) -> None:
    server.script(Reply(429, {"code": code, "message": "no"}, headers))
    with pytest.raises(RateLimited) as caught:
        make_client().request("GET", "/contacts")
    assert (caught.value.scope, caught.value.retry_after, len(server.seen)) == (scope, pause, 1)


def test_patience_waits_out_a_short_pause_even_for_a_write(
    server: Scripted, make_client: MakeClient, sleeper: Sleeper
) -> None:
    server.script(Reply(429, {"code": 1070, "message": "no"}), OK)
    assert make_client(patience=3.0).request("POST", "/contacts", json={}).status == 200
    assert sleeper.naps == [2.0]


def test_patience_has_an_end(server: Scripted, make_client: MakeClient, sleeper: Sleeper) -> None:
    server.script(*[Reply(429, {"code": 1070, "message": "no"})] * 5)
    with pytest.raises(RateLimited):
        make_client(patience=5.0).request("GET", "/contacts")
    assert sleeper.naps == [2.0, 2.0]


# Around a call


def test_a_hook_can_forbid_a_call(
    server: Scripted, make_client: MakeClient, tokens: Tokens, monkeypatch: pytest.MonkeyPatch
) -> None:
    def forbid() -> None:
        raise AssertionError("a transaction is open")

    monkeypatch.setattr(client_module, "before_send", [forbid])
    with pytest.raises(AssertionError, match="a transaction is open"):
        make_client().request("GET", "/contacts")
    assert (server.seen, tokens.asked) == ([], [])


def test_calls_are_counted_by_endpoint(server: Scripted, make_client: MakeClient) -> None:
    server.script(*[OK] * 4)
    client = make_client()
    for path in ("/contacts/1001", "/contacts/1002", "/contacts/1002/contactpersons/77.png", "/settings/taxes"):
        client.request("GET", path)
    assert client.calls == {
        "GET /contacts/{id}": 2,
        "GET /contacts/{id}/contactpersons/{id}": 1,
        "GET /settings/taxes": 1,
    }


def test_nothing_private_is_logged(server: Scripted, make_client: MakeClient, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, logger="zoho")
    server.script(
        Reply(500, {"code": 1000, "message": "secret-message"}),
        Reply(400, {"code": 2, "message": "Invalid value passed for secret-message"}),
        Reply(fault="drop"),
        OK,
    )
    client = make_client(token=lambda _: "secret-token")
    for _ in range(3):
        with pytest.raises((UnknownOutcome, Rejected)):
            client.request("POST", "/contacts", {"email": "secret-query"}, json={"notes": "secret-body"})
    client.request("POST", "/contacts", {"email": "secret-query"}, json={"notes": "secret-body"})
    assert "secret" not in caplog.text
    assert "books POST /contacts" in caplog.text
    assert "code 1000" in caplog.text
    assert "secret-token" not in repr(client)
