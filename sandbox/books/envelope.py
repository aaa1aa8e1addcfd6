"""The answers of the Books API: success, created, list pages, and errors as `{"code", "message"}`."""

from __future__ import annotations

from typing import Any

from sandbox.books.errors import BooksError
from sandbox.core import ApiError, Refusal, Reply, Request

BLOCKED = (
    "For security reasons your organization has been blocked as it have exceeded the maximum number of requests "
    "per minute that can originate from an organization."
)
BUSY = "You have reached the maximum number of in process requests allowed. Kindly try again after some time."
_RENDERED: dict[str, tuple[int, int, str]] = {
    "no_token": (401, 57, "You are not authorized to perform this operation"),
    "bad_scheme": (401, 57, "You are not authorized to perform this operation"),
    "invalid_token": (401, 57, "You are not authorized to perform this operation"),
    "scope": (401, 57, "You are not authorized to perform this operation"),
    "not_found": (404, 5, "Invalid URL Passed"),
    "method": (405, 37, "The HTTP method is not allowed for the requested resource."),
    "bad_json": (400, 4, "Invalid JSON passed in the request."),
    "too_large": (400, 4, "The request is too large."),
    "rate_limited": (
        429,
        44,
        BLOCKED,
    ),
    "concurrency": (
        429,
        1070,
        BUSY,
    ),
    "quota": (429, 45, "The API call for this organization has exceeded the maximum call rate limit of 10000."),
    "unavailable": (503, 1000, "Internal error"),
    "internal": (500, 1000, "Internal error"),
}


def render_error(error: ApiError) -> Reply:
    if isinstance(error, BooksError):
        return Reply(error.status, {"code": error.code, "message": error.message, **error.details}, dict(error.headers))
    if isinstance(error, Refusal):
        status, code, message = _RENDERED[error.kind]
        return Reply(error.status if error.kind == "unavailable" else status, {"code": code, "message": message})
    return Reply(error.status, {"code": error.code, "message": error.message})


def success(message: str = "success", **data: Any) -> Reply:
    return Reply(200, {"code": 0, "message": message, **data})


def created(message: str, resource: str, record_id: str, **data: Any) -> Reply:
    """201 with the live `Location: /api/v3/<resource>/<id>` (books-api.md 2.1)."""
    return Reply(201, {"code": 0, "message": message, **data}, {"Location": f"/api/v3/{resource}/{record_id}"})


def page_context(
    request: Request, page: int, per_page: int, more: bool, *, report: str, filter_name: str, column: str, order: str
) -> dict[str, Any]:
    """The live keys in the live order (books-api.md 2.2)."""
    context: dict[str, Any] = {"page": page, "per_page": per_page, "has_more_page": more}
    if report:
        context["report_name"] = report
    if filter_name:
        context["applied_filter"] = filter_name
        context["custom_fields"] = []
    if column:
        context["sort_column"] = column
        context["sort_order"] = order
    search = request.query.get("search_text", "").strip()
    if search:
        context["search_criteria"] = [
            {
                "column_name": "search_text",
                "search_text": search,
                "comparator": "contains",
                "search_text_formatted": search,
            }
        ]
    return context
