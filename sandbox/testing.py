"""For tests of any client: a sandbox in a process of its own on a free port, and its control doors as methods."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

ROOT = Path(__file__).resolve().parent.parent
BIGIN_SCOPES = (
    "ZohoBigin.modules.ALL",
    "ZohoBigin.settings.ALL",
    "ZohoBigin.users.READ",
    "ZohoBigin.org.READ",
    "ZohoBigin.notifications.ALL",
    "ZohoSearch.securesearch.READ",
)
BOOKS_SCOPES = ("ZohoBooks.fullaccess.all", "ZohoInvoice.fullaccess.all")


class DoorError(Exception):
    """A control door said no."""


@dataclass(frozen=True, slots=True)
class Sandbox:
    """A running sandbox. `users` are dicts with email, name, profile, zuid, bigin_org, books_organizations."""

    url: str
    client_id: str
    client_secret: str
    users: list[dict[str, Any]]
    bigin_orgs: list[dict[str, str]]
    books_organizations: list[Any]
    pid: int

    def control(self, method: str, door: str, data: Any = None) -> Any:
        """`control("POST", "reset", {"seed": "empty"})`; the answer's JSON, or None. Raises DoorError."""
        body = None if data is None else json.dumps(data).encode()
        asked = Request(f"{self.url}/__sandbox__/{door}", data=body, method=method)  # noqa: S310 - loopback
        try:
            with urlopen(asked, timeout=60) as answer:  # noqa: S310 - loopback
                text = answer.read()
        except HTTPError as error:
            with error:
                raise DoorError(f"{method} {door}: {error.code} {error.read().decode()}") from None
        return json.loads(text) if text else None

    def token(
        self, user: str = "", scopes: Sequence[str] = (*BIGIN_SCOPES, *BOOKS_SCOPES), access_type: str = "offline"
    ) -> dict[str, Any]:
        """A token answer without a browser; the first user, an Administrator, by default."""
        wanted = {"user": user or self.users[0]["email"], "scopes": list(scopes), "access_type": access_type}
        answer: dict[str, Any] = self.control("POST", "token", wanted)
        return answer

    def reset(self, seed: str | None = None, keep: Sequence[str] = ()) -> None:
        self.control("POST", "reset", {"keep": list(keep), **({"seed": seed} if seed else {})})

    def switch(self, **positions: str) -> None:
        self.control("POST", "switches", positions)

    def fault(self, kind: str, **details: Any) -> None:
        self.control("POST", "faults", {"kind": kind, **details})

    def advance(self, seconds: float) -> None:
        self.control("PUT", "clock", {"advance": seconds})

    def limits(self, **values: int) -> None:
        self.control("PUT", "limits", values)

    def calls(self) -> dict[str, Any]:
        summary: dict[str, Any] = self.control("GET", "calls")
        return summary


@contextmanager
def running_sandbox(  # noqa: PLR0913 - the options of a command
    seed: str = "travel-agency",
    *,
    port: int = 0,
    topping_url: str = "http://localhost:8000",
    state: Path | None = None,
    now: str | None = None,
    freeze: bool = False,
    lift_limits: bool = False,
    environment: dict[str, str] | None = None,
    mail_folder: Path | None = None,
) -> Iterator[Sandbox]:
    """Starts `python -m sandbox` and ends it on leaving. Raises RuntimeError when it does not start."""
    command = [sys.executable, "-m", "sandbox", "--port", str(port), "--seed", seed, "--topping-url", topping_url]
    command += ["--until-eof"]  # a test run that is killed leaves none behind
    command += ["--state", str(state)] if state else []
    command += ["--now", now] if now else []
    command += ["--freeze"] if freeze else []
    command += ["--lift-limits"] if lift_limits else []
    command += ["--mail-folder", str(mail_folder)] if mail_folder else []
    told = {**os.environ, **(environment or {})}
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=told
    ) as process:
        try:
            line = process.stdout.readline() if process.stdout else ""
            if not line:
                raise RuntimeError(f"the sandbox ended with {process.wait()} before it listened")
            yield Sandbox(**json.loads(line))
        finally:
            process.terminate()
