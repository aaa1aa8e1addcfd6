"""The errors of the Books API: one exception and one constructor per kind. Rendering them is envelope.py's work."""

from __future__ import annotations

from typing import Any

from sandbox.core import ApiError


class BooksError(ApiError):
    """An answer with a non-zero `code`. `extra` is merged into the body, `headers` into the reply."""

    def __init__(
        self,
        status: int,
        code: int,
        message: str,
        *,
        extra: dict[str, Any] | None = None,
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(status, code, message, extra)
        self.headers = headers or {}


def invalid_value(field: str) -> BooksError:
    return BooksError(400, 2, f"Invalid value passed for {field}")


def missing(field: str) -> BooksError:
    """A mandatory field is absent or empty (books-api.md section 7, code 15, from memory)."""
    return BooksError(400, 15, f"Please enter a value for {field}.")


def too_long(field: str, limit: int) -> BooksError:
    return BooksError(400, 15, f"Please ensure that the {field} has less than {limit} characters.")


def bad_json() -> BooksError:
    return BooksError(400, 4, "Invalid JSON passed in the request.")


def empty_body() -> BooksError:
    return BooksError(400, 11, "JSONString is missing or empty.")


def invalid_url() -> BooksError:
    return BooksError(404, 5, "Invalid URL Passed")


def does_not_exist(thing: str) -> BooksError:
    return BooksError(404, 1002, f"{thing} does not exist.")


def already_exists(message: str) -> BooksError:
    return BooksError(400, 1001, message)


def unauthorized(message: str = "You are not authorized to perform this operation") -> BooksError:
    return BooksError(401, 57, message)


def wrong_organization(organization_id: str) -> BooksError:
    text = f"This user is not associated with the CompanyID/CompanyName:{organization_id}."
    return BooksError(400, 6041, text)


def organization_missing() -> BooksError:
    return BooksError(400, 9017, "This user is not associated with any organization: organization_id is missing.")


def duplicate_name(name: str, role: str) -> BooksError:
    text = f'The {role} "{name}" already exists. Please specify a different name.'
    return BooksError(400, 3062, text)
