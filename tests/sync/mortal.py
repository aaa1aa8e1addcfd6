"""The product's Celery application, whose worker dies with all its processes at the n-th remote write of a task.

`celery -A tests.sync.mortal worker …`; the environment's DIES_AFTER says n, and without it nothing dies.
"""

import os
import signal
from typing import Any

from celery.signals import worker_process_init

from bigin_books.celery import app
from zoho.client import Client

__all__ = ["app"]


@worker_process_init.connect
def count_writes(**_: object) -> None:
    stop, written, send = int(os.environ.get("DIES_AFTER", "0")), 0, Client._send

    def sent(self: Client, call: Any, token: str) -> Any:
        nonlocal written
        answer = send(self, call, token)
        written += call.method != "GET"
        if written == stop:
            os.killpg(0, signal.SIGKILL)  # the worker's own group: it was started as the first of a session
        return answer

    if stop:
        Client._send = sent  # type: ignore[method-assign]
