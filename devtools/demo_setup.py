"""One of the demo's processes: migrates, opens the gate, waits until everything answers, says what to open, stays."""

import argparse
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

from devtools.demo_plan import Place

WELCOME = """
  The demo is up.

    {sandbox}/
        a small Bigin: open Settings > Toppings > Zoho Books and press Setup Now
    {sandbox}/mini-books/
        the Books organisation that it is kept in step with
    {sandbox}/mailbox/
        the mails that the product sends: a lost connection, a run that is held

  This product itself answers at {web}
  Ctrl-C ends everything and keeps the data; make demo-reset forgets it.
"""


class NotReady(Exception):
    """The text is one line for a person."""


def wait_for(what: str, ready: Callable[[], bool], *, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not ready():
        if time.monotonic() > deadline:
            raise NotReady(f"{what} did not answer within {seconds:.0f} s")
        time.sleep(0.1)


def listens(url: str) -> bool:
    parts = urlsplit(url)
    try:
        socket.create_connection((parts.hostname or "", parts.port or 0), timeout=1).close()
    except OSError:
        return False
    return True


def database_answers() -> bool:
    """The cluster accepts connections a moment before the demo's database is made in it."""
    import psycopg2  # noqa: PLC0415

    try:
        psycopg2.connect(os.environ["DATABASE_URL"], connect_timeout=2).close()
    except psycopg2.OperationalError:
        return False
    return True


def page_answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5):  # noqa: S310 - an address of our own making
            return True
    except urllib.error.HTTPError as error:
        return error.code < 500
    except OSError:
        return False


def worker_answers(name: str) -> bool:
    from bigin_books.celery import app  # noqa: PLC0415

    return bool(app.control.ping(destination=[name], timeout=1))


def migrate(log: Path) -> None:
    with log.open("wb") as output:
        command = [sys.executable, "manage.py", "migrate", "--no-input"]
        done = subprocess.run(command, stdout=output, stderr=output, check=False)
    if done.returncode:
        lines = [line for line in log.read_text(errors="replace").splitlines() if line.strip()]
        raise NotReady(f"migration failed: {lines[-1] if lines else 'it said nothing'} (all of it: {log})")


def bring_up(where: Place) -> None:
    wait_for("PostgreSQL", database_answers)
    wait_for("Redis", lambda: listens(os.environ["REDIS_URL"]))
    migrate(where.home / "migrate.log")
    where.gate.touch()
    web, sandbox = os.environ["BASE_URL"], os.environ["SANDBOX_URL"]
    wait_for("the sandbox", lambda: page_answers(f"{sandbox}/__sandbox__/calls"))
    wait_for("the web server", lambda: page_answers(f"{web}/healthz"))
    for name in ("sync@demo", "interactive@demo"):
        wait_for(f"worker {name}", partial(worker_answers, name))
    wait_for("beat", lambda: bool(where.schedules()))
    print(WELCOME.format(web=web, sandbox=sandbox), flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m devtools.demo_setup", description=__doc__)
    parser.add_argument("--home", type=Path, required=True)
    home: Path = parser.parse_args().home
    where = Place(home, home)
    try:
        bring_up(where)
    except NotReady as error:
        where.problem.write_text(str(error))
        print(error, file=sys.stderr, flush=True)
        return 1
    signal.pause()
    return 0


if __name__ == "__main__":
    sys.exit(main())
