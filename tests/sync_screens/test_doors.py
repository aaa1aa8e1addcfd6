"""Each address of the sync, for a stranger, a Standard user and another organisation: nothing shown, nothing done."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Member
from sync.urls import urlpatterns
from tests.factories import make_installation, make_member, signed_in_client
from tests.sync_screens.conftest import Queued
from tests.sync_screens.world import World

pytestmark = pytest.mark.django_db
Snapshot = Callable[[], dict[str, list[dict[str, Any]]]]
# The ticket is the whole right to open a file; a record's badge is for every member who may read that record; Bigin
# knocks at the hook with its channel's token.
OPEN_TO_OTHERS = {"file", "record", "record_now", "hook"}
NAMES = sorted({str(pattern.name) for pattern in urlpatterns} - OPEN_TO_OTHERS)


def address(name: str, world: World) -> str:
    values: dict[str, dict[str, object]] = {
        "run": {"pk": world.run.pk}, "approve": {"pk": world.held.pk}, "refuse": {"pk": world.held.pk},
        "undo_run": {"pk": world.run.pk}, "undo": {"pk": world.write.pk}, "issue": {"pk": world.skipped.pk},
        "issue_act": {"pk": world.skipped.pk, "action": "dismiss"}, "conflict": {"pk": world.clash.pk},
        "link_form": {"pk": world.alone.pk}, "pair": {"pk": world.links[0].pk}, "unlink": {"pk": world.links[0].pk},
        "create_again": {"pk": world.links[0].pk},
        "export": {"what": "pairs"},
    }  # fmt: skip
    if name in ("configure", "preview", "pause", "resume", "read_only"):
        return reverse(f"sync:{name}", kwargs={"module": "customers"})
    return reverse(f"sync:{name}", kwargs=values.get(name, {}))


def body(world: World) -> dict[str, object]:
    """What would do something if it were let through."""
    customer = world.links[0].books_id
    answers = {"module": "customers", "on": "1", "side": "bigin", "action": "dismiss", "code": "picklist_value"}
    rows = {"issue": world.clash.pk, "bigin": world.alone.pk, "books": customer, "record": customer}
    return {**answers, **rows, "field:contact_name": "bigin"}


def knock(client: Client, path: str, world: World) -> tuple[set[int], str]:
    """Statuses of GET and POST, and all that was shown."""
    answers = [client.get(path), client.post(path, body(world))]
    return {answer.status_code for answer in answers}, "".join(answer.content.decode() for answer in answers)


@pytest.mark.parametrize("name", NAMES)
def test_a_stranger_sees_and_does_nothing(name: str, world: World, snapshot: Snapshot, queued: Queued) -> None:
    before = snapshot()
    statuses, text = knock(Client(), address(name, world), world)
    assert statuses <= {401, 405}
    assert "Marker" not in text
    assert "Northern" not in text
    assert snapshot() == before
    assert queued.calls == {}


@pytest.mark.parametrize("name", NAMES)
def test_a_standard_user_sees_and_does_nothing(name: str, world: World, snapshot: Snapshot, queued: Queued) -> None:
    client = signed_in_client(make_member(world.installation, profile="Standard"))
    before = snapshot()
    statuses, text = knock(client, address(name, world), world)
    assert statuses <= {403, 405}
    assert "Marker Books" not in text
    assert "Northern" not in text
    assert snapshot() == before
    assert queued.calls == {}


@pytest.mark.parametrize("name", NAMES)
def test_an_administrator_of_another_organisation_reaches_nothing(
    name: str, world: World, snapshot: Snapshot, queued: Queued
) -> None:
    other = make_member(make_installation(bigin_org_name="Second Org", books_org_name="Second Books"))
    client = signed_in_client(other)
    before = of_the_world(snapshot(), other)
    statuses, text = knock(client, address(name, world), world)
    assert "Marker" not in text
    assert "Northern" not in text
    assert of_the_world(snapshot(), other) == before
    assert all(args[0] != str(world.installation.pk) for calls in queued.calls.values() for args in calls)
    if has_object(name):
        assert statuses <= {404, 405}


def of_the_world(rows: dict[str, list[dict[str, Any]]], other: Member) -> dict[str, list[dict[str, Any]]]:
    """Without what belongs to the other organisation and its member."""
    return {
        label: [
            row
            for row in held
            if row.get("installation_id") != other.installation_id and row.get("member_id") != other.pk
        ]
        for label, held in rows.items()
    }


def has_object(name: str) -> bool:
    pattern = next(pattern for pattern in urlpatterns if pattern.name == name)
    return "<int:pk>" in str(pattern.pattern)


def test_the_list_of_addresses_is_not_empty() -> None:
    assert len(NAMES) >= 25
