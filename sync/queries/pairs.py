"""The pairs: which record of one side belongs to which of the other, and what could be paired."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from django.db.models import Count, Q, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.models import Installation
from sync import mapping
from sync.fields import is_normalised, shown
from sync.models import Issue, Link, LinkKind, Module, Record, RecordKind, Side
from sync.queries.conflicts import readable

KIND_LABELS: Mapping[str, str | Promise] = {
    LinkKind.COMPANY_CUSTOMER: _("Company and customer"),
    LinkKind.CONTACT_CUSTOMER: _("Contact and customer"),
    LinkKind.CONTACT_PERSON: _("Contact and contact person"),
    LinkKind.PRODUCT_ITEM: _("Product and item"),
}
RECORD_LABELS: Mapping[str, str | Promise] = {
    RecordKind.COMPANY: _("Company"),
    RecordKind.CONTACT: _("Contact"),
    RecordKind.PRODUCT: _("Product"),
    RecordKind.CUSTOMER: _("Customer"),
    RecordKind.PERSON: _("Contact person"),
    RecordKind.ITEM: _("Item"),
}


def linked(installation: Installation, filters: Mapping[str, str]) -> QuerySet[Link]:
    """By name; `filters`: kind, state, q (part of a name or a whole id of either side)."""
    rows = (
        installation.links.exclude(state__in=Link.DEAD)
        .select_related("bigin", "books")
        .annotate(open_issues=Count("issues", filter=Q(issues__state=Issue.State.OPEN)))
        .order_by("bigin__label", "books__label", "pk")
    )
    if filters.get("kind") in LinkKind.values:
        rows = rows.filter(kind=filters["kind"])
    if filters.get("state") in Link.State.values:
        rows = rows.filter(state=filters["state"])
    if text := filters.get("q", "").strip():
        rows = rows.filter(
            Q(bigin__label__icontains=text)
            | Q(books__label__icontains=text)
            | Q(bigin__remote_id=text)
            | Q(books__remote_id=text)
        )
    return rows


def unlinked(installation: Installation, side: str, filters: Mapping[str, str]) -> QuerySet[Record]:
    """Records of one side that are there, in scope, and belong to no pair; of a pair that was unlinked, both."""
    rows = installation.records.filter(side=side, gone_at=None, in_scope=True, kind__in=RECORD_LABELS).order_by(
        "label", "pk"
    )
    taken = installation.links.exclude(state__in=(*Link.DEAD, Link.State.APART))
    field = "bigin" if side == Side.BIGIN else "books"
    rows = rows.exclude(pk__in=taken.filter(**{f"{field}__isnull": False}).values(field))
    if filters.get("kind") in RECORD_LABELS:
        rows = rows.filter(kind=filters["kind"])
    if text := filters.get("q", "").strip():
        rows = rows.filter(Q(label__icontains=text) | Q(remote_id=text))
    return rows


@dataclass(frozen=True)
class FieldPair:
    """One mapped field of a pair: what each side holds now, and whether the two agree up to what each side stores.

    A difference is `settled` where both sides hold what they held when last in step: no run changes it until somebody
    edits the field. `taken_back`: it is so because an undo gave one side its old value.
    """

    label: str
    bigin: str
    books: str
    agree: bool
    settled: bool = False
    taken_back: bool = False


def fields_of(link: Link) -> list[FieldPair]:
    """The fields both sides of a pair have in common by the mapping in force."""
    module = Module.PRODUCTS if link.kind == LinkKind.PRODUCT_ITEM else Module.CUSTOMERS
    setting = link.installation.modules.filter(module=module).first()
    rows = mapping.of_kind(mapping.load(module, setting.mapping if setting else []), link.kind)
    undone = _undone_fields(link)
    return [_field(link, row, undone) for row in rows]


def _field(link: Link, row: mapping.Row, undone: Collection[tuple[str, str]]) -> FieldPair:
    left = link.bigin.fields.get(row.bigin) if link.bigin else None
    right = link.books.fields.get(row.books) if link.books else None
    agree = is_normalised(left, right) or is_normalised(right, left)
    based = row.bigin in link.bigin_base and row.books in link.books_base
    settled = based and (link.bigin_base[row.bigin], link.books_base[row.books]) == (left, right)
    taken_back = bool({("bigin", row.bigin), ("books", row.books)}.intersection(undone))
    return FieldPair(readable(row.bigin), shown(left), shown(right), agree, settled, settled and taken_back)


def _undone_fields(link: Link) -> frozenset[tuple[str, str]]:
    """(side, field) of which the newest write took an earlier one back."""
    newest: dict[tuple[str, str], bool] = {}
    for side, fields, undoes in link.writes.filter(state="done").order_by("pk").values_list("side", "fields", "undoes"):
        newest.update({(side, name): undoes is not None for name in fields})
    return frozenset(key for key, is_undo in newest.items() if is_undo)
