"""Fields that a side insists on in each new record and that no mapping can fill, because of their type: found by a
preview, so that an administrator knows before Start sync. What can be mapped is asked for by Configure.
"""

from __future__ import annotations

from collections.abc import Mapping

from django.db import transaction

from accounts.models import Installation
from sync import metadata
from sync.models import Side
from sync.shape import BIGIN_MODULES, MODULE_OF, RECORD_KINDS
from sync.work import Work
from zoho.errors import Rejected, Unauthorised

_KEY = "insisted"  # in Installation.settings: module -> side -> labels


def note(work: Work) -> None:
    """Two calls a preview for each kind of record of Bigin, one for each of Books that has fields of its own. What the
    grant does not reach is not known."""
    found: dict[str, dict[str, list[str]]] = {module: {} for module in work.shape.modules}
    places = {(MODULE_OF[kind], side, record) for kind in work.shape.kinds for side, record in _sides(kind)}
    for module, side, record in sorted(places):
        if side == Side.BIGIN and work.shape.settings[module].create_in_bigin == "none":
            continue
        try:
            labels = _of_bigin(work, record) if side == Side.BIGIN else _of_books(work, record)
        except (Rejected, Unauthorised):
            continue
        held = found[module].setdefault(side, [])
        held += [label for label in labels if label not in held]
    with transaction.atomic():
        row = Installation.objects.select_for_update().get(pk=work.shape.installation.pk)
        row.settings = {**row.settings, _KEY: {**row.settings.get(_KEY, {}), **found}}
        row.save(update_fields=["settings"])


def _sides(kind: str) -> tuple[tuple[str, str], tuple[str, str]]:
    left, right = RECORD_KINDS[kind]  # type: ignore[index]
    return (Side.BIGIN, left), (Side.BOOKS, right)


def _of_bigin(work: Work, record_kind: str) -> list[str]:
    module = BIGIN_MODULES[record_kind]
    rows = work.patiently(lambda: work.bigin.fields(module))
    wanted = work.patiently(lambda: metadata.insisted_on(work.bigin, module))
    return metadata.beyond_mapping_in_bigin(rows, wanted)


def _of_books(work: Work, record_kind: str) -> list[str]:
    custom = work.patiently(lambda: metadata.custom_fields(work.books, [record_kind]))
    return metadata.beyond_mapping_in_books(row for rows in custom.values() for row in rows)


def of(installation: Installation, modules: list[str]) -> Mapping[str, list[str]]:
    """side -> labels, as the newest preview of each module found them."""
    known = installation.settings.get(_KEY, {})
    found: dict[str, list[str]] = {}
    for module in modules:
        for side, labels in known.get(module, {}).items():
            held = found.setdefault(side, [])
            held += [label for label in labels if label not in held]
    return found
