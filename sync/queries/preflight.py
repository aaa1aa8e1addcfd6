"""What stands in the way of a good first sync, from the mirror as the preview left it. No network."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.db import connection
from django.db.models import Count, Min, Q, TextField
from django.db.models.fields.json import KeyTextTransform, KeyTransform
from django.db.models.functions import Cast, Coalesce, Lower, Trim
from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts import setup
from accounts.models import Connection, Installation
from sync import allowance, insisted, mapping, probed, room
from sync.creation import NAMELESS
from sync.mapping import Kind
from sync.models import Mode, ModuleSetting, Proposal, Record, RecordKind, Run, Side
from sync.queries import preview

SYNC_SHARE = 0.8  # of a minute's calls; the rest is for people who wait at a screen
BIGIN_BATCH = 100
MOST_NAMES = 5
WRITING = ("create", "update", "delete", "move")


@dataclass(frozen=True)
class Check:
    """`ok` False asks for a look; it never forbids Start sync."""

    name: str
    ok: bool
    text: str | Promise


def of_newest(installation: Installation, modules: list[str]) -> list[Check]:
    """Nothing before a preview has read both sides."""
    run = preview.newest(installation, modules) if modules else None
    return checks(installation, run, modules) if run else []


def checks(installation: Installation, run: Run, modules: list[str]) -> list[Check]:
    found = [Check("warning", False, text) for text in setup.warnings(installation)]
    if installation.bigin_currency and installation.bigin_currency == installation.books_currency:
        words = _("Bigin and Books both count in %(currency)s.") % {"currency": installation.books_currency}
        found.append(Check("currency", True, words))
    if "customers" in modules:
        found += [_names(installation, run), _equal_names(installation, run)]
    if "products" in modules:
        found += [_codes(run), _item_names(run)]
    found += [_picklists(installation, modules), *_beyond_mapping(installation, modules)]
    return [*found, _room(installation, run, modules), _size(installation, run, modules)]


def _names(installation: Installation, run: Run) -> Check:
    words = [_nameless_contacts(installation), *_nameless_in_books(run)]
    if not any(words):
        return Check("names", True, _("Every contact has a name."))
    return Check("names", False, " ".join(text for text in words if text))


def _nameless_contacts(installation: Installation) -> str:
    nameless = Record.objects.filter(
        installation=installation, kind=RecordKind.CONTACT, gone_at=None, in_scope=True, fields__Name=None
    ).count()
    text = ngettext(
        "%(count)d contact has no name: the beginning of its e-mail address is used, without one it is skipped.",
        "%(count)d contacts have no name: the beginning of their e-mail address is used, without one they are skipped.",
        nameless,
    )
    return text % {"count": nameless} if nameless else ""


def _nameless_in_books(run: Run) -> list[str]:
    """Bigin insists on a last name: of whom Books knows none, the preview found what becomes of each."""
    own = Q(kind=Kind.CONTACT_PERSON, books__fields__name=None)
    individual = Q(**{"kind": Kind.CONTACT_CUSTOMER, "books__fields__person.name": None})
    lent = run.proposals.filter(own | individual, outcome="create", side=Side.BIGIN).count()
    skipped = run.proposals.filter(outcome="skip", side=Side.BOOKS, reason=NAMELESS).count()
    told_lent = ngettext(
        "%(count)d person in Books has no name: in Bigin the beginning of the e-mail address is the last name.",
        "%(count)d people in Books have no name: in Bigin the beginning of the e-mail address is the last name.",
        lent,
    )
    told_skipped = ngettext(
        "%(count)d person in Books has neither a name nor an e-mail address and is skipped: Bigin wants a last name.",
        "%(count)d people in Books have neither a name nor an e-mail address and are skipped: Bigin wants a last name.",
        skipped,
    )
    both = ((lent, told_lent), (skipped, told_skipped))
    return [text % {"count": count} for count, text in both if count]


def _equal_names(installation: Installation, run: Run) -> Check:
    """By what Books was seen to do with a second customer of one name (`sync/learned.py`)."""
    is_allowed = probed.held(installation, probed.EQUAL_NAMES)
    if is_allowed is False:
        return _refused_names(run)
    words = [text for text in (_twice(installation, kind, is_allowed) for kind in _customers(installation)) if text]
    if words:
        return Check("equal_names", bool(is_allowed), " ".join(words))
    if RecordKind.COMPANY in _customers(installation):
        return Check("equal_names", True, _("No two companies have the same name."))
    return Check("equal_names", True, _("No two contacts have the same name."))


def _customers(installation: Installation) -> list[RecordKind]:
    """Which records of Bigin become customers of Books, whose name is the display name there."""
    setting = installation.modules.filter(module="customers").first()
    mode = setting.mode if setting else Mode.BOTH
    alone = mode == Mode.CONTACTS or (mode == Mode.BOTH and setting is not None and setting.include_unattached)
    companies = [RecordKind.COMPANY] if mode != Mode.CONTACTS else []
    return [*companies, *([RecordKind.CONTACT] if alone else [])]


def _twice(installation: Installation, kind: RecordKind, is_allowed: bool | None) -> str:
    """Contacts of a company are customers in Contacts mode only; elsewhere they are persons of their company's."""
    only_alone = kind == RecordKind.CONTACT and RecordKind.COMPANY in _customers(installation)
    twice = _equal_keys(installation, kind, "name:", only_alone=only_alone)
    if not twice:
        return ""
    name = {"count": twice, "what": _("contacts") if kind == RecordKind.CONTACT else _("companies")}
    if is_allowed:
        text = ngettext(
            "%(count)d name belongs to several %(what)s; Books takes several customers of one name.",
            "%(count)d names belong to several %(what)s each; Books takes several customers of one name.",
            twice,
        )
        return text % name
    text = ngettext(
        "%(count)d name belongs to several %(what)s; Books may refuse a second customer of that name.",
        "%(count)d names belong to several %(what)s each; Books may refuse a second customer of one name.",
        twice,
    )
    return text % name


def _refused_names(run: Run) -> Check:
    """Of customers to be created that share a name, Books takes the first alone."""
    refused, names = _shared(run, (Kind.COMPANY_CUSTOMER, Kind.CONTACT_CUSTOMER), "contact_name")
    if not refused:
        return Check("equal_names", True, _("No two of the customers to be created have the same name."))
    text = ngettext(
        "Your Books takes no second customer of one name: %(count)d would be refused (%(names)s). Give them different"
        " names in Bigin, or allow duplicate display names in the preferences of Books.",
        "Your Books takes no second customer of one name: %(count)d would be refused (%(names)s). Give them different"
        " names in Bigin, or allow duplicate display names in the preferences of Books.",
        refused,
    )
    return Check("equal_names", False, text % {"count": refused, "names": names})


def _item_names(run: Run) -> Check:
    """Books takes no second item of one name, whatever its preferences (reference, section 4)."""
    refused, names = _shared(run, (Kind.PRODUCT_ITEM,), "name")
    if not refused:
        return Check("item_names", True, _("No two of the items to be created have the same name."))
    text = ngettext(
        "Books takes no second item of one name: %(count)d would be refused (%(names)s). Give them different names in"
        " Bigin.",
        "Books takes no second item of one name: %(count)d would be refused (%(names)s). Give them different names in"
        " Bigin.",
        refused,
    )
    return Check("item_names", False, text % {"count": refused, "names": names})


def _shared(run: Run, kinds: Sequence[Kind], field: str) -> tuple[int, str]:
    """Of what would be created in Books under one name: how many come second, and some of the names."""
    creates = run.proposals.filter(side=Side.BOOKS, outcome="create", kind__in=kinds)
    own = KeyTextTransform(1, KeyTransform(field, "changes"), output_field=TextField())
    shared = (
        creates.annotate(shown_as=Lower(Trim(Coalesce(own, Cast("label", TextField())))))
        .values("shown_as")
        .annotate(wanted=Count("pk"), name=Min("label"))
        .filter(wanted__gt=1)
        .order_by("shown_as")
    )
    return sum(row["wanted"] - 1 for row in shared), ", ".join(row["name"] for row in shared[:MOST_NAMES])


def _equal_keys(installation: Installation, kind: str, prefix: str, *, only_alone: bool) -> int:
    """How many match keys of that sort are shared by several records of one kind, or by those that belong to none."""
    query = """
        SELECT count(*) FROM (
            SELECT key FROM sync_record, unnest(keys) AS key
            WHERE installation_id = %s AND kind = %s AND gone_at IS NULL AND in_scope AND key LIKE %s
                AND (NOT %s OR parent_id = '')
            GROUP BY key HAVING count(*) > 1
        ) AS shared"""
    with connection.cursor() as cursor:
        cursor.execute(query, [installation.pk, kind, f"{prefix}%", only_alone])
        return int(cursor.fetchone()[0])


def _codes(run: Run) -> Check:
    near = run.proposals.filter(module="products", outcome="duplicate").count()
    if not near:
        return Check("codes", True, _("Product codes and SKUs agree, or differ clearly."))
    text = ngettext(
        "%(count)d product nearly matches an item by code or name. It is held for you, not doubled.",
        "%(count)d products nearly match an item by code or name. They are held for you, not doubled.",
        near,
    )
    return Check("codes", False, text % {"count": near})


def _picklists(installation: Installation, modules: list[str]) -> Check:
    gaps = [gap for setting in installation.modules.filter(module__in=modules) for gap in _gaps(setting)]
    if not gaps:
        return Check("picklists", True, _("The picklists that are mapped offer the same values on both sides."))
    text = _("Some picklist values exist on one side only, so records with them are skipped: %(values)s")
    return Check("picklists", False, text % {"values": ", ".join(gaps[:20])})


def _beyond_mapping(installation: Installation, modules: list[str]) -> list[Check]:
    """Fields that a side insists on and that no mapping can fill; nothing to say where there is none."""
    text = _(
        "%(side)s insists on %(fields)s in each new record, and the sync cannot fill such a field: what it creates"
        " there would be refused. Make them optional there, or give them a default value."
    )
    found = insisted.of(installation, modules)
    sides = ((Side.BIGIN, "Bigin"), (Side.BOOKS, "Books"))
    return [
        Check("required", False, text % {"side": name, "fields": ", ".join(found[side])})
        for side, name in sides
        if found.get(side)
    ]


def _gaps(setting: ModuleSetting) -> list[str]:
    """As Configure stored them: values of mapped picklists, by side and field."""
    bigin, books = (setting.picklists.get(side, {}) for side in ("bigin", "books"))
    rows = mapping.load(setting.module, setting.mapping)
    both = [(bigin[row.bigin], books[row.books]) for row in rows if row.bigin in bigin and row.books in books]
    return sorted({value for left, right in both for value in set(left) ^ set(right)})


def _room(installation: Installation, run: Run, modules: list[str]) -> Check:
    """Deals, activities, notes and what lies in the recycle bin count too, and were not read; more records can be
    bought (`sync/room.py`). So what fits is not promised, and what does not may fit."""
    here, made = room.needed(installation, run, modules)
    plan = room.plan(installation)
    words = {"here": _count(here), "made": _count(made), "most": _count(plan.records or 0), "edition": plan.name}
    if not made:
        return Check("room", True, _("Nothing is created in Bigin by the first sync."))
    if plan.records is None:
        text = _("%(made)s records are created in Bigin beside the %(here)s that were read; your plan must allow them.")
        return Check("room", True, text % words)
    if here + made > plan.records:
        text = _(
            "%(made)s records would be created in Bigin beside the %(here)s that were read, but %(edition)s takes about"
            " %(most)s. Buy records or take a larger edition, or let fewer customers come to Bigin under Configure."
        )
        return Check("room", False, text % words)
    text = _(
        "%(made)s records are created in Bigin beside the %(here)s that were read; %(edition)s takes about %(most)s,"
        " deals, activities and notes included."
    )
    return Check("room", True, text % words)


def _count(number: int) -> str:
    return number_format(number, force_grouping=True)


def _size(installation: Installation, run: Run, modules: list[str]) -> Check:
    """Rules 8: the calls of the first run against the day's quota, and the time they take."""
    planned = Proposal.objects.filter(run=run, module__in=modules, outcome__in=WRITING)
    to_books = planned.filter(side="books").exclude(outcome="create", kind="contact-person").count()
    to_bigin = planned.filter(side="bigin").count()
    in_bigin = 2 * -(-to_bigin // BIGIN_BATCH)
    calls = to_books + in_bigin
    minutes = max(1, round(to_books / _per_minute())) if settings.ZOHO_BOOKS_PER_MINUTE else 1
    left = _left_today(installation)
    words = {"calls": calls, "minutes": minutes}
    if left is not None and calls > left * SYNC_SHARE:
        text = _(
            "The first sync needs about %(calls)d calls; today's quota has %(left)d left. At about %(when)s it is done,"
            " as it goes on by itself when the quota starts anew."
        )
        return Check("size", False, text % {**words, "left": left, "when": _done(installation, to_books, in_bigin)})
    text = ngettext(
        "The first sync needs about %(calls)d calls and takes about %(minutes)d minute.",
        "The first sync needs about %(calls)d calls and takes about %(minutes)d minutes.",
        minutes,
    )
    return Check("size", True, text % words)


def _done(installation: Installation, to_books: int, in_bigin: int) -> str:
    """As the days of both products take the calls, those of Books at its pace of a minute."""
    now = timezone.now()
    length = timedelta(minutes=to_books / _per_minute())
    ends = (
        allowance.through_at(installation, installation.product, to_books, length, now),
        allowance.through_at(installation, Connection.Service.BIGIN, in_bigin, timedelta(), now),
    )
    return date_format(timezone.localtime(max(ends)), "SHORT_DATETIME_FORMAT")


def _per_minute() -> float:
    return (settings.ZOHO_BOOKS_PER_MINUTE or 100) * SYNC_SHARE


def _left_today(installation: Installation) -> int | None:
    quota = allowance.today(installation, installation.product, timezone.now())
    return quota.remaining if quota else None
