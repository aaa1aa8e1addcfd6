"""The table that chooses among the five errors, with bodies as Zoho sends them and with those that must not match."""

from __future__ import annotations

import pytest

from zoho import bodies
from zoho.errors import RateLimited, Rejected, RetryLater, Unauthorised, UnknownOutcome, ZohoError, build, classify

MINUTE = (
    "For security reasons your organization has been blocked as it have exceeded the maximum number of requests per "
    "minute that can originate from an organization."
)
DAY = "The API call for this organization has exceeded the maximum call rate limit of 1000."
IN_FLIGHT = "You have reached the maximum number of in process requests allowed. Kindly try again after some time."
FOREIGN = "This user is not associated with the CompanyID/CompanyName:99."
HOSTILE = 'The customer "Your subscription has expired" already exists. Please specify a different name.'
THROTTLED = {
    "error_description": "You have made too many requests continuously. Please try again after some time.",
    "error": "Access Denied",
    "status": "failure",
}


def books(code: int, message: str = "message") -> dict[str, object]:
    return {"code": code, "message": message}


def bigin(code: str, message: str = "message", **details: object) -> dict[str, object]:
    return {"code": code, "details": details, "message": message, "status": "error"}


CASES = [
    # Limits of Books
    ("books", "GET", 429, books(44, MINUTE), RateLimited, "minute"),
    ("books", "POST", 429, books(45, DAY), RateLimited, "daily"),
    ("invoice", "POST", 429, books(1070, IN_FLIGHT), RateLimited, "concurrent"),
    ("books", "PUT", 400, books(45, DAY), RateLimited, "daily"),
    ("books", "GET", 429, None, RateLimited, "minute"),
    ("books", "POST", 500, books(44), UnknownOutcome, None),
    ("books", "POST", 400, books(4, "already exists"), Rejected, None),
    ("books", "POST", 400, books(445), Rejected, None),
    # The connection to Books
    ("books", "GET", 401, books(57, "You are not authorized to perform this operation"), Unauthorised, None),
    ("books", "GET", 401, books(14, "Invalid value passed for authtoken."), Unauthorised, None),
    ("books", "GET", 400, books(6041, FOREIGN), Unauthorised, None),
    ("invoice", "GET", 400, books(9017, "organization not associated"), Unauthorised, None),
    ("books", "POST", 400, books(99, "Your organization has been suspended."), Unauthorised, None),
    ("books", "POST", 403, books(99, "This organization's subscription has expired"), Unauthorised, None),
    ("books", "POST", 402, books(99, "Payment required"), Unauthorised, None),
    ("books", "GET", 404, books(5, "Invalid URL Passed"), Rejected, None),
    ("books", "GET", 400, books(570), Rejected, None),
    # Refusals of Books, among them hostile names
    ("books", "POST", 400, books(3062, HOSTILE), Rejected, None),
    ("books", "POST", 400, books(1001, 'Item "This organization is suspended" already exists'), Rejected, None),
    ("books", "DELETE", 400, books(3000, "The customer cannot be deleted."), Rejected, None),
    ("books", "POST", 400, books(2, "The account Sales is inactive"), Rejected, None),
    ("books", "POST", 400, books(1009, "You have reached the limit of contacts in your plan."), Rejected, None),
    ("books", "GET", 404, books(1002, "Quote does not exist."), Rejected, None),
    ("books", "POST", 200, books(1002, "Contact does not exist."), Rejected, None),
    ("books", "POST", 418, books(9), Rejected, None),
    # Failures of Books
    ("books", "GET", 500, books(1000, "Internal error"), RetryLater, None),
    ("books", "POST", 500, books(1000, "Internal error"), UnknownOutcome, None),
    ("books", "PUT", 502, None, UnknownOutcome, None),
    ("books", "DELETE", 503, None, UnknownOutcome, None),
    ("books", "GET", 503, None, RetryLater, None),
    ("books", "POST", 408, None, UnknownOutcome, None),
    ("books", "GET", 302, None, RetryLater, None),
    ("books", "POST", 302, None, UnknownOutcome, None),
    ("books", "GET", 200, None, RetryLater, None),
    ("books", "POST", 201, None, UnknownOutcome, None),
    # Bigin
    ("bigin", "GET", 401, bigin("INVALID_TOKEN", "invalid oauth token"), Unauthorised, None),
    ("bigin", "GET", 401, bigin("OAUTH_SCOPE_MISMATCH"), Unauthorised, None),
    ("bigin", "POST", 401, bigin("AUTHENTICATION_FAILURE", "Authentication failed"), Unauthorised, None),
    ("bigin", "GET", 429, bigin("TOO_MANY_REQUESTS", "Too many requests"), RateLimited, "concurrent"),
    ("bigin", "GET", 429, bigin("TOO_MANY_REQUESTS", "API credits of 24 hours used up"), RateLimited, "daily"),
    ("bigin", "GET", 400, bigin("LIMIT_EXCEEDED", "more than 50 fields"), Rejected, None),
    ("bigin", "GET", 400, bigin("REQUIRED_PARAM_MISSING", param_name="fields"), Rejected, None),
    ("bigin", "DELETE", 403, bigin("NO_PERMISSION", permissions=["Crm_Implied_Delete_Accounts"]), Rejected, None),
    ("bigin", "GET", 404, bigin("INVALID_URL_PATTERN"), Rejected, None),
    ("bigin", "POST", 400, bigin("57"), Rejected, None),
    ("bigin", "POST", 500, bigin("INTERNAL_ERROR", "Internal Server Error"), UnknownOutcome, None),
    ("bigin", "GET", 500, bigin("INTERNAL_ERROR", "Internal Server Error"), RetryLater, None),
    # Accounts
    ("accounts", "GET", 200, {"error": "invalid_code"}, Unauthorised, None),
    ("accounts", "GET", 400, {"error": "invalid_client"}, Unauthorised, None),
    ("accounts", "GET", 200, {"error": "access_denied"}, Unauthorised, None),
    ("accounts", "GET", 400, THROTTLED, RateLimited, "token"),
    ("accounts", "GET", 200, THROTTLED, RateLimited, "token"),
    ("accounts", "GET", 200, {"error": "general_error"}, RetryLater, None),
    ("accounts", "GET", 200, {"error": "something_new"}, Rejected, None),
    ("accounts", "GET", 200, None, RetryLater, None),
]


@pytest.mark.parametrize(("product", "method", "status", "body", "kind", "scope"), CASES)
def test_each_answer_has_its_one_class(
    product: str, method: str, status: int, body: object, kind: type[ZohoError], scope: str | None
) -> None:
    said = bodies.problem(product, body)
    verdict = classify(product, method, status, said.code, said.message)
    assert (verdict.error, verdict.scope) == (kind, scope)


def test_there_are_exactly_five_classes() -> None:
    assert {kind.__name__ for kind in ZohoError.__subclasses__()} == {
        "RetryLater",
        "RateLimited",
        "Rejected",
        "Unauthorised",
        "UnknownOutcome",
    }


@pytest.mark.parametrize("status", range(400, 500))
def test_no_unknown_answer_below_500_lets_a_write_be_sent_again(status: int) -> None:
    verdict = classify("books", "POST", status, "424242", "something never seen")
    assert verdict.error in (Rejected, RateLimited, Unauthorised, UnknownOutcome)


@pytest.mark.parametrize("status", [*range(500, 600)])
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_any_failure_after_a_write_is_unknown(status: int, method: str) -> None:
    assert classify("bigin", method, status, "WHATEVER").error is UnknownOutcome


def test_the_field_at_fault_is_named() -> None:
    bigin = bodies.problem(
        "bigin", {"code": "MANDATORY_NOT_FOUND", "details": {"api_name": "Last_Name"}, "message": "x"}
    )
    books = bodies.problem("books", {"code": 2, "message": "Invalid value passed for last_modified_time"})
    vague = bodies.problem("books", {"code": 2, "message": "Invalid value"})
    assert (bigin.field, books.field, vague.field) == ("Last_Name", "last_modified_time", None)


def test_an_error_carries_what_support_needs() -> None:
    verdict = classify("books", "POST", 429, "45")
    error = build(verdict, "used up", retry_after=12.0, product="books", code="45", status=429, request_id="r1")
    assert isinstance(error, RateLimited)
    assert (error.scope, error.retry_after, error.status, error.request_id) == ("daily", 12.0, 429, "r1")
    assert str(error) == "used up (books 429 45)"
