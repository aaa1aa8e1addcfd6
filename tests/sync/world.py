"""An empty pair of organisations and what the rules' tests do with it: settings, runs, edits in between."""

from __future__ import annotations

from typing import Any

from accounts.models import Installation
from sandbox.testing import Sandbox
from sync import engine, services
from sync.models import Issue, Link, ModuleSetting, Run, Write
from tests.factories import connected_installation
from tests.sync.crashes import settle_down
from tests.sync.remotes import Remotes


def start(sandbox: Sandbox) -> Installation:
    """Connected and started, with nothing queued: the tests run it themselves."""
    made = connected_installation(sandbox)
    for setting in services.settings_of(made).values():
        services.start_sync(setting, "a test")
    return made


class World:
    """`sync` is one run; `settle` runs until nothing is left to do; time passes between edits by `later`."""

    def __init__(self, sandbox: Sandbox, **setting: Any) -> None:
        self.sandbox = sandbox
        self.installation: Installation = start(sandbox)
        self.remotes = Remotes(sandbox, self.installation.books_org_id)
        if setting:
            self.configure(**setting)

    def configure(self, module: str = "customers", **values: Any) -> None:
        ModuleSetting.objects.filter(installation=self.installation, module=module).update(**values)

    @property
    def customers(self) -> ModuleSetting:
        return ModuleSetting.objects.get(installation=self.installation, module="customers")

    @property
    def products(self) -> ModuleSetting:
        return ModuleSetting.objects.get(installation=self.installation, module="products")

    def sync(self) -> Run:
        ended = engine.run(self.installation)
        assert ended is not None
        assert ended.run.state in (Run.State.DONE, Run.State.HELD), (ended.run.state, ended.run.problem)
        return ended.run

    def settle(self) -> list[Run]:
        return settle_down(self.installation)

    def approve(self) -> None:
        """A person says yes to every list that waits, and to what follows from it."""
        while waiting := [issue for issue in self.issues() if issue.kind == Issue.Kind.HELD]:
            for issue in waiting:
                services.approve_held(issue, "Ada")
            self.settle()

    def later(self, seconds: float = 5) -> None:
        self.sandbox.advance(seconds)

    def issues(self, *codes: str) -> list[Issue]:
        rows = Issue.objects.filter(installation=self.installation, state=Issue.State.OPEN).order_by("pk")
        return [issue for issue in rows if not codes or issue.code in codes]

    def issue(self, code: str) -> Issue:
        found = self.issues(code)
        assert len(found) == 1, (code, [(one.code, one.reason) for one in self.issues()])
        return found[0]

    def link(self, bigin_id: str) -> Link:
        rows = Link.objects.exclude(state__in=Link.DEAD).select_related("bigin", "books")
        return rows.get(installation=self.installation, bigin__remote_id=bigin_id)

    def writes(self, **wanted: Any) -> list[Write]:
        return list(Write.objects.filter(installation=self.installation, **wanted).order_by("pk"))

    def customer_names(self) -> list[str]:
        return sorted(row["contact_name"] for row in self.remotes.customers().values())

    def company_names(self) -> list[str]:
        return sorted(row["Account_Name"] for row in self.remotes.companies().values())

    def calls(self, product: str, method: str | None = None) -> int:
        rows = self.sandbox.calls()["by"]
        return sum(row["count"] for row in rows if row["product"] == product and method in (None, row["method"]))

    def forget_calls(self) -> None:
        self.sandbox.control("DELETE", "calls")
