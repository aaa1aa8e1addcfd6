"""Where a person belongs: parents that moved, vanished or merged (rules 5.3, 5.6). Database only, no network."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sync import lifecycle, unlinked
from sync.creation import PARENT
from sync.mapping import Kind
from sync.models import Issue, Link, Record, RecordKind, Side, Write
from sync.shape import MODULE_OF, Shape

if TYPE_CHECKING:
    from sync.merging import Batch


@dataclass(frozen=True)
class Place:
    """`moved_to` is the customer a person is to be moved below; `problem` says why it cannot follow its contact."""

    parent_gone: bool = False
    moved_to: str = ""
    problem: str = ""


def places(shape: Shape, kind: Kind, links: Sequence[Link]) -> dict[int, Place]:
    """Where each contact's counterpart belongs by now; a constant number of queries."""
    if kind is not Kind.CONTACT_PERSON:
        return {}
    contacts = [link.bigin for link in links if link.bigin is not None]
    parents = {contact.parent_id for contact in contacts if contact.parent_id}
    customers = unlinked.partner_ids(shape, Side.BIGIN, parents)
    gone = set(
        Record.objects.filter(
            installation=shape.installation, kind=RecordKind.COMPANY, remote_id__in=parents, gone_at__isnull=False
        ).values_list("remote_id", flat=True)
    )
    return {link.pk: _place(link, customers, gone) for link in links}


def _place(link: Link, customers: dict[str, str], gone: set[str]) -> Place:
    contact, person = link.bigin, link.books
    if contact is None or person is None:
        return Place()
    if contact.gone_at is not None:
        return Place(parent_gone=contact.parent_id in gone)
    if not contact.parent_id:
        return Place(problem="It has no company in Bigin any more; in Books it stays a contact person where it is.")
    wanted = customers.get(contact.parent_id)
    if wanted is None:
        return Place(problem="Its company in Bigin is not in step with Books; in Books it stays where it is.")
    return Place(moved_to="" if wanted == person.parent_id else wanted)


def note(batch: Batch, link: Link, place: Place) -> None:
    """A person that cannot follow its contact stays, and a person is told (rules 5.6)."""
    if place.problem and link.state == Link.State.LINKED:
        batch.draft(link, Issue.Kind.SKIPPED, "stays", place.problem, "Give it a company that is kept in step.")


def suspect(batch: Batch, link: Link) -> None:
    """Gone for good at first sight: two records of Bigin were probably merged; nothing is propagated (rules 5.3)."""
    if not lifecycle.close(link, "It disappeared from Bigin for good; perhaps it was merged into another record."):
        return
    label = link.bigin.label if link.bigin else ""
    batch.draft(
        link,
        Issue.Kind.MERGE,
        "merge",
        f"{label} disappeared from Bigin for good; perhaps it was merged. Nothing was changed in Books.",
        "Link its counterpart to the record that survived, or delete it in Books yourself.",
    )


def move(batch: Batch, link: Link, customer_id: str) -> None:
    """A contact changed its company: one Write with steps takes its person along (rules 5.6)."""
    person, contact = link.books, link.bigin
    if person is None or contact is None:
        return
    batch.writes.append(
        Write(
            installation=batch.work.shape.installation,
            run=batch.work.run,
            link=link,
            side=Side.BOOKS,
            op=Write.Op.MOVE,
            step="create",
            fields=dict(person.fields),
            source={PARENT: customer_id},
            before={"person": person.remote_id, "customer": person.parent_id},
        )
    )
    batch.work.count(MODULE_OF[batch.kind], Side.BOOKS, "planned")
