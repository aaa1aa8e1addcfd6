"""What a person should know or decide: the open issues, filtered, and how many there are of each kind."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Min, Q, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.models import Installation
from sync import held, persons
from sync.models import Issue, Record, Run, Side, Write
from sync.queries import activity, facts
from sync.queries.pairs import KIND_LABELS

FIRST = 50  # rows of a held list on its run's page

KINDS: Mapping[str, str | Promise] = {
    Issue.Kind.CLASH: _("Conflict"),
    Issue.Kind.DUPLICATE: _("Possible duplicate"),
    Issue.Kind.SKIPPED: _("Skipped"),
    Issue.Kind.REJECTED: _("Refused by Zoho"),
    Issue.Kind.VANISHED: _("Gone in Books"),
    Issue.Kind.HELD: _("Held for approval"),
    Issue.Kind.MERGE: _("Merged in Bigin?"),
}


# What the issues of one code have in common; a code without words is shown by the reason of one of its issues.
REASONS: Mapping[str, str | Promise] = {
    "both_changed": _("Both sides changed the same field"),
    "possible_duplicate": _("One record of the other side may be the same"),
    "candidates": _("Several records of the other side may be the same"),
    "rivals": _("Several records look like one of the other side"),
    "ended_pair": _("What looks the same is left of a pair of which one record was deleted"),
    "inactive_namesake": _("An inactive customer has the same name"),
    "reserved_name": _("A vendor or an inactive customer has the same name"),
    "picklist": _("A picklist of the other side lacks the value"),
    "name_too_long": _("The name is too long for the other side"),
    "no_name": _("There is neither a name nor an e-mail address"),
    "cleared": _("A field that must not be emptied was emptied"),
    "name_taken": _("The name is taken on the other side"),
    "duplicate_value": _("A value that must be unique exists twice"),
    "mandatory_missing": _("A field the other side insists on is empty"),
    "invalid_value": _("A value was refused"),
    "too_long": _("A value is too long for the other side"),
    "no_permission": _("The connected user lacks a permission"),
    "plan_limit": _("The plan's limit is reached"),
    "locked": _("The record is locked"),
    "gone": _("The record is gone"),
    "person_left_out": _("A contact person was not stored"),
    "vanished": _("Deleted in Books, kept in Bigin"),
    "person_gone": _("The contact person is gone from its customer in Books"),
    "others_stay": _("Deleted in Bigin, kept in Books for other contact persons"),
    "merge": _("Probably merged in Bigin"),
    "refused_by_person": _("A person refused to create it"),
    "unknown_create": _("An answer was lost: it is not known whether the record was created"),
    "too_many_deletions": _("More deletions than usual, held"),
    "too_many_alike": _("More equal changes than usual, held"),
    "unreadable": _("Books lists it and does not show it"),
    "contact_deleted": _("Its contact was deleted in Bigin in another mode"),
    "own_customer": _("A contact of a company that stays a customer of its own"),
    "stays": _("A contact without a company that is kept in step"),
    "move_refused": _("A contact moved, and a person refused that it follows in Books"),
    "moved_without": _("A contact moved, and not all of its data could follow"),
    "mail_stays": _("A contact goes on in Books without its e-mail"),
    "deals_unreadable": _("Whether a deleted company was merged cannot be seen"),
    "parent_not_linked": _("Its company is not in step"),
    "in_use": _("Something else still needs it"),
    "changed_since": _("An undo was left, as somebody changed the record since"),
    "merged": _("Merged in Bigin"),
    "two_customers": _("Merged in Bigin: one company, two customers in Books"),
    "view_gone_company": _("A list view cannot be read any more"),
    "view_gone_contact": _("A list view cannot be read any more"),
    "view_gone_product": _("A list view cannot be read any more"),
    "many_vanished": _("More records missing than usual, held"),
    "many_vanished_bigin_companies": _("More records missing than usual, held"),
    "many_vanished_bigin_contacts": _("More records missing than usual, held"),
    "many_vanished_bigin_products": _("More records missing than usual, held"),
}


@dataclass(frozen=True)
class Group:
    """All open issues with one reason code, so that a person can retry or look at them together."""

    kind: str
    kind_label: str | Promise
    code: str
    reason: str | Promise
    count: int


@dataclass(frozen=True)
class Candidate:
    record: Record
    score: int
    why: str
    line: str  # what tells it from others of its name


def listed(installation: Installation, filters: Mapping[str, str]) -> QuerySet[Issue]:
    """Newest first; `filters`: state, kind, code, module, q (part of a record's name)."""
    rows = installation.issues.select_related("record", "link__bigin", "link__books", "run").order_by(
        "-created_at", "-pk"
    )
    state = filters.get("state") or Issue.State.OPEN
    rows = rows.filter(state=state) if state in Issue.State.values else rows
    for name in ("kind", "code", "module"):
        if filters.get(name):
            rows = rows.filter(**{name: filters[name]})
    if text := filters.get("q", "").strip():
        rows = rows.filter(
            Q(record__label__icontains=text)
            | Q(link__bigin__label__icontains=text)
            | Q(link__books__label__icontains=text)
        )
    return rows


def modules_of(installation: Installation, code: str) -> list[str]:
    """Which modules have open issues of that reason."""
    rows = installation.issues.filter(state=Issue.State.OPEN, code=code)
    return list(rows.order_by("module").values_list("module", flat=True).distinct())


def groups(installation: Installation) -> list[Group]:
    rows = (
        installation.issues.filter(state=Issue.State.OPEN)
        .values("kind", "code")
        .annotate(count=Count("pk"), reason=Min("reason"))
        .order_by("-count", "kind", "code")
    )
    return [_group(row) for row in rows]


def _group(row: Mapping[str, Any]) -> Group:
    kind, code, count = row["kind"], row["code"], row["count"]
    reason = row["reason"] if count == 1 else REASONS.get(code, row["reason"])
    return Group(kind, KINDS.get(kind, kind), code, reason, count)


def candidates(issue: Issue) -> list[Candidate]:
    """Records that may be the same, best first, as pairing noted them: {"candidates": [{"record", "score", "why"}]}."""
    noted: list[Mapping[str, Any]] = [row for row in issue.detail.get("candidates", []) if "record" in row]
    records = {
        record.pk: record
        for record in Record.objects.filter(installation=issue.installation, pk__in=[row["record"] for row in noted])
    }
    told = facts.known(records.values())
    found = [
        Candidate(records[pk], int(row.get("score", 0)), str(row.get("why", "")), told[pk].line)
        for row in noted
        if (pk := row["record"]) in records
    ]
    return sorted(found, key=lambda candidate: -candidate.score)


def to_link(issue: Issue) -> Record | None:
    """The record that a person may link to another one for this issue (rules 5.1); None where that is no answer."""
    if issue.link is None:
        return issue.record
    choices = {
        Issue.Kind.VANISHED: issue.link.bigin,
        Issue.Kind.MERGE: issue.link.books,
        "name_taken": issue.link.bigin,
        persons.GONE: issue.link.books,
        persons.STAYS: issue.link.books,
    }
    found = choices.get(issue.code) or choices.get(issue.kind)
    return found if found is not None and found.gone_at is None else None


@dataclass(frozen=True)
class HeldList:
    """What the brake holds, as it listed it (rules 5.4): changes, or records that a list did not show any more."""

    issue: Issue
    writes: QuerySet[Write]
    records: QuerySet[Record]

    @property
    def is_of_records(self) -> bool:
        return "records" in self.issue.detail

    @property
    def title_id(self) -> str:
        return f"held-{self.issue.pk}"

    @property
    def count(self) -> int:
        return self.records.count() if self.is_of_records else self.writes.count()

    @property
    def first(self) -> list[Record] | list[activity.WriteLine]:
        """What a run's page shows of it; the issue's own page goes on."""
        if self.is_of_records:
            return list(self.records[:FIRST])
        return [activity.write_line(write) for write in self.writes[:FIRST]]

    @property
    def is_longer(self) -> bool:
        return self.count > FIRST


def held_of(run: Run) -> list[HeldList]:
    """What waits for an answer on this run's page."""
    return [held_list(issue) for issue in held.lists_of(run)]


def held_list(issue: Issue) -> HeldList:
    noted = {name: [pk for pk in issue.detail.get(name, []) if isinstance(pk, int)] for name in ("writes", "records")}
    writes = Write.objects.filter(installation=issue.installation, pk__in=noted["writes"])
    records = Record.objects.filter(installation=issue.installation, pk__in=noted["records"])
    return HeldList(
        issue, writes.select_related("link__bigin", "link__books").order_by("pk"), records.order_by("label", "pk")
    )


def sides(issue: Issue) -> dict[str, Record | None]:
    """The record (or both) an issue speaks of, by side."""
    found: dict[str, Record | None] = {"bigin": None, "books": None}
    if issue.link is not None:
        found = {"bigin": issue.link.bigin, "books": issue.link.books}
    elif issue.record is not None:
        found["bigin" if issue.record.side == Side.BIGIN else "books"] = issue.record
    return found


def title_of(issue: Issue) -> str | Promise:
    """Its record's name; of what is held, which is about many, the general reason."""
    return label_of(issue) or REASONS.get(issue.code, "")


def what_of(issue: Issue) -> str | Promise:
    """What kind of record, or of pair, an issue speaks of."""
    if issue.link is not None:
        return KIND_LABELS.get(issue.link.kind, "")
    return facts.KINDS.get(issue.record.kind, "") if issue.record is not None else ""


def label_of(issue: Issue) -> str:
    for record in (issue.record, *sides(issue).values()):
        if record is not None and record.label:
            return record.label
    return ""
