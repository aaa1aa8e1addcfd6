"""The sandbox with 100,000 contacts: how long one client lists them all, its memory, how fast single reads are.

`python -m benchmarks.sandbox_listing [--companies N]`; exits with 1 when a promise of docs/sandbox.md is broken.
"""

from __future__ import annotations

import argparse
import http.client
import json
import statistics
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self
from urllib.parse import quote, urlsplit

from benchmarks.figures import Figure, table
from sandbox.testing import Sandbox, running_sandbox

COMPANIES = 33_333  # with three contacts each, and one contact more: page tokens reach 100,000 rows
READS = 500
MOST_SECONDS = 60.0
MOST_MEGABYTES = 1000.0
MOST_MILLISECONDS = 5.0


@dataclass(frozen=True)
class Measured:
    contacts: int
    start_seconds: float
    list_seconds: float
    pages: int
    read_median_ms: float
    write_median_ms: float
    megabytes: float

    def figures(self) -> list[Figure]:
        """With the promises of docs/sandbox.md as bounds."""
        return [
            Figure("sandbox: contacts", self.contacts, ""),
            Figure("sandbox: start", self.start_seconds, "s"),
            Figure("sandbox: all listed by one client", self.list_seconds, "s", MOST_SECONDS),
            Figure("sandbox: pages", self.pages, ""),
            Figure("sandbox: peak memory", self.megabytes, "MB", MOST_MEGABYTES),
            Figure("sandbox: single read, median", self.read_median_ms, "ms", MOST_MILLISECONDS),
            Figure("sandbox: single write, median", self.write_median_ms, "ms"),
        ]


class Client:
    """One connection, as one client has it."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.connection = http.client.HTTPConnection(urlsplit(sandbox.url).netloc, timeout=60)
        self.header = {"Authorization": f"Zoho-oauthtoken {sandbox.token()['access_token']}"}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.connection.close()

    def call(self, method: str, path: str, body: Any = None) -> Any:
        text = None if body is None else json.dumps(body)
        self.connection.request(method, f"/bigin/v2{path}", body=text, headers=self.header)
        answer = self.connection.getresponse()
        content = answer.read()
        if answer.status not in (200, 201):
            raise RuntimeError(f"{method} {path}: {answer.status} {content[:200]!r}")
        return json.loads(content)


def list_all(client: Client) -> tuple[list[str], int]:
    """Ids of all contacts by page token, and how many pages that took."""
    ids: list[str] = []
    pages, token = 0, ""
    fields = "First_Name,Last_Name,Email,Phone,Mobile,Account_Name,Owner,Created_Time,Modified_Time"
    while True:
        extra = f"&page_token={quote(token)}" if token else ""
        body = client.call("GET", f"/Contacts?fields={fields}&per_page=200{extra}")
        ids += [row["id"] for row in body["data"]]
        pages += 1
        token = body["info"]["next_page_token"]
        if not token:
            return ids, pages


def median_ms(times: list[float]) -> float:
    return statistics.median(times) * 1000


def timed(client: Client, method: str, path: str, body: Any = None) -> float:
    began = time.perf_counter()
    client.call(method, path, body)
    return time.perf_counter() - began


def megabytes(pid: int) -> float:
    """Peak resident memory of the process."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM:"))


def cpu_seconds(pid: int) -> float:
    """Processor time the process has used so far, to the microsecond: /proc counts in hundredths."""
    clock = ~pid << 3 | 2  # what clock_getcpuclockid(3) of Linux makes of a process
    return time.clock_gettime(clock)


def measure(companies: int) -> Measured:
    began = time.perf_counter()
    with running_sandbox(f"bulk:{companies}", lift_limits=True) as sandbox, Client(sandbox) as client:
        started = time.perf_counter() - began
        client.call("POST", "/Contacts", {"data": [{"Last_Name": "One more"}]})
        began = time.perf_counter()
        ids, pages = list_all(client)
        listed = time.perf_counter() - began
        if len(set(ids)) != companies * 3 + 1:
            raise RuntimeError(f"{len(set(ids))} contacts were listed, not {companies * 3 + 1}")
        some = ids[:: max(1, len(ids) // READS)]
        reads = [timed(client, "GET", f"/Contacts/{one}") for one in some]
        change = {"data": [{"Title": "Buyer"}]}
        writes = [timed(client, "PUT", f"/Contacts/{one}", change) for one in some]
        memory = megabytes(sandbox.pid)
    return Measured(len(ids), started, listed, pages, median_ms(reads), median_ms(writes), memory)


def figures() -> list[Figure]:
    return measure(COMPANIES).figures()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--companies", type=int, default=COMPANIES)
    found = measure(parser.parse_args().companies).figures()
    print(table(found))
    return 0 if all(figure.kept for figure in found) else 1


if __name__ == "__main__":
    raise SystemExit(main())
