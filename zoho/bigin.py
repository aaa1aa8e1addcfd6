"""Bigin's REST API, version 2: records, metadata, users, search, notes and notification channels.

One method is one call (but `users`, which pages). What the fields mean to us is not known here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NoReturn

from zoho import bodies
from zoho.client import Answer, Client
from zoho.errors import RetryLater, UnknownOutcome, ZohoError, build, classify
from zoho.ids import segment, segments
from zoho.times import bigin_time, parse_time_or_none

MAX_RECORDS = 100
MAX_FIELDS = 50
PAGE = 200
MAX_PAGES = 100
NOTE_FIELDS = ("Note_Title", "Note_Content", "Created_Time", "Modified_Time", "Owner", "Created_By")
_ESCAPED = str.maketrans({char: f"\\{char}" for char in "(),\\"})

Row = dict[str, Any]


@dataclass(frozen=True)
class Page:
    """One page of a list. `next_token` is None on the last one and where the list has no tokens.

    `requested_at` is taken just before sending, `server_date` from the answer's Date header. `not_modified`: nothing
    changed since the time that was asked about.
    """

    rows: list[Row]
    more: bool
    next_token: str | None
    requested_at: datetime
    server_date: datetime | None
    not_modified: bool = False


@dataclass(frozen=True)
class Outcome:
    """What became of one record of a write; `id` is "" where Bigin names none."""

    ok: bool
    id: str
    code: str
    message: str
    details: Mapping[str, Any] = field(default_factory=dict)
    modified_time: datetime | None = None

    @property
    def field(self) -> str | None:
        named = self.details.get("api_name") or self.details.get("param_name")
        return named if isinstance(named, str) else None

    def error(self, method: str = "POST") -> ZohoError | None:
        """As one of the five errors; None when it went well."""
        if self.ok:
            return None
        status = 500 if self.code in ("INTERNAL_ERROR", "INTERNAL_SERVER_ERROR") else 400
        verdict = classify("bigin", method, status, self.code, self.message)
        return build(
            verdict,
            self.message,
            field=self.field,
            product="bigin",
            code=self.code,
            status=status,
            details=self.details,
        )


class Bigin:
    """Every method calls the network and raises the errors of `zoho.errors`."""

    def __init__(self, client: Client) -> None:
        self.client = client

    # Records

    def page(  # noqa: PLR0913 - a list has as many parameters
        self,
        module: str,
        fields: Sequence[str],
        *,
        page: int | None = None,
        page_token: str | None = None,
        per_page: int = PAGE,
        sort_by: str | None = None,
        sort_order: str | None = None,
        cvid: str | None = None,
        if_modified_since: datetime | None = None,
    ) -> Page:
        """One page of a list; by number only the first 2,000 records can be reached, beyond that by token."""
        _check_fields(fields)
        params = {
            "fields": list(fields),
            "page": None if page_token else page,
            "page_token": page_token,
            "per_page": per_page,
            "sort_by": sort_by,
            "sort_order": sort_order,
            "cvid": cvid,
        }
        headers = {"If-Modified-Since": bigin_time(if_modified_since)} if if_modified_since else None
        return _page(self.client.request("GET", f"/{segment(module)}", params, headers=headers))

    def get(self, module: str, record_id: str, fields: Sequence[str] | None = None) -> Row | None:
        """One record, or None when it is missing, deleted or hidden from the token's user (204)."""
        _check_fields(fields or ())
        answer = self.client.request("GET", f"/{segment(module)}/{segment(record_id)}", {"fields": fields or None})
        rows = _rows(answer, "data")
        return rows[0] if rows else None

    def insert(self, module: str, rows: Sequence[Mapping[str, Any]]) -> list[Outcome]:
        """Creates up to 100 records, with no workflow (rules 1.2); outcomes in the order of `rows`."""
        return self._write("POST", module, rows)

    def update(self, module: str, rows: Sequence[Mapping[str, Any]]) -> list[Outcome]:
        """Changes up to 100 records, each with its `id`; None clears a field, an absent one is left as it is."""
        if any(not row.get("id") for row in rows):
            raise ValueError("an update needs the id of every record")
        return self._write("PUT", module, rows)

    def delete(self, module: str, ids: Sequence[str]) -> list[Outcome]:
        """Deletes up to 100 records, with no workflow; a company takes its contacts with it (reference, 5.6)."""
        _check_count(ids)
        params = {"ids": segments(ids), "wf_trigger": False}
        return _outcomes(self.client.request("DELETE", f"/{segment(module)}", params), ids)

    def deleted(
        self,
        module: str,
        type: str = "all",  # noqa: A002 - as Bigin names it
        page: int = 1,
        if_modified_since: datetime | None = None,
    ) -> Page:
        """One page of the deleted list; `type` is all, recycle or permanent."""
        headers = {"If-Modified-Since": bigin_time(if_modified_since)} if if_modified_since else None
        params = {"type": type, "page": page, "per_page": PAGE}
        return _page(self.client.request("GET", f"/{segment(module)}/deleted", params, headers=headers))

    def related(
        self,
        module: str,
        record_id: str,
        related_list: str,
        fields: Sequence[str],
        *,
        page: int = 1,
        per_page: int = PAGE,
    ) -> Page:
        """One page of a related list. An unknown record is Rejected, not an empty page (reference, 5.11)."""
        _check_fields(fields)
        path = f"/{segment(module)}/{segment(record_id)}/{segment(related_list)}"
        params = {"fields": list(fields), "page": page, "per_page": per_page}
        return _page(self.client.request("GET", path, params))

    def search(
        self,
        module: str,
        criteria: str | None = None,
        *,
        word: str | None = None,
        email: str | None = None,
        phone: str | None = None,
        fields: Sequence[str] | None = None,
        page: int = 1,
        per_page: int = PAGE,
    ) -> Page:
        """By exactly one of the four. The index lags 10-20 s and `equals` matches words, not values: compare again."""
        asked = {"criteria": criteria, "word": word, "email": email, "phone": phone}
        if sum(value is not None for value in asked.values()) != 1:
            raise ValueError("search by exactly one of criteria, word, email and phone")
        params = {**asked, "fields": fields or None, "page": page, "per_page": per_page}
        return _page(self.client.request("GET", f"/{segment(module)}/search", params))

    def count(self, module: str, *, cvid: str | None = None) -> int:
        answer = self.client.request("GET", f"/{segment(module)}/actions/count", {"cvid": cvid})
        count = answer.data.get("count") if isinstance(answer.data, dict) else None
        if isinstance(count, int) or (isinstance(count, str) and count.isdigit()):
            return int(count)
        return 0 if answer.status == 204 else _unreadable(answer)

    # Metadata, users, organisation

    def modules(self) -> list[Row]:
        return _rows(self.client.request("GET", "/settings/modules"), "modules")

    def fields(self, module: str) -> list[Row]:
        return self._setting("fields", module)

    def layouts(self, module: str) -> list[Row]:
        return self._setting("layouts", module)

    def custom_views(self, module: str) -> list[Row]:
        return self._setting("custom_views", module)

    def custom_view(self, module: str, view_id: str) -> Row | None:
        """One list view with its criteria, which the list of views may leave out."""
        answer = self.client.request("GET", f"/settings/custom_views/{segment(view_id)}", {"module": module})
        rows = _rows(answer, "custom_views")
        return rows[0] if rows else None

    def current_user(self) -> Row:
        rows = _rows(self.client.request("GET", "/users", {"type": "CurrentUser"}), "users")
        return rows[0] if rows else _absent("Bigin does not say whose token this is.")

    def users(self, type: str = "AllUsers") -> list[Row]:  # noqa: A002 - as Bigin names it
        """All pages."""
        users: list[Row] = []
        for page in range(1, MAX_PAGES):
            answer = self.client.request("GET", "/users", {"type": type, "page": page, "per_page": PAGE})
            users += _rows(answer, "users")
            if _info(answer).get("more_records") is not True:
                break
        return users

    def org(self) -> Row:
        rows = _rows(self.client.request("GET", "/org"), "org")
        return rows[0] if rows else _absent("Bigin does not say which organisation this is.")

    # Notes

    def notes(self, module: str, record_id: str, *, page: int = 1) -> Page:
        return self.related(module, record_id, "Notes", NOTE_FIELDS, page=page)

    def add_note(self, module: str, record_id: str, title: str, content: str) -> Outcome:
        note = {"Note_Title": title, "Note_Content": content}
        answer = self.client.request("POST", f"/{segment(module)}/{segment(record_id)}/Notes", json={"data": [note]})
        return _outcomes(answer, [""])[0]

    # Notification channels

    def channels(self) -> list[Row]:
        return _rows(self.client.request("GET", "/actions/watch", {"page": 1, "per_page": PAGE}), "watch")

    def watch(self, channel_id: str, events: Iterable[str], notify_url: str, token: str, expiry: datetime) -> Outcome:
        """Opens a channel, or opens it again with a later end; at most a day ahead, else Bigin gives an hour or two."""
        channel = {
            "channel_id": segment(channel_id),
            "events": list(events),
            "notify_url": notify_url,
            "token": token,
            "channel_expiry": bigin_time(expiry),
        }
        return _outcomes(self.client.request("POST", "/actions/watch", json={"watch": [channel]}), [channel_id])[0]

    def unwatch(self, channel_ids: Sequence[str]) -> list[Outcome]:
        """Closes channels; one that is gone has the code NOT_SUBSCRIBED."""
        _check_count(channel_ids)
        params = {"channel_ids": segments(channel_ids)}
        return _outcomes(self.client.request("DELETE", "/actions/watch", params), channel_ids)

    def _write(self, method: str, module: str, rows: Sequence[Mapping[str, Any]]) -> list[Outcome]:
        _check_count(rows)
        body = {"data": list(rows), "trigger": []}
        ids = [str(row.get("id") or "") for row in rows]
        return _outcomes(self.client.request(method, f"/{segment(module)}", json=body), ids)

    def _setting(self, what: str, module: str) -> list[Row]:
        return _rows(self.client.request("GET", f"/settings/{what}", {"module": module}), what)


def criterion(field: str, comparison: str, value: str) -> str:
    """One search criterion, its value escaped; the client encodes it for the address."""
    return f"({field}:{comparison}:{value.translate(_ESCAPED)})"


def _check_fields(fields: Sequence[str]) -> None:
    if len(fields) > MAX_FIELDS:
        raise ValueError(f"at most {MAX_FIELDS} fields a call, not {len(fields)}")


def _check_count(rows: Sequence[Any]) -> None:
    if not 1 <= len(rows) <= MAX_RECORDS:
        raise ValueError(f"1 to {MAX_RECORDS} records a call, not {len(rows)}")


def _rows(answer: Answer, key: str) -> list[Row]:
    if answer.status in (204, 304):
        return []
    rows = answer.data.get(key) if isinstance(answer.data, dict) else None
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        _unreadable(answer)
    return rows


def _info(answer: Answer) -> Row:
    info = answer.data.get("info") if isinstance(answer.data, dict) else None
    return info if isinstance(info, dict) else {}


def _page(answer: Answer) -> Page:
    rows, info = _rows(answer, "data"), _info(answer)
    token = info.get("next_page_token")
    return Page(
        rows=rows,
        more=info.get("more_records") is True,
        next_token=token if isinstance(token, str) and token else None,
        requested_at=answer.requested_at,
        server_date=answer.server_date,
        not_modified=answer.status == 304,
    )


def _outcomes(answer: Answer, ids: Sequence[str]) -> list[Outcome]:
    """In the order sent; `ids` are those known beforehand, for answers that leave them out."""
    results = bodies.record_results(answer.data) or []
    if len(results) != len(ids):
        raise UnknownOutcome(
            f"Bigin told the outcome of {len(results)} of {len(ids)} records.",
            product="bigin",
            status=answer.status,
            request_id=answer.request_id,
        )
    return [_outcome(result, known) for result, known in zip(results, ids, strict=True)]


def _outcome(result: Row, known: str) -> Outcome:
    details = result.get("details")
    details = details if isinstance(details, dict) else {}
    return Outcome(
        ok=result["status"] == "success",
        id=str(details.get("id") or known),
        code=result["code"],
        message=str(result.get("message") or ""),
        details=details,
        modified_time=parse_time_or_none(details.get("Modified_Time")),
    )


def _unreadable(answer: Answer) -> NoReturn:
    raise RetryLater(
        "Bigin's answer is not of the expected shape.",
        product="bigin",
        code="unexpected_body",
        status=answer.status,
        request_id=answer.request_id,
    )


def _absent(message: str) -> NoReturn:
    raise RetryLater(message, product="bigin", code="unexpected_body")
