"""Webhooks of an organisation: who is told of which event, in which shape, signed how (books-api.md section 6).

Delivery over HTTP is the server's work. Events are what a client's own call did; the mini Books tells nobody.
"""

from __future__ import annotations

import hashlib
import hmac
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from sandbox.books import errors, intake
from sandbox.books.organization import BooksOrg
from sandbox.books.records import Webhook
from sandbox.core import Handler, Reply, Request, to_json
from sandbox.world import Delivery

ENTITIES = ("contact", "item", "estimate", "invoice", "salesorder")
EVENTS = ("created", "edited", "deleted")
SIGNATURE = "X-Zoho-Webhook-Signature"


def create(org: BooksOrg, given: intake.Body) -> Webhook:
    entity = intake.text(given, "entity")
    name = intake.text(given, "webhook_name", 50)
    url = intake.text(given, "url", 5000)
    secret = intake.text(given, "secret", 50)
    events = intake.texts_in(given, "events") or list(EVENTS)
    if entity not in ENTITIES or not set(events) <= set(EVENTS):
        raise errors.invalid_value("entity" if entity not in ENTITIES else "events")
    if not name:
        raise errors.missing("webhook_name")
    if urlsplit(url).scheme not in ("http", "https") or not urlsplit(url).hostname:
        raise errors.invalid_value("url")
    if secret and not (len(secret) >= 12 and secret.isalnum()):
        raise errors.invalid_value("secret")
    made = Webhook(org.new_id(), name, entity, url, events, secret)
    org.webhooks[made.webhook_id] = made
    return made


def row(webhook: Webhook) -> dict[str, Any]:
    return {
        "webhook_id": webhook.webhook_id,
        "webhook_name": webhook.name,
        "entity": webhook.entity,
        "url": webhook.url,
        "method": "POST",
        "events": webhook.events,
    }


def webhook_of(org: BooksOrg, webhook_id: str) -> Webhook:
    found = org.webhooks.get(webhook_id)
    if found is None:
        raise errors.does_not_exist("Webhook")
    return found


def telling(entity: str, event: str, handler: Handler) -> Handler:
    """The handler, and after its success the webhooks that wait for this event."""

    def told(request: Request) -> Reply:
        reply = handler(request)
        if request.org.webhooks and reply.status in (200, 201):
            shown = reply.body.get(entity) or {f"{entity}_id": request.params.get(f"{entity}_id", "")}
            happened = "created" if reply.status == 201 else event
            _announce(request, entity, happened, shown)
        return reply

    return told


def _announce(request: Request, entity: str, event: str, shown: dict[str, Any]) -> None:
    org: BooksOrg = request.org
    for webhook in org.webhooks.values():
        if webhook.entity == entity and event in webhook.events:
            request.world.deliveries.append(_delivery(request, webhook, shown))


def _delivery(request: Request, webhook: Webhook, shown: dict[str, Any]) -> Delivery:
    """Wrapped as `{"invoice": {...}}`, or in the older form field (switch `books_webhook_payload`)."""
    org: BooksOrg = request.org
    text = to_json({webhook.entity: shown}).decode("ascii")
    headers = {"Content-Type": "application/json"}
    fields: list[tuple[str, str]] = parse_qsl(urlsplit(webhook.url).query, keep_blank_values=True)
    signed = text
    if org.switch("books_webhook_payload") == "form":
        fields, signed = [*fields, ("JSONString", text)], ""
        text = urlencode({"JSONString": text})
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
    if webhook.secret:
        headers[SIGNATURE] = signature(webhook.secret, fields, signed)
    tries = 3 if org.switch("books_webhook_retries") == "two" else 1
    queued = request.world.clock.now().isoformat()
    return Delivery(webhook.url, {}, queued, tries_left=tries, headers=headers, text=text)


def signature(secret: str, fields: list[tuple[str, str]], body: str) -> str:
    """HMAC-SHA256 in hex over all fields sorted by key, key and value joined bare, then the raw body (from memory)."""
    message = "".join(key + value for key, value in sorted(fields)) + body
    return hmac.new(secret.encode(), message.encode(), hashlib.sha256).hexdigest()
