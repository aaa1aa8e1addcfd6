"""Saving a Configure screen: checked, versioned, and what a change means for cursors, links and the mirror."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from accounts import audit
from accounts.models import Installation, Member
from sync import changed, mapping, modes, schedule
from sync import shape as shapes
from sync.mapping import Kind, Row, RowError
from sync.models import Cursor, Duplicates, Feed, Mode, ModuleSetting, Policy, Record

LEAST_MINUTES, MOST_MINUTES = 5, 24 * 60
_BIGIN_FEED = {
    Kind.COMPANY_CUSTOMER: Feed.BIGIN_COMPANIES,
    Kind.CONTACT_PERSON: Feed.BIGIN_CONTACTS,
    Kind.CONTACT_CUSTOMER: Feed.BIGIN_CONTACTS,
    Kind.PRODUCT_ITEM: Feed.BIGIN_PRODUCTS,
}
_PLAIN = (
    "mode",
    "include_unattached",
    "views",
    "duplicates",
    "policy",
    "delete_policy",
    "create_in_bigin",
    "recent_months",
    "defaults",
    "interval_minutes",
    "picklists",
)


class VersionConflict(Exception):
    """Somebody else saved in the meantime: the form was drawn from an older version."""


class MappingErrors(Exception):
    """What is wrong, row by row; a `RowError` with index -1 concerns the whole."""

    def __init__(self, errors: Sequence[RowError]) -> None:
        super().__init__("; ".join(error.message for error in errors))
        self.errors = list(errors)


@dataclass(frozen=True)
class ConfigureInput:
    """A checked form. `views` maps companies, contacts and products to ids of list views; `picklists` holds the values
    of mapped picklists per side and field. None leaves a choice as it is."""

    mapping: Sequence[Row] | None = None
    mode: str | None = None
    include_unattached: bool | None = None
    views: Mapping[str, Sequence[str]] | None = None
    duplicates: str | None = None
    policy: str | None = None
    delete_policy: str | None = None
    create_in_bigin: str | None = None
    recent_months: int | None = None
    defaults: Mapping[str, Any] | None = None
    interval_minutes: int | None = None
    picklists: Mapping[str, Mapping[str, Sequence[str]]] | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)


def save_settings(setting: ModuleSetting, cleaned: ConfigureInput, who: str | Member, version: int) -> list[str]:
    """All or nothing; returns warnings. Raises VersionConflict and MappingErrors. No network."""
    errors = _errors(setting, cleaned)
    if errors:
        raise MappingErrors(errors)
    with transaction.atomic():
        held = ModuleSetting.objects.select_for_update().get(pk=setting.pk)
        if held.version != version:
            raise VersionConflict
        before = shapes.load(held.installation)
        values = {name: getattr(cleaned, name) for name in _PLAIN if getattr(cleaned, name) is not None}
        if cleaned.mapping is not None:
            values["mapping"] = [row.to_json() for row in cleaned.mapping]
        ModuleSetting.objects.filter(pk=held.pk).update(version=F("version") + 1, **values)
        after = shapes.load(held.installation)
        warnings = _consequences(held.installation, held.module, before, after) + _made_new(held, before, after)
        audit.note(held.installation, who, f"Saved the settings of {held.get_module_display()}")
    setting.refresh_from_db()
    return warnings


def _made_new(setting: ModuleSetting, before: shapes.Shape, after: shapes.Shape) -> list[str]:
    """The next run comes now; an interval later where an administrator should look at a preview first (rules 5.4)."""
    if setting.started_at is None:
        return []
    now = timezone.now()
    change = changed.between(setting.module, before, after, now)
    ended = changed.dropped(setting.module, before, after)
    rows = ModuleSetting.objects.filter(pk=setting.pk)
    if setting.last_sync_at is None or not change:
        rows.update(next_run_at=now, queued_at=None)
        return ended
    later = now + schedule.interval(setting, now)
    rows.update(changed=change.joined(changed.of(setting)).to_json(), next_run_at=later, queued_at=None)
    return [*changed.told(change, after), *ended]


def _errors(setting: ModuleSetting, cleaned: ConfigureInput) -> list[RowError]:
    errors: list[RowError] = []
    choices = (
        ("mode", cleaned.mode, Mode.values),
        ("duplicates", cleaned.duplicates, Duplicates.values),
        ("policy", cleaned.policy, Policy.values),
        ("delete_policy", cleaned.delete_policy, ["delete", "inactive", "keep"]),
        ("create_in_bigin", cleaned.create_in_bigin, ["none", "active", "recent"]),
    )
    for name, value, allowed in choices:
        if value is not None and value not in allowed:
            errors.append(RowError(-1, name, f"{value!r} is not one of {', '.join(allowed)}."))
    minutes = cleaned.interval_minutes
    if minutes is not None and not LEAST_MINUTES <= minutes <= MOST_MINUTES:
        errors.append(RowError(-1, "interval_minutes", "The interval is 5 minutes to 24 hours."))
    return errors + _mapping_errors(setting, cleaned.mapping)


def _mapping_errors(setting: ModuleSetting, rows: Sequence[Row] | None) -> list[RowError]:
    """What can be judged without metadata: one target per field, required rows, kinds of this module (rules 4.3)."""
    if rows is None:
        return []
    allowed = mapping.KINDS_OF_MODULE[setting.module]
    errors = [
        RowError(index, "bigin", "This pair of fields belongs to another screen.")
        for index, row in enumerate(rows)
        if row.kind not in allowed
    ]
    return errors + mapping.check_targets(rows)


def _consequences(installation: Installation, module: str, before: shapes.Shape, after: shapes.Shape) -> list[str]:
    """A change of mode retires and revives links; a new field or filter makes its feed be read anew."""
    warnings: list[str] = []
    if before.active != after.active or before.mode != after.mode:
        warnings += modes.switch(installation, before, after)
    feeds = _feeds_to_read(module, before, after)
    if feeds:
        Cursor.objects.filter(installation=installation, feed__in=feeds).update(
            complete_at=None, mark=None, position={}, listed_at=None, views_read_at=None
        )
        warnings.append("Both sides are read from the beginning with the next run; nothing is created before that.")
    if _details_to_read(before, after):
        Record.objects.filter(installation=installation, kind="customer").update(detail_at=None)
    _first_meetings(installation, before, after)
    Record.objects.filter(installation=installation, gone_at=None, kind__in=_kinds(after, module)).update(dirty=True)
    if shapes.money_is_off(installation):
        warnings.append("Bigin and Books count in different currencies: prices and amounts are not synchronised.")
    return warnings


def _kinds(shape: shapes.Shape, module: str) -> list[str]:
    return [name for kind in mapping.KINDS_OF_MODULE[module] for name in shapes.RECORD_KINDS[kind]]


def _feeds_to_read(module: str, before: shapes.Shape, after: shapes.Shape) -> set[str]:
    feeds: set[str] = set()
    for kind in mapping.KINDS_OF_MODULE[module]:
        if kind in after.active and kind not in before.active:
            feeds.update(shapes.FEEDS_OF[kind])
        left = {row.bigin for row in after.rows[kind]} - {row.bigin for row in before.rows[kind]}
        right = {row.books for row in after.rows[kind]} - {row.books for row in before.rows[kind]}
        if left:
            feeds.add(_BIGIN_FEED[kind])
        if right:
            feeds.add(shapes.FEEDS_OF[kind][1])
    for feed, kind_name in shapes.FEED_KINDS.items():
        if kind_name in shapes.BIGIN_MODULES and before.views(kind_name) != after.views(kind_name):
            feeds.add(feed)
    return feeds


def _details_to_read(before: shapes.Shape, after: shapes.Shape) -> bool:
    gained = after.wanted("customer") - before.wanted("customer") | after.wanted("person") - before.wanted("person")
    return after.customers_need_detail and bool(gained or not before.customers_need_detail)


def _first_meetings(installation: Installation, before: shapes.Shape, after: shapes.Shape) -> None:
    """A field mapped later meets by policy, whatever the pair's beginning was."""
    for kind in after.active:
        if set(after.rows[kind]) - set(before.rows[kind]):
            modes.links_of(installation, kind).update(first="policy")
