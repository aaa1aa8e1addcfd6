"""Keeping a customer that was chosen on a form as the pair of its Bigin record. Pairs are the administrators'."""

from __future__ import annotations

from django.db.models import Q
from django.utils.translation import gettext as _

from accounts.models import Installation, Member
from invoices.customers import Party
from sync import hands
from sync.models import Link, Record, Side
from sync.shape import KIND_OF_BIGIN_MODULE
from zoho.errors import Rejected


def keep(installation: Installation, party: Party, customer_id: str, member: Member) -> None:
    """From now on the party's record leads to that customer, and its readers see that customer's documents. No network.
    Raises Rejected, in a rep's words, where a pair of theirs stands already: it is undone on the settings page only."""
    if not member.is_administrator:
        raise _refusal(_("Only an administrator can keep a pair. Choose the customer for this document alone."))
    bigin = _record(installation, Side.BIGIN, KIND_OF_BIGIN_MODULE.get(party.module, ""), party.bigin_id)
    books = _record(installation, Side.BOOKS, "customer", customer_id)
    if bigin is None or books is None:
        raise _refusal(
            _("The sync has not read both of them yet. Choose without keeping the pair, or try again later.")
        )
    _refuse_former(bigin, books)
    try:
        hands.link(installation, bigin, books, member)
    except hands.CannotLink as error:
        raise _refusal(str(error)) from error


def _record(installation: Installation, side: Side, kind: str, remote_id: str) -> Record | None:
    rows = Record.objects.filter(installation=installation, side=side, kind=kind, remote_id=remote_id, gone_at=None)
    return rows.first()


def _refuse_former(bigin: Record, books: Record) -> None:
    living = Link.objects.exclude(state__in=Link.DEAD).select_related("bigin")
    other = living.filter(books=books).exclude(Q(bigin=bigin) | Q(state=Link.State.APART)).first()
    if other is not None:
        if other.bigin is None or not other.bigin.label:
            raise _refusal(
                _("%(customer)s is still kept for a record that Bigin does not have any more, or has as another one.")
                % {"customer": books.label}
            )
        name = other.bigin.label
        raise _refusal(_("%(customer)s is paired with %(name)s already.") % {"customer": books.label, "name": name})
    own = living.filter(bigin=bigin).exclude(books=books)
    if own.filter(state=Link.State.LINKED).exists():
        raise _refusal(_("%(name)s is paired with another customer already.") % {"name": bigin.label})
    if own.filter(state=Link.State.HALF).exists():
        raise _refusal(
            _("%(name)s is being created in Books right now. Try again in a minute.") % {"name": bigin.label}
        )


def _refusal(reason: str) -> Rejected:
    return Rejected(reason, product="books", code="no_pair")
