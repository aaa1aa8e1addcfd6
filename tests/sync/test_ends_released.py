"""Ends of records whose contact went on as another one: which are let go, in how many statements (rules 5.6)."""

from __future__ import annotations

from datetime import timedelta
from typing import cast

from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Installation
from sync import outbox, parting
from sync.mapping import Kind
from sync.models import Link, Record, Write
from sync.shape import load
from sync.work import Work
from tests.factories import make_installation
from zoho.bigin import Bigin
from zoho.books import Books

GONE = timezone.now()


def an_end(installation: Installation, name: str, **contact: object) -> tuple[Write, Record]:
    """Of the person that a contact was, beside that contact."""
    bigin = Record.objects.create(
        installation=installation, side="bigin", kind="contact", remote_id=f"c{name}", **contact
    )
    old = Record.objects.create(installation=installation, side="books", kind="person", remote_id=f"p{name}")
    link = Link.objects.create(installation=installation, kind=Kind.CONTACT_PERSON, books=old, state="closed")
    source = {parting.CONTACT: bigin.remote_id}
    write = Write.objects.create(
        installation=installation, link=link, side="books", op="delete", step=outbox.AFTER, state="held", source=source
    )
    return write, bigin


def stands(installation: Installation, contact: Record) -> None:
    new = Record.objects.create(
        installation=installation, side="books", kind="customer", remote_id=f"n{contact.remote_id}"
    )
    Link.objects.create(installation=installation, kind=Kind.CONTACT_CUSTOMER, bigin=contact, books=new)


def of_each(number: int) -> tuple[dict[str, list[Write]], int]:
    """So many ends of each sort, and the statements it takes to release them."""
    installation = make_installation()
    found: dict[str, list[Write]] = {"waits": [], "stands": [], "binned": [], "lost": []}
    for n in range(number):
        found["waits"].append(an_end(installation, f"w{n}")[0])
        write, contact = an_end(installation, f"s{n}")
        stands(installation, contact)
        found["stands"].append(write)
        gone = GONE - timedelta(minutes=n)
        found["binned"].append(an_end(installation, f"b{n}", gone_at=gone, gone_how="recycled")[0])
        found["lost"].append(an_end(installation, f"l{n}", gone_at=gone, gone_how="permanent")[0])
    work = Work(load(installation), cast(Bigin, None), cast(Books, None))
    with CaptureQueriesContext(connection) as statements:
        parting.release(work, Kind.CONTACT_PERSON)
    for writes in found.values():
        for write in writes:
            write.refresh_from_db()
    return found, len(statements)


def test_rule_5_6_an_end_goes_when_its_contact_stands_anew_or_is_deleted_in_few_statements(db: None) -> None:
    found, many = of_each(4)
    assert {sort: {str(write.state) for write in writes} for sort, writes in found.items()} == {
        "waits": {"held"},
        "stands": {"pending"},
        "binned": {"pending"},
        "lost": {"withdrawn"},
    }
    wait = timedelta(seconds=settings.SYNC_DELETE_WAIT_SECONDS)
    due = [GONE - timedelta(minutes=n) + wait for n in range(4)]
    assert [write.not_before for write in found["binned"]] == due
    assert {write.not_before for write in found["stands"]} == {None}
    assert of_each(1)[1] == many
