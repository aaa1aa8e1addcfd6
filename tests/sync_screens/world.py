"""An installation as it looks after some weeks: pairs, runs, issues of every kind, conflicts, a preview, quotas."""

from dataclasses import dataclass
from datetime import timedelta

from django.utils import timezone

from accounts.models import AuditEntry, Installation, Quota
from sync.models import Issue, Link, LinkKind, Module, ModuleSetting, Proposal, Record, RecordKind, Run, Side, Write

HOSTILE = "<img src=x onerror=\"document.title='executed'\">"
NAMES = (
    "Northern Light Tours Ltd",
    "Blue Harbour Cruises",
    "Alpine Trails & Huts",
    "Meridian Business Travel",
    "Sunward Holidays",
    "Kestrel Adventure Co.",
    "Old Town Walks",
    "Island Hop Airways",
    "Desert Rose Expeditions",
    HOSTILE,
)

# As the sandbox answers them; one of each kind.
PROBES = {
    "asked_at": {"held": None, "text": "2026-03-02T06:00:00+00:00"},
    "bigin_administrator": {"held": True, "text": "The connection's user has the profile Administrator."},
    "bigin_scopes": {"held": True, "text": "All 6 scopes are granted."},
    "bigin_accounts_deleted_list": {"held": True, "text": "3 rows on its first page."},
    "bigin_accounts_deleted_newest_first": {"held": None, "text": "Too few rows to see an order."},
    "books_plan": {"held": True, "text": "The plan is PROFESSIONAL."},
    "books_equal_names": {"held": None, "text": "Nobody shares a name; only a write could tell."},
    "books_contacts_oldest_first": {"held": True, "text": "47 rows came oldest first."},
    "books_contacts_changed_since": {
        "held": False,
        "text": "The filter is ignored: rows came although none can be so new.",
    },
}


@dataclass(frozen=True)
class World:
    installation: Installation
    links: list[Link]
    alone: Record
    run: Run
    held: Run
    preview: Run
    write: Write
    clash: Issue
    duplicate: Issue
    skipped: Issue


def fill(installation: Installation) -> World:
    now = timezone.now()
    start_modules(installation)
    links = [pair(installation, number, name) for number, name in enumerate(NAMES)]
    for days in range(10, 0, -1):
        history(installation, links, days)
    run = Run.objects.filter(installation=installation, kind=Run.Kind.SYNC).order_by("-started_at")[0]
    write = run.writes.order_by("pk")[0]
    alone = record(installation, Side.BIGIN, RecordKind.COMPANY, "8100000000000999", "Northern Lights Tours")
    Quota.objects.bulk_create(
        Quota(
            installation=installation,
            product=product,
            day=(now - timedelta(days=day)).date(),
            calls=calls,
            limit=5000,
            remaining=5000 - calls,
        )
        for day in range(14)
        for product, calls in (("bigin", 300 + 37 * day), ("books", 900 + 211 * (day % 5)))
    )
    Installation.objects.filter(pk=installation.pk).update(probes=PROBES)
    AuditEntry.objects.create(
        installation=installation, who="Ada Keller", what="Changed the interval of Products to every hour."
    )
    clash, duplicate, skipped = issues(installation, links, alone, run)
    return World(
        installation,
        links,
        alone,
        run,
        held(installation, links),
        preview(installation, links),
        write,
        clash,
        duplicate,
        skipped,
    )


def start_modules(installation: Installation) -> None:
    now = timezone.now()
    for module in Module.values:
        ModuleSetting.objects.update_or_create(
            installation=installation,
            module=module,
            defaults={
                "started_at": now - timedelta(days=20),
                "started_by": "Ada Keller",
                "next_run_at": now + timedelta(minutes=9),
                "last_sync_at": now - timedelta(minutes=6),
                "pushed_to_books_at": now - timedelta(hours=2),
                "pushed_to_bigin_at": now - timedelta(days=1),
            },
        )


def record(
    installation: Installation, side: str, kind: str, remote_id: str, label: str, **fields: str | None
) -> Record:
    return Record.objects.create(
        installation=installation,
        side=side,
        kind=kind,
        remote_id=remote_id,
        label=label,
        fields=fields,
        keys=[f"name:{label.casefold()}"[:300]],
        modified_at=timezone.now() - timedelta(days=3),
        dirty=False,
    )


def pair(installation: Installation, number: int, name: str) -> Link:
    bigin = record(
        installation,
        Side.BIGIN,
        RecordKind.COMPANY,
        f"81000000000000{number:02}",
        name,
        Account_Name=name,
        Phone="+44 20 7946 0018",
        Website="https://example.com",
        Billing_City="York",
        Billing_Country="United Kingdom",
    )
    books = record(
        installation,
        Side.BOOKS,
        RecordKind.CUSTOMER,
        f"46000000000{number:02}",
        name,
        contact_name=name,
        website="example.com",
        **{"billing_address.phone": "+442079460018", "billing_address.city": "York" if number % 4 else "Leeds"},
    )
    return Link.objects.create(
        installation=installation,
        kind=LinkKind.COMPANY_CUSTOMER,
        bigin=bigin,
        books=books,
        reason="same name",
        bigin_base=bigin.fields,
        books_base=books.fields,
        settled_at=timezone.now() - timedelta(hours=2),
    )


def history(installation: Installation, links: list[Link], days: int) -> Run:
    began = timezone.now() - timedelta(days=days)
    run = Run.objects.create(
        installation=installation,
        trigger="schedule" if days % 3 else "person",
        state=Run.State.DONE,
        stage="done",
        started_at=began,
        finished_at=began + timedelta(seconds=12 + days),
        counts={
            "customers": {
                "bigin": {"read": 40 * days, "updated": days % 4},
                "books": {"read": 31, "created": days % 3, "updated": days, "failed": 1 if days % 5 == 0 else 0},
            }
        },
        calls={"bigin": 6 + days, "books": 2 + days * 2},
    )
    done = [
        Write(
            installation=installation,
            run=run,
            link=link,
            side=Side.BOOKS,
            op=Write.Op.UPDATE,
            state=Write.State.DONE,
            fields={"billing_address.city": "York", "website": "https://example.com/new"},
            before={"billing_address.city": "Leeds", "website": None},
            settled_at=began,
            attempts=1,
        )
        for link in links[:3]
    ]
    refused = Write(
        installation=installation,
        run=run,
        link=links[3],
        side=Side.BIGIN,
        op=Write.Op.UPDATE,
        state=Write.State.REJECTED,
        fields={"Phone": "not a number"},
        error_code="INVALID_DATA",
        attempts=1,
        error="Bigin refused the phone number. Correct it in Books, then press Retry.",
    )
    Write.objects.bulk_create([*done, refused])
    return run


def issues(installation: Installation, links: list[Link], alone: Record, run: Run) -> tuple[Issue, Issue, Issue]:
    clash = Issue.objects.create(
        installation=installation,
        link=links[4],
        run=run,
        module=Module.CUSTOMERS,
        kind=Issue.Kind.CLASH,
        code="both_changed",
        reason="Both sides changed the name.",
        advice="Choose which one stays.",
        detail={
            "contact_name": {"bigin": "Sunward Holidays Ltd", "books": "Sunward Travel", "base": "Sunward Holidays"}
        },
    )
    duplicate = Issue.objects.create(
        installation=installation,
        record=alone,
        run=run,
        module=Module.CUSTOMERS,
        kind=Issue.Kind.DUPLICATE,
        code="possible_duplicate",
        reason="A customer with nearly the same name exists in Books.",
        advice="Link the two, or create a new customer anyway.",
        detail={"candidates": [{"record": links[0].books_id, "score": 70, "why": "nearly the same name"}]},
    )
    skipped = Issue.objects.create(
        installation=installation,
        link=links[9],
        run=run,
        module=Module.CUSTOMERS,
        kind=Issue.Kind.SKIPPED,
        code="picklist_value",
        reason="Books does not know the value “Adventure” of the field Industry.",
        advice="Add the value in Books, then press Retry.",
    )
    return clash, duplicate, skipped


def held(installation: Installation, links: list[Link]) -> Run:
    run = Run.objects.create(
        installation=installation,
        trigger="schedule",
        state=Run.State.HELD,
        finished_at=timezone.now() - timedelta(hours=1),
        started_at=timezone.now() - timedelta(hours=1, minutes=1),
        problem="This run would delete 7 customers in Books, more than usual. Look at the list and decide.",
    )
    for link in links[5:8]:
        Write.objects.create(
            installation=installation, run=run, link=link, side=Side.BOOKS, op=Write.Op.DELETE, state=Write.State.HELD
        )
    return run


def preview(installation: Installation, links: list[Link]) -> Run:
    run = Run.objects.create(
        installation=installation,
        kind=Run.Kind.PREVIEW,
        trigger="person",
        state=Run.State.DONE,
        modules=list(Module.values),
        started_at=timezone.now() - timedelta(hours=3),
        finished_at=timezone.now() - timedelta(hours=2, minutes=59),
    )
    rows = [
        (
            "create",
            "books",
            "Fjord & Fell",
            {"contact_name": [None, "Fjord & Fell"], "website": [None, "fjord.example"]},
            "",
        ),
        ("update", "books", "Old Town Walks", {"billing_address.city": ["Leeds", "York"]}, ""),
        ("link", "", HOSTILE, {}, "same name"),
        ("skip", "", "Harbour Lights", {}, "Books does not know the value “Adventure” of the field Industry."),
        ("duplicate", "", "Northern Lights Tours", {}, "nearly the same name"),
    ]
    Proposal.objects.bulk_create(
        Proposal(
            run=run,
            module=Module.CUSTOMERS,
            kind=LinkKind.COMPANY_CUSTOMER,
            side=side,
            outcome=outcome,
            label=label,
            changes=changes,
            reason=reason,
        )
        for outcome, side, label, changes, reason in rows
    )
    return run
