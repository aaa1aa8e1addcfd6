"""One clock for the product and the sandbox, moved by tests: nothing here sleeps."""

from __future__ import annotations

import threading
import time
from datetime import datetime, timedelta, tzinfo
from typing import Any

import pytest
from django.conf import settings
from django.utils import timezone

import zoho.auth
import zoho.client
from accounts import connections
from sandbox.testing import Sandbox
from sync import actions
from sync.work import Clock
from zoho import limits
from zoho.client import Client

_real_now = timezone.now


class Time:
    """Real time plus an offset that the product's modules and the sandbox share."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self.offset = timedelta()
        self.moving = threading.Lock()  # workers that wait at the same time
        self.redis = settings.REDIS_URL

    def now(self) -> datetime:
        return _real_now() + self.offset

    def forward(self, seconds: float) -> None:
        """For both; what Redis blocks for a while is free again."""
        with self.moving:
            self.offset += timedelta(seconds=seconds)
        self.sandbox.advance(seconds)
        limits.store(self.redis).flushdb()

    def clock(self) -> Clock:
        return Clock(self.now, lambda: time.monotonic() + self.offset.total_seconds(), self.forward)

    def install(self, patch: pytest.MonkeyPatch) -> None:
        here = self

        class Moved(datetime):
            @classmethod
            def now(cls, tz: tzinfo | None = None) -> Any:
                return here.now().astimezone(tz)

        def client(*args: Any, **values: Any) -> Client:
            return Client(*args, **{**values, "sleep": here.forward})

        patch.setattr(timezone, "now", self.now)
        patch.setattr(zoho.client, "datetime", Moved)
        patch.setattr(zoho.auth, "datetime", Moved)
        patch.setattr(connections, "Client", client)
        patch.setattr(actions, "Clock", self.clock)
