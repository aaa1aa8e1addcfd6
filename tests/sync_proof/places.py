"""Where contacts and persons stand: below a company and a customer that are a pair (rules 5.6)."""

from __future__ import annotations

from django.db.models import Q

from sync.models import Issue, Link
from tests.sync_proof.ledger import Ledger, Pair
from tests.sync_proof.values import company_of

# Told to a person: this one could not follow its contact.
_SAID = ("stays", "move_refused", "candidates", "moved_without")


def check_places(ledger: Ledger) -> None:
    customers = {pair.bigin[1]: pair.books[1] for pair in ledger.pairs() if pair.link.kind == "company-customer"}
    for pair in ledger.pairs():
        if pair.link.kind != "contact-person" or ledger.setting().mode != "both":
            continue
        wanted, stands = customers.get(company_of(pair.left)), str(pair.right["contact_id"])
        if wanted != stands and not _is_told(pair) and not _were_a_pair(ledger, pair):
            ledger.say("below another customer than its company's:", pair.bigin, pair.books, stands, "not", wanted)


def _is_told(pair: Pair) -> bool:
    """Or was, and a person wants to hear of it no more."""
    rejected = Issue.objects.filter(link=pair.link, state="open", kind="rejected", detail__op="move")
    said = Q(state="open", code__in=_SAID) | Q(state="dismissed", code="stays")
    return rejected.exists() or Issue.objects.filter(said, link=pair.link).exists()


def _were_a_pair(ledger: Ledger, pair: Pair) -> bool:
    """A person took its company and this customer apart; nobody moved since."""
    company, customer = company_of(pair.left), str(pair.right["contact_id"])
    apart = Link.objects.filter(pk__in=ledger.unlinked, state="apart", bigin__remote_id=company)
    return apart.filter(books__remote_id=customer).exists()
