"""Answers and requests of Books as the scripted server's tests write them."""

from __future__ import annotations

from typing import Any

from tests.zoho.scripted import Reply, Scripted

DONE = Reply(200, {"code": 0, "message": "Done."})
MISSING = Reply(404, {"code": 1002, "message": "Contact does not exist."})


def ok(status: int = 200, **body: Any) -> Reply:
    return Reply(status, {"code": 0, "message": "success", **body})


def listing(key: str, *rows: dict[str, Any], more: bool = False, **context: Any) -> Reply:
    echo = {"page": 1, "per_page": 200, "has_more_page": more, "report_name": "x", "applied_filter": "Status.All"}
    return Reply(200, {"code": 0, "message": "success", key: list(rows), "page_context": {**echo, **context}})


def calls(server: Scripted) -> list[tuple[str, str]]:
    return [(seen.method, seen.path) for seen in server.seen]
