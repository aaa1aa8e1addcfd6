"""A server that answers as a test scripts it, and remembers what it was sent. It knows nothing of Zoho."""

from __future__ import annotations

import json
import socket
import ssl
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal
from urllib.parse import parse_qs, urlsplit

Fault = Literal["", "drop", "cut", "hang", "chunked"]


@dataclass(frozen=True)
class Reply:
    """`drop` closes after reading the request, `cut` in mid-body; `hang` says nothing till the test ends."""

    status: int = 200
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    fault: Fault = ""

    def content(self) -> bytes:
        if self.body is None:
            return b""
        return self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()


@dataclass(frozen=True)
class Seen:
    method: str
    path: str
    query: dict[str, str]
    headers: Message[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def form(self) -> dict[str, str]:
        return {key: values[0] for key, values in parse_qs(self.body.decode()).items()}


class Scripted:
    """Replies in order; one reply too few is an answer of status 599, which no rule knows."""

    def __init__(self) -> None:
        self.replies: list[Reply] = []
        self.seen: list[Seen] = []
        self.closing = threading.Event()
        self.url = ""

    def script(self, *replies: Reply) -> None:
        self.replies += replies

    def next(self) -> Reply:
        return self.replies.pop(0) if self.replies else Reply(599, {"code": "SCRIPT_ENDED"})


def _handler(scripted: Scripted) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _answer(self) -> None:
            parts = urlsplit(self.path)
            length = int(self.headers.get("Content-Length") or 0)
            query = {key: values[0] for key, values in parse_qs(parts.query, keep_blank_values=True).items()}
            scripted.seen.append(Seen(self.command, parts.path, query, self.headers, self.rfile.read(length)))
            self._send(scripted.next())

        do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = _answer  # noqa: N815

        def _send(self, reply: Reply) -> None:
            if reply.fault:
                self.close_connection = True
            if reply.fault == "hang":
                scripted.closing.wait(30)
            if reply.fault in ("drop", "hang"):
                self.connection.shutdown(socket.SHUT_RDWR)
                return
            content = reply.content()
            if reply.fault == "chunked":
                self._send_chunks(reply, content)
                return
            self.send_response(reply.status)
            for name, value in {"Content-Type": "application/json;charset=UTF-8", **reply.headers}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content) + (100 if reply.fault == "cut" else 0)))
            self.end_headers()
            self.wfile.write(content)

        def _send_chunks(self, reply: Reply, content: bytes) -> None:
            """In chunks of five bytes, and without the last, empty one: as from a server that dies."""
            self.send_response(reply.status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            for start in range(0, len(content), 5):
                piece = content[start : start + 5]
                self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
                self.wfile.flush()

        def log_message(self, *_: object) -> None:
            return None

    return Handler


@contextmanager
def running() -> Iterator[Scripted]:
    scripted = Scripted()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(scripted))
    server.daemon_threads = True
    scripted.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield scripted
    finally:
        scripted.closing.set()
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def refusing_port() -> Iterator[str]:
    """An address where nobody listens: the port is held, so that nobody else takes it."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{held.getsockname()[1]}"


@contextmanager
def listening() -> Iterator[tuple[socket.socket, int]]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener, listener.getsockname()[1]


def shake_hands(listener: socket.socket, context: ssl.SSLContext) -> None:
    """Takes one connection and shows it a certificate, which the other side is expected to refuse."""
    connection, _ = listener.accept()
    with connection, suppress(ssl.SSLError, OSError), context.wrap_socket(connection, server_side=True) as wrapped:
        wrapped.recv(1)
