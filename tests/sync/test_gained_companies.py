"""Individual customers whose contacts have a company by now: found by the page, in few statements (rules 5.6)."""

from __future__ import annotations

from typing import cast

from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Installation
from sync import merging, services
from sync.mapping import Kind
from sync.models import Issue, Link, ModuleSetting, Record
from sync.plan import Policies
from sync.shape import load
from sync.work import Work
from tests.factories import make_installation
from zoho.bigin import Bigin
from zoho.books import Books


def pair(installation: Installation, kind: Kind, name: str, parent: str = "", **meta: object) -> Link:
    bigin = Record.objects.create(
        installation=installation,
        side="bigin",
        kind="company" if kind is Kind.COMPANY_CUSTOMER else "contact",
        remote_id=f"b{name}",
        parent_id=parent,
        label=name,
    )
    books = Record.objects.create(
        installation=installation,
        side="books",
        kind="person" if kind is Kind.CONTACT_PERSON else "customer",
        remote_id=f"k{name}",
        meta=meta,
        detail_at=timezone.now(),
    )
    return Link.objects.create(installation=installation, kind=kind, bigin=bigin, books=books)


def planned(number: int) -> tuple[list[str], list[str], int]:
    """With so many of each sort: who stays a customer and is told, who goes on as a person, and the statements."""
    installation = make_installation()
    services.settings_of(installation)
    ModuleSetting.objects.filter(installation=installation).update(mode="both", include_unattached=True)
    links = []
    for n in range(number):
        company = pair(installation, Kind.COMPANY_CUSTOMER, f"Company {n}").bigin
        assert company is not None
        links.append(pair(installation, Kind.CONTACT_CUSTOMER, f"Billed {n}", company.remote_id, has_transaction=True))
        links.append(pair(installation, Kind.CONTACT_CUSTOMER, f"Alone {n}", has_transaction=True))
        links.append(pair(installation, Kind.CONTACT_CUSTOMER, f"Told {n}", company.remote_id, has_transaction=True))
        person = Record.objects.create(installation=installation, side="books", kind="person", remote_id=f"p{n}")
        Link.objects.create(
            installation=installation, kind=Kind.CONTACT_PERSON, bigin=links[-1].bigin, books=person, state="beside"
        )
    work = Work(load(installation), cast(Bigin, None), cast(Books, None))
    with CaptureQueriesContext(connection) as statements:
        merging.plan_links(work, Kind.CONTACT_CUSTOMER, links, Policies())
    told = Issue.objects.filter(installation=installation, code="own_customer").order_by("pk")
    gone_on = pair(installation, Kind.CONTACT_CUSTOMER, "Free", "bCompany 0")
    merging.plan_links(work, Kind.CONTACT_CUSTOMER, [gone_on], Policies())
    closed = Link.objects.filter(installation=installation, state="closed").order_by("pk")
    return (
        [issue.reason.partition(" has")[0] for issue in told],
        [link.books.label or link.books.remote_id for link in closed if link.books],
        len(statements),
    )


def test_rule_5_6_who_gained_a_company_is_found_in_few_statements(db: None) -> None:
    told, gone_on, many = planned(4)
    assert told == [f"Billed {n}" for n in range(4)]
    assert gone_on == ["kFree"]
    assert planned(1)[2] == many
