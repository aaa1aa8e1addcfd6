"""A contact with a company that stays a customer of its own, as it has documents: its company's customer may get it as
a contact person too, once, when somebody asks for that (rules 5.6).

The second pair rests (`Link.State.BESIDE`): runs write nothing for it, and both its records count as linked. It is
taken up when the customer is let go. Asking and taking up are database only; `create` calls the network.
"""

from __future__ import annotations

from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef

from accounts import audit
from accounts.models import Installation, Member
from sync import (
    creation,
    decisions,
    hands,
    outbox,
    picklists,
    recovery,
    schedule,
    send_books,
    settle,
    sources,
    unlinked,
)
from sync import shape as shapes
from sync.fields import Fields, bare, shown
from sync.mapping import Kind
from sync.models import Issue, Link, Record, RecordKind, Side, Write
from sync.outcomes import Create
from sync.plan import Policies
from sync.shape import Shape
from sync.work import Work

CODE = "own_customer"
_REASON = "Added as a person too; the contact is kept in step with a customer of its own."


class CannotAdd(ValueError):
    """Nothing was added; the message says why."""


def ask(issue: Issue, who: str | Member) -> bool:
    """Plans the one creation and closes the issue; False when that was done before. Raises CannotAdd."""
    shape = shapes.load(issue.installation)
    try:
        with transaction.atomic():
            hands.hold(decisions.records_of(issue), issue.installation)
            if issue.code != CODE or issue.link_id is None or not decisions.close(issue, who):
                return False
            link = Link.objects.select_for_update().get(pk=issue.link_id)
            _plan(shape, link)
            schedule.ask_now(issue.installation, [issue.module], who)
            audit.note(issue.installation, who, f"Added as a person too: {issue.reason}")
    except IntegrityError:
        return False
    return True


def _plan(shape: Shape, link: Link) -> None:
    contact = link.bigin
    customers = unlinked.partner_ids(shape, Side.BIGIN, [contact.parent_id] if contact else [])
    if contact is None or contact.gone_at or link.state != Link.State.LINKED or contact.parent_id not in customers:
        raise CannotAdd("The contact or its company is not in step any more; nothing was added.")
    kind = Kind.CONTACT_PERSON
    contact.meta = {name: value for name, value in contact.meta.items() if name != "create_as"}  # the customer's name
    offered = picklists.of_shape(shape, kind)
    made = creation.create(shape, kind, Side.BOOKS, contact, Policies("newest", "policy", offered))
    if not isinstance(made, Create):
        raise CannotAdd(made.reason)
    living = Link.objects.filter(bigin=contact, kind=kind, state=Link.State.BESIDE)
    living.filter(books__gone_at__isnull=False).update(state=Link.State.REFUSED)
    half = Link.objects.create(
        installation=shape.installation, kind=kind, bigin=contact, state=Link.State.HALF, first="bigin", reason=_REASON
    )
    Write.objects.create(
        installation=shape.installation,
        link=half,
        side=Side.BOOKS,
        op=Write.Op.CREATE,
        step=Link.State.BESIDE,
        fields=dict(made.fields),
        source=dict(made.source),
        before={},
        error="; ".join(made.warnings),
    )


def create(work: Work, write: Write) -> None:
    """One claimed creation: looked for first, as the click did not ask Books. Network and settles."""
    person = _standing(work, write)
    if person is None:
        send_books.create(work, write)
    else:
        settle.done(work, write, person)


def _standing(work: Work, write: Write) -> sources.Seen | None:
    """A person that stands below the company's customer already, with that e-mail or, without one, that name."""
    customer_id = send_books.customer_of_person(work, write)
    detail = work.patiently(lambda: work.books.contact(customer_id)) if customer_id else None
    seen = [sources.books_person(work.shape, one, customer_id, None) for one in sources.persons_of(detail or {})]
    return next((one for one in recovery.free(work, RecordKind.PERSON, seen) if _is_it(write, one.fields)), None)


def _is_it(write: Write, fields: Fields) -> bool:
    name = "email" if write.fields.get("email") else "name"
    return bare(shown(write.fields.get(name))).casefold() == bare(shown(fields.get(name))).casefold()


def before_pairing(shape: Shape) -> None:
    """What was asked for meets what was read since, or pairing would take that for a stranger; and pairs that stand
    beside none any more are taken up."""
    waiting = Write.objects.filter(
        installation=shape.installation, state=Write.State.PENDING, op=Write.Op.CREATE, step=Link.State.BESIDE
    )
    for write in waiting.select_related("link__bigin").order_by("pk"):
        contact = write.link.bigin
        parents = unlinked.partner_ids(shape, Side.BIGIN, [contact.parent_id] if contact else [])
        persons = unlinked.children(shape, Kind.CONTACT_PERSON, Side.BOOKS, parents.values())
        standing = next((person for person in persons if _is_it(write, person.fields)), None)
        if standing is not None:
            _meet(write, standing)
    _take_up(shape.installation)


def _meet(write: Write, person: Record) -> None:
    with transaction.atomic():
        if outbox.move([write], Write.State.PENDING, Write.State.WITHDRAWN, error="It stood there already."):
            half = Link.objects.filter(pk=write.link_id, state=Link.State.HALF)
            half.update(books=person, state=Link.State.BESIDE)


def _take_up(installation: Installation) -> None:
    """Those whose contact has no other pair any more are ordinary pairs from now on; one whose other pair rests with
    its mode waits along with it. One statement where there is none."""
    other = Link.objects.filter(bigin=OuterRef("bigin")).exclude(pk=OuterRef("pk")).exclude(state=Link.State.REFUSED)
    rows = Link.objects.filter(~Exists(other), installation=installation, state=Link.State.BESIDE)
    ids = list(rows.values_list("pk", flat=True))
    if ids:
        Link.objects.filter(pk__in=ids, state=Link.State.BESIDE).update(state=Link.State.LINKED)
        Record.objects.filter(bigin_links__in=ids).update(dirty=True)
