"""The mailbox: the mails that the topping's server sent, where it puts them into a folder instead (`--mail-folder`).

Only reads that folder: a file holds one mail or more as they were sent, each followed by a line of 79 dashes.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

from sandbox.core import ApiError, Reply, Request, Route
from sandbox.web.pages import html

NEWEST = 200  # files that are looked at
_END = b"\n" + b"-" * 79 + b"\n"
_START = b"Content-Type:"


@dataclass(frozen=True)
class Mail:
    key: str
    at: str
    to: str
    subject: str
    body: str


def mails(folder: Path) -> list[Mail]:
    """Newest first. A mail that is being written is left out until it is whole."""
    files = sorted(folder.glob("*.log"), reverse=True)[:NEWEST] if folder.is_dir() else []
    found = [_read(raw) for file in files for raw in _parts(file.read_bytes())]
    return sorted(found, key=lambda mail: mail.at, reverse=True)


def _parts(content: bytes) -> list[bytes]:
    """A line of dashes inside a mail's text ends nothing: what follows does not begin as a mail."""
    parts: list[bytes] = []
    for piece in content.split(_END)[:-1]:
        if parts and not piece.startswith(_START):
            parts[-1] += _END + piece
        else:
            parts.append(piece)
    return parts


def _read(raw: bytes) -> Mail:
    message = message_from_bytes(raw, policy=policy.default)
    plain = message.get_body(("plain",))
    return Mail(
        hashlib.sha256(raw).hexdigest()[:24],
        _moment(message),
        str(message.get("To", "")),
        str(message.get("Subject", "")).strip() or "(no subject)",
        plain.get_content() if isinstance(plain, EmailMessage) else "",
    )


def _moment(message: EmailMessage) -> str:
    try:
        return parsedate_to_datetime(str(message.get("Date", ""))).strftime("%Y-%m-%d %H:%M:%S")
    except ValueError:
        return ""


def _folder(request: Request) -> Path:
    folder = request.world.options.mail_folder
    if folder is None:
        raise ApiError(404, "not_found", "This sandbox was started without --mail-folder, so it has no mailbox.")
    return Path(folder)


def listed(request: Request) -> Reply:
    return _page("mailbox.html", mails=mails(_folder(request)))


def one(request: Request) -> Reply:
    found = [mail for mail in mails(_folder(request)) if mail.key == request.params["key"]]
    if not found:
        raise ApiError(404, "not_found", "There is no such mail.")
    return _page("mailbox_mail.html", mail=found[0])


def _page(template: str, **context: Any) -> Reply:
    return html(f"mailbox/{template}", **context)


ROUTES = [Route("GET", "/", listed), Route("GET", "/{key}", one)]
