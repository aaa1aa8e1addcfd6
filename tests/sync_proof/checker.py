"""Whether an end state is right: the promises of the sync, checked on what both remotes hold and on what people did.

The rows come from the remotes; the product's tables are asked only for its links and for the reasons it states. Why a
record may stand alone is in `reasons.py`.
"""

from __future__ import annotations

from django.db.models import QuerySet

from sync.models import Issue, Link, Write
from tests.sync_proof.claims import allowed, may_hold
from tests.sync_proof.ledger import Ledger, Pair, module_of
from tests.sync_proof.places import check_places
from tests.sync_proof.reasons import Reasons
from tests.sync_proof.told import asked_of
from tests.sync_proof.values import FIELDS, KINDS, SIDES, label

# Told about a pair whose fields are kept in step all the same.
_NO_EXCUSE = ("stays", "own_customer", "changed_since", "vanished")


def check(ledger: Ledger) -> list[str]:
    """To be called at a quiet point, after the ledger has seen it; empties its list of what is wrong."""
    _gone(ledger)
    _uninvited(ledger)
    for pair in ledger.pairs():
        if _is_kept(ledger, pair.link) and not ledger.is_out(pair.bigin):
            _agree(ledger, pair)
    check_places(ledger)
    Reasons(ledger).check()
    wrong, ledger.wrong = ledger.wrong, []
    return wrong


def _gone(ledger: Ledger) -> None:
    for link in _links(ledger).filter(state="linked"):
        for kind, record in zip(KINDS[link.kind], (link.bigin, link.books), strict=True):
            if record is not None and (kind, record.remote_id) not in ledger.rows and not _issues(link).exists():
                ledger.say("a linked record is gone and nobody says so:", link.kind, record.label)


def _uninvited(ledger: Ledger) -> None:
    """Of what Books alone held, nothing comes where the settings said so as long as it stood there (rules 2.3)."""
    for key in sorted(key for key in ledger.ours if SIDES[key[0]] == "bigin" and key in ledger.firsts):
        born, source = ledger.born[key], ledger.born[ledger.firsts[key]]
        choices = [one for one in ledger.since(min(source, born), module_of(key[0])) if one.order <= born]
        if {one.create_in_bigin for one in choices} == {"none"}:
            ledger.say("created in Bigin against the settings:", *key, label(key[0], ledger.ever[key]))


def _is_kept(ledger: Ledger, link: Link) -> bool:
    """Billing makes an individual customer of a contact in any mode, and runs leave that pair alone (rules 7.1)."""
    setting = ledger.setting()
    kept = setting.mode == "contacts" or (setting.mode == "both" and setting.include_unattached)
    return kept or link.kind != "contact-customer"


def _links(ledger: Ledger) -> QuerySet[Link]:
    return Link.objects.filter(installation=ledger.installation).select_related("bigin", "books")


def _issues(link: Link) -> QuerySet[Issue]:
    return Issue.objects.filter(link=link, state="open").select_related("link")


def _agree(ledger: Ledger, pair: Pair) -> None:
    """Field by field: alike on both sides, and what people wrote, unless a person is asked about that very field."""
    excused = _excused(pair.link)
    clashes = {name for issue in _issues(pair.link).filter(kind="clash") for name in issue.detail}
    for one in [one for one in FIELDS[pair.link.kind] if one.bigin not in ledger.unmapped]:
        held, wanted = pair.held(one.name), allowed(ledger, pair, one)
        if one.bigin in clashes and wanted and not one.asks and "ask" not in ledger.policies(pair.bigin[0]):
            ledger.say("asked though the policy decides:", pair.link.kind, one.name, pair.bigin, held, wanted)
        if {one.bigin, one.books, "*"} & excused:
            continue
        if not may_hold(wanted, held):
            ledger.say("differs:", pair.link.kind, one.name, pair.bigin, held, "allowed", wanted)
        ledger.settle(pair, one, held)


def _excused(link: Link) -> set[str]:
    """Names of fields that an open issue on this pair tells of; "*" where it tells of the whole pair."""
    found: set[str] = set()
    for issue in _issues(link):
        if fields := asked_of(issue):
            found |= fields
        elif issue.kind == "rejected" and issue.detail.get("op") == "update":
            found |= _refused(link, str(issue.detail["side"]))
        elif issue.kind == "rejected" and issue.detail.get("op") in ("delete", "inactive"):
            continue
        elif issue.code not in _NO_EXCUSE:
            found.add("*")
    return found


def _refused(link: Link, side: str) -> set[str]:
    """What the newest refused update of that side carried."""
    write = Write.objects.filter(link=link, side=side, op="update", state="rejected").order_by("pk").last()
    return set(write.fields) if write else set()
