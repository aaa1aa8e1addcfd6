"""Bigin v2 as a product of the sandbox: its routes with their scopes, and how a call finds user and organisation."""

from __future__ import annotations

from sandbox.bigin import deletes, errors, metadata, people, reads, related, search, watch, writes
from sandbox.bigin.credits import check_concurrency
from sandbox.core import ApiError, Product, Refusal, Reply, Request, Route, RouteTable

_READ = ("ZohoBigin.modules.{module}.READ",)
_CREATE = ("ZohoBigin.modules.{module}.CREATE",)
_UPDATE = ("ZohoBigin.modules.{module}.UPDATE",)
_DELETE = ("ZohoBigin.modules.{module}.DELETE",)
_SEARCH = (*_READ, "ZohoSearch.securesearch.READ")
_UPSERT = (*_CREATE, *_UPDATE)
_USERS = ("ZohoBigin.users.READ",)
_ORG = ("ZohoBigin.org.READ",)


def product() -> Product:
    return Product("bigin", "/bigin/v2", RouteTable(ROUTES), enter, render, finish)


def enter(request: Request, route: Route) -> None:
    """The organisation is the one the token is bound to (bigin-api.md 1.3)."""
    grant = request.granted
    org = request.world.bigin.get(grant.bigin_org)
    if org is None:
        raise Refusal("scope")
    try:
        request.user = org.user_of(grant.zuid)
    except KeyError:
        raise Refusal("invalid_token") from None
    if request.user.status != "active":
        raise Refusal("invalid_token")
    request.org = org
    check_concurrency(request)


def render(error: ApiError) -> Reply:
    return errors.render(error)


def finish(request: Request, reply: Reply) -> None:
    """`x-accesstoken-reset` is the token's end (bigin-api.md 2); throttled answers follow their switches."""
    reply.headers["Cache-Control"] = "no-store, no-cache, must-revalidate, private"
    if request.grant is not None:
        reply.headers["X-AccessToken-Reset"] = request.world.clock.at(request.grant.expires).isoformat(
            timespec="seconds"
        )
    if reply.status != 429:
        return
    switches = request.world.switches
    if switches.on("bigin_throttle_retry_after"):
        reply.headers["Retry-After"] = "30"
    if switches["bigin_throttle_body"] == "empty":
        reply.body = None
    if switches["bigin_throttle_body"] == "html":
        reply.raw, reply.content_type = b"<html><body>Too many requests</body></html>", "text/html"


def _settings(name: str) -> tuple[str, ...]:
    return (f"ZohoBigin.settings.{name}.READ",)


ROUTES = [
    Route("GET", "/settings/modules", metadata.list_modules, _settings("modules")),
    Route("GET", "/settings/modules/{name}", metadata.get_module, _settings("modules")),
    Route("GET", "/settings/fields", metadata.list_fields, _settings("fields")),
    Route("GET", "/settings/layouts", metadata.list_layouts, _settings("layouts")),
    Route("GET", "/settings/layouts/{layout_id}", metadata.get_layout, _settings("layouts")),
    Route("GET", "/settings/custom_views", metadata.list_views, _settings("custom_views")),
    Route("GET", "/settings/custom_views/{view_id}", metadata.get_view, _settings("custom_views")),
    Route("GET", "/settings/related_lists", metadata.list_related_lists, _settings("related_lists")),
    Route("GET", "/settings/profiles", people.list_profiles, _settings("profiles")),
    Route("GET", "/settings/roles", people.list_roles, _settings("roles")),
    Route("GET", "/settings/tags", metadata.list_tags, _settings("tags")),
    Route("GET", "/users", people.list_users, _USERS),
    Route("GET", "/users/{user_id}", people.get_user, _USERS),
    Route("GET", "/org", people.get_org, _ORG),
    Route("GET", "/actions/watch", watch.list_channels, ("ZohoBigin.notifications.READ",)),
    Route("POST", "/actions/watch", watch.subscribe, ("ZohoBigin.notifications.CREATE",)),
    Route("PUT", "/actions/watch", watch.replace_channels, ("ZohoBigin.notifications.UPDATE",)),
    Route("PATCH", "/actions/watch", watch.drop_events, ("ZohoBigin.notifications.UPDATE",)),
    Route("DELETE", "/actions/watch", watch.unsubscribe, ("ZohoBigin.notifications.DELETE",)),
    Route("POST", "/coql", search.coql),
    Route("POST", "/{module}/upsert", writes.upsert_records, _UPSERT),
    Route("GET", "/{module}/search", search.search, _SEARCH),
    Route("GET", "/{module}/deleted", deletes.list_deleted, _READ),
    Route("GET", "/{module}/actions/count", search.count, _READ),
    Route("GET", "/{module}", reads.list_records, _READ),
    Route("POST", "/{module}", writes.insert_records, _CREATE),
    Route("PUT", "/{module}", writes.update_records, _UPDATE),
    Route("DELETE", "/{module}", deletes.delete_records, _DELETE),
    Route("GET", "/{module}/{record_id}", reads.get_record, _READ),
    Route("PUT", "/{module}/{record_id}", writes.update_records, _UPDATE),
    Route("DELETE", "/{module}/{record_id}", deletes.delete_records, _DELETE),
    Route("POST", "/{module}/{record_id}/Notes", related.add_notes, ("ZohoBigin.modules.notes.CREATE",)),
    Route("GET", "/{module}/{record_id}/{related}", related.list_related, _READ),
    Route("PUT", "/{module}/{record_id}/{related}/{related_id}", related.link, _UPDATE),
    Route("DELETE", "/{module}/{record_id}/{related}/{related_id}", related.unlink, _UPDATE),
]
