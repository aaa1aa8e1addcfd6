"""A connected, started installation beside a small sandbox, and everything a trial does with it.

What people do is in `people.py`; whether the end state is right in `checker.py`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.db import connection, transaction
from django.db.models import Exists, OuterRef, Q
from pytest_django import Settings

from accounts import without_browser
from accounts.models import Connection, Installation
from sandbox.testing import Sandbox
from sync import engine
from sync.configure import ConfigureInput, save_settings
from sync.engine import Ended
from sync.models import Issue, Module, ModuleSetting, Run, Write
from tests.factories import administrator_of
from tests.sync_proof.clockwork import Time
from tests.sync_proof.people import BiginPeople, BooksPeople, Snapshot, look
from zoho import auth, limits
from zoho.probes_books import key_probe

# Children first: they are emptied one after the other between two trials.
_TABLES = (
    "sync_proposal", "sync_issue", "sync_write", "sync_link", "sync_run", "sync_record", "sync_cursor", "sync_decision",
    "sync_notification", "sync_channel", "sync_undoing", "sync_modulesetting", "accounts_quota", "accounts_auditentry",
)  # fmt: skip
MOST_ROUNDS = 10
# Longer than the waits of deletes and of unknown creates (settings of `World.configure`), and than a mark's overlap.
A_WHILE = 200.0
_TOKEN_LIFE = timedelta(minutes=40)


@dataclass(frozen=True)
class Kept:
    state: Any
    offset: timedelta


class World:
    """`installation` is started in both modules. `sync` runs once; `settle` until nothing is left to do."""

    def __init__(self, sandbox: Sandbox, patch: pytest.MonkeyPatch, product: str = "books") -> None:
        self.sandbox = sandbox
        self.patch = patch
        self.product = product
        self.time = Time(sandbox)
        self._people = (BiginPeople(sandbox), BooksPeople(sandbox, product))
        self.time.install(patch)
        sandbox.reset("empty")
        self.installation = without_browser.connect(sandbox.url, administrator_of(sandbox), product)
        self._arrive()

    @staticmethod
    def configure(settings: Settings) -> None:
        settings.SYNC_DELETE_WAIT_SECONDS = 60
        settings.SYNC_ABSENCE_SECONDS = 60

    def fresh(self, seed: str = "empty", *, keyed: bool = False, product: str = "books", **values: Any) -> None:
        """Another trial: remotes and tables as on the first day; `values` go to the setting of customers.

        `keyed`: Books has the unique fields that make creates safe to repeat. `product`: books or invoice.
        """
        self.time.offset *= 0
        self.sandbox.reset(seed)
        with transaction.atomic(), connection.cursor() as cursor:
            for table in _TABLES:
                cursor.execute(f"DELETE FROM {table}")
        if product == self.product:
            self.reconnect()
        else:
            self._change_to(product)
        self._arrive(**values)
        self._offer_keys(keyed)

    def _change_to(self, product: str) -> None:
        """Another set-up: an installation has one product for life (rules 1.5)."""
        Installation.objects.filter(pk=self.installation.pk).delete()
        self.product = product
        self.installation = without_browser.connect(self.sandbox.url, administrator_of(self.sandbox), product)

    def _offer_keys(self, keyed: bool) -> None:
        """What setup asks an administrator for, and what its probes find."""
        found = {key_probe(entity): {"held": keyed, "text": ""} for entity in ("contact", "item")}
        for entity in ("contact", "item") if keyed else ():
            self.books.add_field(entity, "Bigin key")
        Installation.objects.filter(pk=self.installation.pk).update(probes=found)
        self.installation.refresh_from_db()

    def keep(self) -> Kept:
        """Remotes and tables as they are now, to come `back` to."""
        with transaction.atomic(), connection.cursor() as cursor:
            for table in _TABLES:
                cursor.execute(f"DROP TABLE IF EXISTS kept_{table}")
                cursor.execute(f"CREATE TABLE kept_{table} AS TABLE {table}")
        return Kept(self.sandbox.control("GET", "state"), self.time.offset)

    def back(self, kept: Kept) -> None:
        self.sandbox.control("PUT", "state", kept.state)
        self.time.offset = kept.offset
        self.sandbox.control("PUT", "clock", {"now": self.time.now().isoformat()})
        limits.store(django_settings.REDIS_URL).flushdb()
        with transaction.atomic(), connection.cursor() as cursor:
            for table in _TABLES:
                cursor.execute(f"DELETE FROM {table}")
            for table in _TABLES:
                cursor.execute(f"INSERT INTO {table} SELECT * FROM kept_{table}")
        self.reconnect()
        self.sign_in()

    def reconnect(self) -> None:
        """As an administrator does: the same organisations, new tokens."""
        self._new_tokens()
        Installation.objects.filter(pk=self.installation.pk).update(state=Installation.State.ACTIVE, problem="")
        self.installation.refresh_from_db()

    def _new_tokens(self) -> None:
        scopes = {"bigin": auth.BIGIN_SETUP_SCOPES, "books": auth.BOOKS_SCOPES, "invoice": auth.INVOICE_SCOPES}
        for row in Connection.objects.filter(installation=self.installation):
            given = without_browser.sandbox_tokens(
                self.sandbox.url, administrator_of(self.sandbox), scopes[row.product]
            )
            row.access_token, row.refresh_token = given.access_token, given.refresh_token or ""
            row.expires_at, row.problem, row.refresh_blocked_until = given.expires_at, "", None
            row.save()

    def _arrive(self, **values: Any) -> None:
        now = self.time.now()
        for module in Module.values:
            more = values if module == Module.CUSTOMERS else {}
            ModuleSetting.objects.update_or_create(
                installation=self.installation, module=module, defaults={"started_at": now, "next_run_at": now, **more}
            )
        self.sign_in()

    def sign_in(self) -> None:
        """People do, again and again: their tokens live an hour."""
        for one in self._people:
            one.api.session.close()
        self._people = (BiginPeople(self.sandbox), BooksPeople(self.sandbox, self.product))
        self._signed_in = self.time.offset

    @property
    def bigin(self) -> BiginPeople:
        if abs(self.time.offset - self._signed_in) > _TOKEN_LIFE:
            self.sign_in()
        return self._people[0]

    @property
    def books(self) -> BooksPeople:
        if abs(self.time.offset - self._signed_in) > _TOKEN_LIFE:
            self.sign_in()
        return self._people[1]

    # Running

    def run(self, modules: Sequence[str] | None = None, **values: Any) -> Ended | None:
        """One slice, whatever comes of it."""
        return engine.run(self.installation, modules, "command", clock=self.time.clock(), **values)

    def sync(self, modules: Sequence[str] | None = None) -> Run:
        """All slices of one series; the last of them."""
        while True:
            ended = self.run(modules)
            assert ended is not None, "another run is going on"
            if ended.run.state != Run.State.PARTIAL:
                return ended.run
            self.time.forward(max(ended.again_in or 0, 1))

    def sync_once(self) -> Run:
        """One slice, to its end or its cut."""
        ended = self.run()
        assert ended is not None, "another run is going on"
        return ended.run

    def settle(self) -> int:
        """Syncs until a run writes nothing and nothing waits; how many runs that took. Fails if there is no end."""
        for number in range(1, MOST_ROUNDS + 1):
            self.sandbox.control("DELETE", "calls")
            ended = self.sync()
            if ended.state != Run.State.FAILED and not self.writes() and not self.waiting().exists():
                return number
            self.time.forward(A_WHILE)
        raise AssertionError(f"still writing after {MOST_ROUNDS} runs: {self.writes()} {list(self.waiting())}")

    def waiting(self) -> Any:
        """Not for a person."""
        rows = Write.objects.filter(installation=self.installation, state__in=("pending", "sending", "unknown"))
        of_it = Q(record=OuterRef("link__bigin")) | Q(record=OuterRef("link__books"))
        return rows.exclude(Exists(Issue.objects.filter(of_it, code="unknown_create", state="open")))

    def close(self) -> None:
        with connection.cursor() as cursor:
            for table in _TABLES:
                cursor.execute(f"DROP TABLE IF EXISTS kept_{table}")
        for one in self._people:
            one.api.session.close()

    # What was called

    def forget_calls(self) -> None:
        self.sandbox.control("DELETE", "calls")

    def calls(self) -> Counter[tuple[str, str, str]]:
        """(product, method, endpoint) -> number, since `forget_calls`."""
        found: Counter[tuple[str, str, str]] = Counter()
        for row in self.sandbox.calls()["by"]:
            if row["product"] in ("bigin", self.product):
                found[row["product"], row["method"], row["endpoint"]] += row["count"]
        return found

    def writes(self) -> Counter[tuple[str, str, str]]:
        return Counter({call: number for call, number in self.calls().items() if call[1] != "GET"})

    # What people see and choose

    def look(self) -> Snapshot:
        return look(self.bigin, self.books)

    def setting(self, module: str = Module.CUSTOMERS) -> ModuleSetting:
        return ModuleSetting.objects.get(installation=self.installation, module=module)

    def choose(self, module: str = Module.CUSTOMERS, **values: Any) -> None:
        """As the Configure screen saves it."""
        setting = self.setting(module)
        save_settings(setting, ConfigureInput(**values), "a test", setting.version)
