"""Creates in Books that carry a key: a unique custom field by which their result is found again (design section 3).

The key is this installation's and the Bigin record's, so a second attempt for the same record meets the first one
instead of making a double. Whether the field is there is what the probes found (`zoho/probes_books.py`). Network.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from django.db import transaction

from accounts.models import Installation
from sync import sources, unlinked, unreadable
from sync.mapping import Kind
from sync.models import Link, Record, RecordKind, Write
from sync.shape import RECORD_KINDS, Shape
from sync.work import Work
from zoho.books_calls import Unique
from zoho.errors import Rejected
from zoho.probes_books import KEY_FIELD, key_probe

log = logging.getLogger(__name__)
_ENTITIES = {RecordKind.CUSTOMER: "contact", RecordKind.ITEM: "item"}
# Codes of a Books that knows no such field, or takes no keyed writes: nothing was done (reference, sections 7 and 9).
_NO_KEYS = frozenset({"2", "5", "37"})


def unique(shape: Shape, write: Write) -> Unique | None:
    """The field and its value for this create; None where Books has no such field."""
    entity, record = _entity(write), write.link.bigin
    if not entity or record is None or shape.installation.product != "books":
        return None
    found = shape.installation.probes.get(key_probe(entity))
    if not isinstance(found, dict) or found.get("held") is not True:
        return None
    return KEY_FIELD, f"{shape.installation.pk.hex[:12]}-{record.remote_id}"


def _entity(write: Write) -> str:
    return _ENTITIES.get(RecordKind(RECORD_KINDS[Kind(write.link.kind)][1]), "")


def create(work: Work, write: Write, body: Mapping[str, Any]) -> sources.RemoteRow:
    """The record as Books stored it. One call; a look-up before it where an earlier attempt may have arrived.

    An upsert may meet what that attempt made, and Books would replace its persons: then it carries none, and what the
    answer lacks is written on its own.
    """
    key = unique(work.shape, write)
    send = work.books.create_item if _entity(write) == "item" else work.books.create_contact
    if key is None or write.undoes_id is not None:
        return work.patiently(lambda: send(body))
    safe = dict(body)
    if not _is_first(write):
        found = find(work, write)
        if found is not None and is_free(work, write, found):
            return found
        if found is not None:  # another pair has it, so this one is meant to be a second record
            return work.patiently(lambda: send(body))
        safe.pop("contact_persons", None)
    Record.objects.filter(bigin_links=write.link_id, keyed=False).update(keyed=True)
    try:
        return work.patiently(lambda: send(safe, key))
    except Rejected as error:
        if error.code not in _NO_KEYS:
            raise
        row = work.patiently(lambda: send(body))
        _forget(work.shape.installation, _entity(write), error)
        return row


def _is_first(write: Write) -> bool:
    """Whether nothing was ever sent for this record: then its key cannot meet anything. A pair that let the record go
    does not show that any more."""
    if Record.objects.filter(bigin_links=write.link_id, keyed=True).exists():
        return False
    earlier = Write.objects.filter(link=write.link_id, op=Write.Op.CREATE, carried_by=None).exclude(pk=write.pk)
    others = Link.objects.filter(bigin=write.link.bigin_id).exclude(pk=write.link_id)
    return write.attempts == 0 and not earlier.exists() and not others.exists()


def find(work: Work, write: Write) -> sources.RemoteRow | None:
    """The record that carries this create's key, whole; None where Books shows none."""
    key = unique(work.shape, write)
    if key is None:
        return None
    if _entity(write) == "item":
        row = work.patiently(lambda: work.books.item_by_key(key)).row
        found_id = str(row["item_id"]) if row else ""
        with unreadable.asking():
            return work.patiently(lambda: work.books.item(found_id)) if found_id else None
    row = work.patiently(lambda: work.books.contact_by_key(key)).row
    found_id = str(row["contact_id"]) if row else ""
    with unreadable.asking():
        return work.patiently(lambda: work.books.contact(found_id)) if found_id else None


def is_free(work: Work, write: Write, row: sources.RemoteRow) -> bool:
    """Whether no other pair has it."""
    remote_id = str(row.get("item_id") or row.get("contact_id"))
    held = Record.objects.filter(
        installation=work.shape.installation, kind=RECORD_KINDS[Kind(write.link.kind)][1], remote_id=remote_id
    )
    return not unlinked.live_links().filter(books__in=held).exclude(pk=write.link_id).exists()


def _forget(installation: Installation, entity: str, error: Rejected) -> None:
    """It went without the key, so it is not asked for again before the next probe."""
    log.warning("sync: installation %s: Books takes no keyed creates of %s (%s)", installation.pk, entity, error.code)
    told = {"held": False, "text": f"Books refused a keyed creation (code {error.code})."}
    with transaction.atomic():
        row = Installation.objects.select_for_update().get(pk=installation.pk)
        row.probes = {**row.probes, key_probe(entity): told}
        row.save(update_fields=["probes"])
    installation.probes = row.probes
