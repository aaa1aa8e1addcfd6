"""What tests of sign-in and setup share: an empty counter of knocks, and a consent as a browser would give it."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import TYPE_CHECKING
from urllib.error import HTTPError
from urllib.parse import parse_qs, urlencode, urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

import pytest
from django.core.cache import cache
from django.test import Client

from accounts import throttle
from accounts.tickets import challenge_of
from sandbox.testing import Sandbox

if TYPE_CHECKING:
    from django.test.client import _MonkeyPatchedWSGIResponse as Response
else:
    from django.http import HttpResponse as Response

__all__ = ["OWN_ORIGIN", "VERIFIER", "Popup", "Response", "consent"]
OWN_ORIGIN = "http://localhost:8000"
VERIFIER = "a-verifier-that-only-this-page-knows-0123456789"


@pytest.fixture(autouse=True)
def no_knocks_counted_yet() -> Iterator[None]:
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def one_window(monkeypatch: pytest.MonkeyPatch) -> None:
    """The counter's windows are cut out of real time: without this one may end in the middle of a test."""
    monkeypatch.setattr(throttle, "time", SimpleNamespace(time=lambda: 1_800_000_000.0))


class _StayHere(HTTPRedirectHandler):
    def redirect_request(self, *_: object) -> None:
        return None


def consent(address: str, zuid: str, decision: str = "accept") -> str:
    """Answers the sandbox's consent page as that person; returns the address it sends the browser to."""
    parts = urlsplit(address)
    given = {name: values[0] for name, values in parse_qs(parts.query).items()} | {"zuid": zuid, "decision": decision}
    request = Request(f"{parts.scheme}://{parts.netloc}{parts.path}", urlencode(given).encode(), method="POST")
    with pytest.raises(HTTPError) as sent_back:
        build_opener(_StayHere).open(request, timeout=10)
    with sent_back.value as answer:
        assert answer.code == 303, answer.read(500)
        return str(answer.headers["Location"])


@dataclass
class Popup:
    """A browser that walks from the start page over the sandbox's consent to our callback."""

    sandbox: Sandbox
    client: Client = field(default_factory=Client)

    def zuid(self, email: str) -> str:
        return next(str(user["zuid"]) for user in self.sandbox.users if str(user["email"]).startswith(email))

    def walk(self, start: str, who: str, decision: str = "accept", **query: str) -> Response:
        asked = {"challenge": challenge_of(VERIFIER)} if "mode" not in query else {}
        started = self.client.get(start, {**asked, **query})
        assert started.status_code == 302, started.content
        back = consent(started["Location"], self.zuid(who), decision)
        parts = urlsplit(back)
        assert f"{parts.scheme}://{parts.netloc}" == OWN_ORIGIN
        return self.client.get(f"{parts.path}?{parts.query}")


@pytest.fixture
def popup(sandbox: Sandbox) -> Popup:
    return Popup(sandbox)
