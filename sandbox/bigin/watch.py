"""Notification channels: `/actions/watch` (bigin-api.md 6). Deliveries are made in `events`."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from sandbox.bigin.credits import spend
from sandbox.bigin.errors import RecordError, invalid_data, required_param
from sandbox.bigin.org import Channel
from sandbox.bigin.paging import numbered
from sandbox.bigin.reads import moment, nothing
from sandbox.bigin.shape import time_text
from sandbox.core import Reply, Request

MODULES = ("Contacts", "Accounts", "Pipelines", "Products", "Tasks", "Events", "Calls")
OPERATIONS = ("create", "edit", "delete", "all")
DAY = 86_400
DEFAULT_LIFE = 7_200  # observed live; the documents say one hour


def _items(request: Request) -> list[dict[str, Any]]:
    body = request.json()
    items = body.get("watch") if isinstance(body, dict) else None
    if not isinstance(items, list) or not items or not all(isinstance(one, dict) for one in items):
        raise invalid_data({"expected_data_type": "jsonarray", "api_name": "watch"})
    if len(items) > 100:
        raise invalid_data({"maximum_length": 100, "api_name": "watch"})
    return items


def _results(items: list[dict[str, Any]], ok_status: int) -> Reply:
    failed = any(one["status"] == "error" for one in items)
    return Reply(202 if failed else ok_status, {"watch": items})


def _bad(name: str, **details: Any) -> RecordError:
    return RecordError("INVALID_DATA", "invalid data", {"api_name": name, **details})


def _channel_id(value: Any) -> str:
    """A number, as number or text."""
    text = str(value) if isinstance(value, (str, int)) and not isinstance(value, bool) else ""
    if not (text.isascii() and text.isdigit() and len(text) <= 19):
        raise _bad("channel_id", expected_data_type="bigint")
    return text


def _events(value: Any) -> list[str]:
    if not isinstance(value, list) or not value:
        raise _bad("events", expected_data_type="jsonarray")
    for one in value:
        module, _, operation = one.partition(".") if isinstance(one, str) else ("", "", "")
        if module not in MODULES or operation not in OPERATIONS:
            raise _bad("events")
    return [str(one) for one in dict.fromkeys(value)]


def _url(value: Any) -> str:
    try:
        parts = urlsplit(value) if isinstance(value, str) else None
    except ValueError:
        parts = None
    if parts is None or parts.scheme not in ("http", "https") or not parts.hostname or not value.isprintable():
        raise _bad("notify_url", expected_data_type="url")
    return str(value)


def _expiry(request: Request, value: Any) -> int:
    """At most a day; two hours when absent or longer (bigin-api.md 6)."""
    now = int(request.world.clock.seconds())
    if value is None:
        return now + DEFAULT_LIFE
    until = moment(value) if isinstance(value, str) else None
    if until is None or until <= now:
        raise _bad("channel_expiry", expected_data_type="datetime")
    return until if until <= now + DAY else now + DEFAULT_LIFE


def _channel(request: Request, item: dict[str, Any]) -> Channel:
    token = item.get("token", "")
    if not isinstance(token, str) or len(token) > 50:
        raise _bad("token", maximum_length=50)
    channel_id, events = _channel_id(item.get("channel_id")), _events(item.get("events"))
    url, expires = _url(item.get("notify_url")), _expiry(request, item.get("channel_expiry"))
    return Channel(channel_id, events, url, token, expires, request.user.zuid)


def _put(request: Request, ok_status: int, *, known_only: bool) -> Reply:
    results = []
    spend(request, 1)
    for item in _items(request):
        try:
            channel = _channel(request, item)
            if known_only and _mine(request, channel.channel_id) is None:
                raise _not_subscribed()
            request.org.channels[channel.channel_id] = channel
            details = {"events": [_event(request, channel, name) for name in _modules(channel)]}
            message = "Successfully subscribed for actions-watch of the given module"
            results.append({"code": "SUCCESS", "details": details, "message": message, "status": "success"})
        except RecordError as error:
            results.append(error.item())
    return _results(results, ok_status)


def subscribe(request: Request) -> Reply:
    """A known channel is replaced: the same call again refreshes its expiry."""
    return _put(request, 201, known_only=False)


def replace_channels(request: Request) -> Reply:
    return _put(request, 200, known_only=True)


def _mine(request: Request, channel_id: str) -> Channel | None:
    channel: Channel | None = request.org.channels.get(channel_id)
    if channel is None or channel.expires <= request.world.clock.seconds():
        return None
    return channel


def _not_subscribed() -> RecordError:
    return RecordError("NOT_SUBSCRIBED", "Not subscribed for actions-watch of the given module", {})


def _modules(channel: Channel) -> list[str]:
    return list(dict.fromkeys(event.partition(".")[0] for event in channel.events))


def _event(request: Request, channel: Channel, module: str) -> dict[str, Any]:
    """The resource URI says v1 even on v2 (live)."""
    return {
        "channel_id": channel.channel_id,
        "channel_expiry": time_text(channel.expires, request.user.time_zone),
        "resource_id": request.org.meta_id(module),
        "resource_name": module,
        "resource_uri": f"{request.world.base_url}/bigin/v1/{module}",
    }


def drop_events(request: Request) -> Reply:
    """`{"watch": [{"channel_id", "events", "_delete_events": true}]}`."""
    spend(request, 1)
    results = []
    for item in _items(request):
        try:
            channel_id, events = _channel_id(item.get("channel_id")), _events(item.get("events"))
            if item.get("_delete_events") is not True:
                raise _bad("_delete_events", expected_data_type="boolean")
            channel = _mine(request, channel_id)
            if channel is None:
                raise _not_subscribed()
            channel.events = [one for one in channel.events if one not in events]
            if not channel.events:
                del request.org.channels[channel_id]
            results.append(_gone(request, channel, list(dict.fromkeys(one.partition(".")[0] for one in events))))
        except RecordError as error:
            results.append(error.item())
    return _results(results, 200)


def unsubscribe(request: Request) -> Reply:
    """An unknown channel is an error item under HTTP 202 (live note)."""
    ids = [one.strip() for one in request.query.get("channel_ids", "").split(",") if one.strip()]
    if not ids:
        raise required_param("channel_ids")
    spend(request, 1)
    results = []
    for channel_id in ids[:100]:
        channel = _mine(request, channel_id)
        if channel is None:
            results.append(_not_subscribed().item())
            continue
        del request.org.channels[channel_id]
        results.append(_gone(request, channel, _modules(channel)))
    return _results(results, 200)


def _gone(request: Request, channel: Channel, modules: list[str]) -> dict[str, Any]:
    message = "Successfully un-subscribed from actions-watch"
    event = _event(request, channel, modules[0])
    details = {name: event[name] for name in ("resource_uri", "resource_id", "channel_id")}
    return {"code": "SUCCESS", "details": details, "message": message, "status": "success"}


def list_channels(request: Request) -> Reply:
    spend(request, 1)
    now = request.world.clock.seconds()
    channel_id, module = request.query.get("channel_id"), request.query.get("module")
    rows = [
        _row(request, channel, name)
        for channel in request.org.channels.values()
        for name in _modules(channel)
        if channel.expires > now and channel_id in (None, channel.channel_id) and module in (None, name)
    ]
    window = numbered(request)
    part = rows[window.start : window.start + window.per_page]
    if not part:
        return nothing()
    more = window.start + window.per_page < len(rows)
    info = {"per_page": window.per_page, "count": len(part), "page": window.page, "more_records": more}
    return Reply(body={"watch": part, "info": info})


def _row(request: Request, channel: Channel, module: str) -> dict[str, Any]:
    return {
        **_event(request, channel, module),
        "events": [one for one in channel.events if one.startswith(f"{module}.")],
        "notify_url": channel.notify_url,
        "token": channel.token,
        "fields": None,
        "notify_on_related_action": False,
        "return_affected_field_values": False,
    }
