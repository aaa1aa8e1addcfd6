"""The Bigin record around a screen, and the member's own right to it (rules 7.7): every view of this app goes through
here, and a document is found only below a record that leads to it."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import wraps
from typing import Concatenate, ParamSpec, cast

from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render

from accounts import access
from accounts.guards import ask_to_sign_in, member_page
from accounts.http import MemberRequest
from invoices import customers, deals, permissions
from invoices.customers import Party
from invoices.deals import RecordFacts
from invoices.models import Document
from invoices.permissions import Right

P = ParamSpec("P")


@dataclass(frozen=True)
class Visited:
    """`facts` is None until the record was read once. `stale`: Bigin is down, so reading only."""

    module: str
    record_id: str
    facts: RecordFacts | None
    seen_at: datetime | None  # when Bigin said so
    party: Party | None
    stale: bool
    rights: frozenset[Right]

    @property
    def is_deal(self) -> bool:
        return self.module == deals.DEALS

    @property
    def label(self) -> str:
        return self.facts.label if self.facts else ""

    @property
    def customer_id(self) -> str:
        """Of the customer that the record leads to. One that a rep picked is not: whoever may read this record would
        read all that customer's documents and balance by picking it (rules 7.7)."""
        return self.party.customer_id if self.party and not self.party.picked else ""

    def may(self, right: Right) -> bool:
        return right in self.rights and (right == "view" or not self.stale)


class DocumentRequest(MemberRequest):
    visited: Visited


View = Callable[Concatenate[DocumentRequest, str, str, P], HttpResponseBase]


def record_page(right: Right) -> Callable[[View[P]], Callable[Concatenate[HttpRequest, str, str, P], HttpResponseBase]]:
    """Only for members whose own token reads the record, and whom the administrator allowed `right`."""

    def decorate(view: View[P]) -> Callable[Concatenate[HttpRequest, str, str, P], HttpResponseBase]:
        @wraps(view)
        def guarded(
            request: MemberRequest, module: str, record_id: str, *args: P.args, **kwargs: P.kwargs
        ) -> HttpResponseBase:
            if module not in deals.MODULES or not request.installation.books_org_id:
                raise Http404
            answer = access.may_read(request.member, module, record_id, ask=True)
            if not answer.allowed:
                return _refused(request, answer.reason)
            asked = cast(DocumentRequest, request)
            asked.visited = visited(request, module, record_id, stale=answer.stale)
            if not asked.visited.may(right):
                return _not_allowed(request, asked.visited)
            return view(asked, module, record_id, *args, **kwargs)

        return cast(Callable[Concatenate[HttpRequest, str, str, P], HttpResponseBase], member_page(guarded))

    return decorate


def visited(request: MemberRequest, module: str, record_id: str, *, stale: bool) -> Visited:
    """What is known of the record without any call."""
    row = customers.recalled(request.installation, module, record_id)
    facts = customers.facts_from(row) if row and row.seen_at else _own_facts(module, record_id)
    party = customers.party_of(request.installation, facts) if facts else None
    rights = permissions.rights_of(request.member)
    return Visited(module, record_id, facts, row.seen_at if row else None, party, stale, rights)


def _own_facts(module: str, record_id: str) -> RecordFacts | None:
    """A company leads to itself; of the others Bigin has to say what they belong to."""
    return RecordFacts(module, record_id, "") if module == customers.COMPANIES else None


def _refused(request: MemberRequest, reason: str) -> HttpResponseBase:
    request.member.refresh_from_db()
    if not request.member.access_token:
        return ask_to_sign_in(request)
    return _instead(request, "no_access", {"reason": reason})


def _not_allowed(request: MemberRequest, around: Visited) -> HttpResponseBase:
    return _instead(request, "not_allowed", {"stale": around.stale, "visited": around})


def _instead(request: MemberRequest, name: str, context: dict[str, object]) -> HttpResponseBase:
    """In the place of the whole screen, whichever part of it was asked for."""
    if not request.htmx:
        return render(request, f"invoices/{name}.html", context, status=403)
    return in_place_of("#main", render(request, f"invoices/_{name}.html", context))


def in_place_of(target: str, response: HttpResponse) -> HttpResponse:
    """An answer that nobody asked for goes where it can be read, whatever part the request was to replace."""
    response["HX-Retarget"], response["HX-Reswap"], response["HX-Reselect"] = target, "innerHTML", "unset"
    response["HX-Push-Url"] = "false"
    return response


def documents_of(request: DocumentRequest) -> QuerySet[Document]:
    """Everything that this record leads to: made from it, or its customer's with what is made of those. Other members'
    open forms are theirs; what a program or a member who left asked for, and nobody confirmed, is anybody's to decide.
    """
    around = request.visited
    standing = Q(state__in=(Document.State.STANDS, Document.State.GONE))
    leads = Q(record_module=around.module, record_id=around.record_id)
    if around.customer_id:
        follows = Q(source__isnull=False) | Q(revises__isnull=False)
        leads |= Q(customer_id=around.customer_id) & (standing | follows)
    nobodys = Q(member=None) & ~Q(state__in=(Document.State.DRAFT, Document.State.DISCARDED))
    own = Q(member=request.member) | standing | Q(source__isnull=False) | nobodys
    rows = Document.objects.filter(installation=request.installation).filter(leads & own)
    return rows.select_related("installation", "source", "revises", "member")


def document_or_404(request: DocumentRequest, pk: uuid.UUID) -> Document:
    document = documents_of(request).filter(pk=pk).first()
    if document is None:
        raise Http404
    return document
