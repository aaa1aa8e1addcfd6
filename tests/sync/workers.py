"""Real Celery workers on this test's own database, Redis and sandbox, and what stands in their queue."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from django.conf import settings
from django.db import connection

from bigin_books.celery import app
from sandbox.testing import Sandbox
from zoho import limits

ROOT = Path(__file__).resolve().parents[2]
CELERY = "celery --quiet -A tests.sync.mortal worker -Q sync --pool prefork --concurrency 1".split()
ALONE = "--without-gossip --without-mingle --loglevel WARNING".split()


def environment(sandbox: Sandbox) -> dict[str, str]:
    url = urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{connection.settings_dict['NAME']}").geturl()
    return {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "bigin_books.settings",
        "DATABASE_URL": url,
        "SANDBOX_URL": sandbox.url,
        "ZOHO_CLIENT_ID": sandbox.client_id,
        "ZOHO_CLIENT_SECRET": sandbox.client_secret,
    }


@contextmanager
def worker(sandbox: Sandbox, *, dies_after: int = 0) -> Iterator[subprocess.Popen[bytes]]:
    """As in production: a parent and one child, messages acknowledged when their task has ended."""
    told = {
        "DIES_AFTER": str(dies_after),
        "SYNC_ABSENCE_SECONDS": "0",
        "SYNC_DELETE_WAIT_SECONDS": "0",
        "SYNC_ABANDONED_SECONDS": "1",
    }
    process = subprocess.Popen(
        [sys.executable, "-m", *CELERY, *ALONE], cwd=ROOT, env=environment(sandbox) | told, start_new_session=True
    )
    try:
        yield process
        if process.poll() is None:
            process.terminate()
            assert process.wait(120) == 0
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def empty_queue() -> None:
    """Without what Start sync has queued."""
    limits.store(settings.REDIS_URL).flushdb()


def waiting() -> int:
    """Messages in the queue."""
    return int(limits.store(settings.REDIS_URL).llen("sync"))


def in_hand() -> int:
    """Messages that a worker took and has not acknowledged."""
    return int(limits.store(settings.REDIS_URL).hlen("unacked"))


def fifteen_minutes_pass() -> None:
    """The broker's visibility timeout, for every message in hand."""
    store, seconds = limits.store(settings.REDIS_URL), app.conf.broker_transport_options["visibility_timeout"]
    taken: list[tuple[bytes, float]] = store.zrange("unacked_index", 0, -1, withscores=True)  # type: ignore[assignment]
    store.zadd("unacked_index", {tag: at - seconds for tag, at in taken})
