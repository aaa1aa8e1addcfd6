"""Bigin's errors: of a whole request and of one record (bigin-api.md 8). Both render to the same object."""

from __future__ import annotations

from typing import Any

from sandbox.core import ApiError, Refusal, Reply


class BiginError(ApiError):
    """A refusal of the whole request."""


class RecordError(Exception):
    """A refusal of one record; it becomes an item of `data`."""

    def __init__(self, code: str, message: str, details: dict[str, Any]) -> None:
        super().__init__(code)
        self.code = code
        self.message = message
        self.details = details

    def item(self) -> dict[str, Any]:
        return {"code": self.code, "details": self.details, "message": self.message, "status": "error"}


def invalid_data(details: dict[str, Any], message: str = "invalid data") -> BiginError:
    return BiginError(400, "INVALID_DATA", message, details)


def invalid_param(name: str) -> BiginError:
    return invalid_data({"param_name": name})


def required_param(name: str) -> BiginError:
    return BiginError(400, "REQUIRED_PARAM_MISSING", "One of the expected parameter is missing", {"param_name": name})


def invalid_module(in_param: bool = False) -> BiginError:
    where: dict[str, Any] = {"param_name": "module"} if in_param else {"resource_path_index": 0}
    return BiginError(400, "INVALID_MODULE", "the module name given seems to be invalid", where)


def no_permission(permission: str) -> BiginError:
    return BiginError(403, "NO_PERMISSION", "permission denied", {"permissions": [permission]})


def ambiguity(*names: str) -> BiginError:
    details = {"ambiguity_due_to": [{"param_name": name} for name in names]}
    return BiginError(400, "AMBIGUITY_DURING_PROCESSING", "Ambiguity while processing the request", details)


def invalid_query(reason: str, name: str = "", operator: str = "") -> BiginError:
    details = {"reason": reason, "api_name": name, "operator": operator}
    return BiginError(400, "INVALID_QUERY", "Invalid query formed", details)


_REQUEST = "unable to process your request. please verify whether you have entered proper method name, parameter and parameter values."  # noqa: E501
_FRAME = {
    "no_token": ("AUTHENTICATION_FAILURE", "Authentication failed"),
    "bad_scheme": ("INVALID_REQUEST", _REQUEST),
    "invalid_token": ("INVALID_TOKEN", "invalid oauth token"),
    "scope": ("OAUTH_SCOPE_MISMATCH", "invalid oauth scope to access this URL"),
    "not_found": ("INVALID_URL_PATTERN", "Please check if the URL trying to access is a correct one"),
    "method": ("INVALID_REQUEST_METHOD", "The http request method type is not a valid one"),
    "bad_json": ("INVALID_DATA", "invalid json"),
    "too_large": ("REQUEST_ENTITY_TOO_LARGE", "the request entity is too large"),
    "rate_limited": ("TOO_MANY_REQUESTS", "You have exceeded the maximum number of requests"),
    "concurrency": ("TOO_MANY_REQUESTS", "Too many concurrent requests"),
    "quota": ("TOO_MANY_REQUESTS", "You have used up the API credits of your organisation"),
    "unavailable": ("INTERNAL_ERROR", "Internal Server Error"),
    "internal": ("INTERNAL_ERROR", "Internal Server Error"),
}


def render(error: ApiError) -> Reply:
    code, message = str(error.code), error.message
    if isinstance(error, Refusal):
        code, message = _FRAME[error.kind]
    return Reply(error.status, {"code": code, "details": error.details, "message": message, "status": "error"})
