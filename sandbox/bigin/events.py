"""What follows a change of a record: workflow runs, and notifications to the channels that watch it."""

from __future__ import annotations

from typing import Any

from sandbox.bigin.org import BiginOrg
from sandbox.world import Delivery, World

OPERATIONS = {"insert": "create", "update": "edit", "delete": "delete"}
MOST_RUNS = 100_000


def announce(world: World, org: BiginOrg, module: str, operation: str, ids: list[str], fields: list[str]) -> None:
    """`operation` is insert, update or delete; delivery happens after the answer, over HTTP."""
    now = world.clock.seconds()
    event = OPERATIONS[operation]
    for channel in list(org.channels.values()):
        wanted = {f"{module}.{event}", f"{module}.all"} & set(channel.events)
        if not wanted or channel.expires <= now or not ids:
            continue
        body: dict[str, Any] = {
            "server_time": int(now * 1000),
            "query_params": {},
            "module": module,
            "resource_uri": f"{world.base_url}/bigin/v1/{module}",
            "ids": ids,
            "operation": operation,
            "channel_id": channel.channel_id,
            "token": channel.token,
        }
        if world.switches["bigin_notification_body"] == "crm":
            body["affected_fields"] = [{one: fields} for one in ids]
        tries = int(world.switches["bigin_notification_tries"])
        patience = float(world.switches["bigin_notification_seconds"])
        queued = world.clock.now().isoformat()
        world.deliveries.append(Delivery(channel.notify_url, body, queued, tries_left=tries, patience=patience))


def run_workflows(org: BiginOrg, module: str, operation: str, row_id: str) -> None:
    """The sandbox's only workflow: it notes that one would have run (rules 1.2)."""
    if len(org.workflow_runs) < MOST_RUNS:
        org.workflow_runs.append({"module": module, "operation": operation, "id": row_id})
