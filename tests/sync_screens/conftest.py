"""Who visits the screens, what they find there, and what is queued by what they do."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.apps import apps
from django.test import Client

from accounts.models import Installation, Member
from sync import metadata, tasks
from tests.factories import make_installation, make_member, signed_in_client
from tests.sync_screens.world import World, fill
from zoho.errors import RetryLater

# What looking at a page may move: the session's own row.
_OF_THE_VISIT = {"sessions.Session"}


@dataclass
class Queued:
    """What would go to the workers, by task."""

    calls: dict[str, list[tuple[Any, ...]]] = field(default_factory=dict)

    def of(self, task: str) -> list[tuple[Any, ...]]:
        return self.calls.get(task, [])


@pytest.fixture
def queued(monkeypatch: pytest.MonkeyPatch) -> Queued:
    held = Queued()

    def remember(name: str) -> Callable[..., None]:
        return lambda *args: held.calls.setdefault(name, []).append(args)

    for name in ("run_sync", "run_preview", "run_record"):
        monkeypatch.setattr(getattr(tasks, name), "delay", remember(name))
    return held


@pytest.fixture(autouse=True)
def zoho_is_out_of_reach(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """But for tests with a sandbox: nothing here may look for Zoho itself."""

    def nobody(*_: object, **__: object) -> None:
        raise RetryLater("Zoho does not answer.", product="bigin", code="unreachable")

    if "sandbox" not in request.fixturenames:
        monkeypatch.setattr(metadata, "offered", nobody)


@pytest.fixture
def installation(db: None) -> Installation:
    return make_installation(bigin_org_name="Marker Travel", books_org_name="Marker Books")


@pytest.fixture
def administrator(installation: Installation) -> Member:
    return make_member(installation, name="Ada Keller")


@pytest.fixture
def client(administrator: Member, queued: Queued) -> Client:
    return signed_in_client(administrator)


@pytest.fixture
def world(installation: Installation) -> World:
    return fill(installation)


@pytest.fixture
def snapshot(db: None) -> Callable[[], dict[str, list[dict[str, Any]]]]:
    """Every row of ours, to say that nothing happened."""

    def take() -> dict[str, list[dict[str, Any]]]:
        labels = ("accounts", "sync", "invoices")
        models = [model for label in labels for model in apps.get_app_config(label).get_models()]
        return {
            model._meta.label: list(model._default_manager.order_by("pk").values())
            for model in models
            if model._meta.label not in _OF_THE_VISIT
        }

    return take
