"""What stands in the way of a good first sync, from the mirror as the preview left it. No network."""

from dataclasses import dataclass

from django.conf import settings
from django.db import connection
from django.utils.formats import number_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts import setup
from accounts.models import Installation, Quota
from sync import mapping, room
from sync.models import ModuleSetting, Proposal, Record, RecordKind, Run
from sync.queries import preview
from sync.queries.health import today

SYNC_SHARE = 0.8  # of a minute's calls; the rest is for people who wait at a screen
BIGIN_BATCH = 100
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
    if "customers" in modules:
        found += [_names(installation), _equal_names(installation)]
    if "products" in modules:
        found.append(_codes(run))
    found.append(_picklists(installation, modules))
    return [*found, _room(installation, run, modules), _size(installation, run, modules)]


def _names(installation: Installation) -> Check:
    nameless = Record.objects.filter(
        installation=installation, kind=RecordKind.CONTACT, gone_at=None, in_scope=True, fields__Name=None
    ).count()
    if not nameless:
        return Check("names", True, _("Every contact has a name."))
    text = ngettext(
        "%(count)d contact has no name: the beginning of its e-mail address is used, without one it is skipped.",
        "%(count)d contacts have no name: the beginning of their e-mail address is used, without one they are skipped.",
        nameless,
    )
    return Check("names", False, text % {"count": nameless})


def _equal_names(installation: Installation) -> Check:
    twice = _equal_keys(installation, RecordKind.COMPANY, "name:")
    if not twice:
        return Check("equal_names", True, _("No two companies have the same name."))
    text = ngettext(
        "%(count)d name belongs to several companies; Books may refuse a second customer of that name.",
        "%(count)d names belong to several companies each; Books may refuse a second customer of one name.",
        twice,
    )
    return Check("equal_names", False, text % {"count": twice})


def _equal_keys(installation: Installation, kind: str, prefix: str) -> int:
    """How many match keys of that sort are shared by several records of one kind."""
    query = """
        SELECT count(*) FROM (
            SELECT key FROM sync_record, unnest(keys) AS key
            WHERE installation_id = %s AND kind = %s AND gone_at IS NULL AND in_scope AND key LIKE %s
            GROUP BY key HAVING count(*) > 1
        ) AS shared"""
    with connection.cursor() as cursor:
        cursor.execute(query, [installation.pk, kind, f"{prefix}%"])
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


def _gaps(setting: ModuleSetting) -> list[str]:
    """As Configure stored them: values of mapped picklists, by side and field."""
    bigin, books = (setting.picklists.get(side, {}) for side in ("bigin", "books"))
    rows = mapping.load(setting.module, setting.mapping)
    both = [(bigin[row.bigin], books[row.books]) for row in rows if row.bigin in bigin and row.books in books]
    return sorted({value for left, right in both for value in set(left) ^ set(right)})


def _room(installation: Installation, run: Run, modules: list[str]) -> Check:
    here, made = room.needed(installation, run, modules)
    most = room.limit(installation)
    words = {"here": _count(here), "made": _count(made), "most": _count(most or 0)}
    if not made:
        return Check("room", True, _("Nothing is created in Bigin by the first sync."))
    if most is None:
        text = _("%(made)s records are created in Bigin beside the %(here)s that were read; your plan must allow them.")
        return Check("room", True, text % words)
    if here + made > most:
        text = _(
            "%(made)s records would be created in Bigin beside the %(here)s that were read, but your plan takes"
            " %(most)s. Take a larger plan, or let fewer customers come to Bigin under Configure."
        )
        return Check("room", False, text % words)
    text = _("%(made)s records are created in Bigin beside the %(here)s that were read; your plan takes %(most)s.")
    return Check("room", True, text % words)


def _count(number: int) -> str:
    return number_format(number, force_grouping=True)


def _size(installation: Installation, run: Run, modules: list[str]) -> Check:
    """Rules 8: the calls of the first run against the day's quota, and the time they take."""
    planned = Proposal.objects.filter(run=run, module__in=modules, outcome__in=WRITING)
    to_books = planned.filter(side="books").exclude(outcome="create", kind="contact-person").count()
    to_bigin = planned.filter(side="bigin").count()
    calls = to_books + 2 * -(-to_bigin // BIGIN_BATCH)
    minutes = max(1, round(to_books / _per_minute())) if settings.ZOHO_BOOKS_PER_MINUTE else 1
    left = _left_today(installation)
    words = {"calls": calls, "minutes": minutes}
    if left is not None and calls > left * SYNC_SHARE:
        text = _("The first sync needs about %(calls)d calls; today's quota has %(left)d left. It goes on tomorrow.")
        return Check("size", False, text % {**words, "left": left})
    text = ngettext(
        "The first sync needs about %(calls)d calls and takes about %(minutes)d minute.",
        "The first sync needs about %(calls)d calls and takes about %(minutes)d minutes.",
        minutes,
    )
    return Check("size", True, text % words)


def _per_minute() -> float:
    return (settings.ZOHO_BOOKS_PER_MINUTE or 100) * SYNC_SHARE


def _left_today(installation: Installation) -> int | None:
    quota = Quota.objects.filter(installation=installation, product=installation.product, day=today()).first()
    return quota.remaining if quota else None
