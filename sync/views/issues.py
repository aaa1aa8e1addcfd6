"""To do: what was not synchronised and why, with what to do about it - one by one, or all of a kind at once."""

from collections.abc import Callable

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from accounts.guards import administrator_page
from accounts.http import MemberRequest
from sync import services
from sync.hands import CannotLink
from sync.models import Issue, Record
from sync.queries import activity, facts
from sync.queries import conflicts as clashes
from sync.queries import issues as queries
from sync.views.parts import chosen, filters_of, own, page_of, show, told, told_soon, waits

MOST_TOLD = 3  # reasons of one answer to many rows
WITH_SIDES = Issue.objects.select_related("record", "link__bigin", "link__books", "run", "installation")


@require_GET
@administrator_page
def issues(request: MemberRequest) -> HttpResponse:
    filters = filters_of(request)
    page = page_of(request, queries.listed(request.installation, filters))
    context = {
        "page": page,
        "groups": queries.groups(request.installation),
        "kinds": queries.KINDS,
        "filters": filters,
        "rows": [
            (issue, queries.title_of(issue), queries.KINDS.get(issue.kind, issue.kind), queries.what_of(issue))
            for issue in page
        ],
    }
    return show(request, "sync/issues.html", context, tab="issues")


@require_GET
@administrator_page
def issue(request: MemberRequest, pk: int) -> HttpResponse:
    found = own(request, WITH_SIDES, pk)
    sides = queries.sides(found)
    known = facts.known(sides.values())
    context = {
        "issue": found,
        "kind": queries.KINDS.get(found.kind, found.kind),
        "title": queries.title_of(found),
        "sides": sides,
        "known": {side: known[record.pk] for side, record in sides.items() if record is not None},
        "candidates": queries.candidates(found),
        "to_link": queries.to_link(found),
        "conflict": clashes.conflict(found) if found.kind == Issue.Kind.CLASH else None,
        "held": found.kind == Issue.Kind.HELD,
        **_held_page(request, found),
    }
    return show(request, "sync/issue.html", context, tab="issues")


def _held_page(request: MemberRequest, found: Issue) -> dict[str, object]:
    """Whatever is held, page by page: an approval covers all of it, so all of it can be seen."""
    if found.kind != Issue.Kind.HELD:
        return {}
    listed = queries.held_list(found)
    if listed.is_of_records:
        page = page_of(request, listed.records)
        return {"page": page, "missing": page}
    changes = page_of(request, listed.writes)
    return {"page": changes, "lines": activity.write_lines(changes)}


@require_POST
@administrator_page
def act(request: MemberRequest, pk: int, action: str) -> HttpResponse:
    found = own(request, WITH_SIDES, pk)
    if action not in ACTIONS:
        raise Http404
    if found.state != Issue.State.OPEN:
        return told(request, _("This was settled in the meantime."), "sync:issues", level=messages.INFO)
    try:
        text = ACTIONS[action](request, found)
    except (CannotLink, services.NeedsAnswer, services.CannotAdd) as reason:
        return told(request, str(reason), "sync:issue", pk, level=messages.WARNING)
    if action in SOON:
        return told_soon(request, text, [found.module], "sync:issues")
    return told(request, text, "sync:issues")


@require_POST
@administrator_page
def bulk(request: MemberRequest) -> HttpResponse:
    """Retry all of one reason, or retry, link, create or dismiss the ticked ones."""
    who, action = request.member.name, request.POST.get("action", "")
    if action == "retry-code":
        code = request.POST.get("code", "").replace("\x00", "")
        modules = queries.modules_of(request.installation, code)
        return told_soon(request, _retried(services.retry_all(request.installation, code, who)), modules, "sync:issues")
    if action not in BULK:
        raise Http404
    ticked = WITH_SIDES.filter(installation=request.installation, pk__in=chosen(request, "issue"), state="open")
    rows = list(ticked.order_by("pk"))
    if not rows:
        return told(request, _("Tick the rows you mean first."), "sync:issues", level=messages.WARNING)
    left = []
    for row in rows:
        try:
            BULK[action](row, who)
        except services.NeedsAnswer as reason:
            left.append(str(reason))
    count = len(rows) - len(left)
    text = ngettext("Done for %(count)d record.", "Done for %(count)d records.", count) % {"count": count}
    why = waits(request.installation, [row.module for row in rows]) if action in SOON and count else ""
    level = messages.WARNING if left or why else messages.SUCCESS
    return told(request, " ".join([text, *_left(left), why]).strip(), "sync:issues", level=level)


def _left(reasons: list[str]) -> list[str]:
    """Why ticked rows were left as they are: the first few in full."""
    more = len(reasons) - MOST_TOLD
    if more <= 0:
        return reasons
    text = ngettext("%(count)d more is left too.", "%(count)d more are left too.", more) % {"count": more}
    return [*reasons[:MOST_TOLD], text]


def _retried(count: int) -> str:
    return ngettext(
        "%(count)d record is tried again with the next run.",
        "%(count)d records are tried again with the next run.",
        count,
    ) % {"count": count}


def _retry(request: MemberRequest, found: Issue) -> str:
    services.retry(found, request.member.name)
    return _("It is tried again with the next run.")


def _take_primary(request: MemberRequest, found: Issue) -> str:
    if not services.go_on_with_primary(found, request.member.name):
        return _("This was settled in the meantime.")
    return _("The next run compares the contact with the primary contact person.")


def _create(request: MemberRequest, found: Issue) -> str:
    services.create_anyway(found, request.member.name)
    return _("A new record is created with the next run.")


def _dismiss(request: MemberRequest, found: Issue) -> str:
    services.dismiss(found, request.member.name)
    return _("Dismissed. It comes back only if something changes.")


def _link(request: MemberRequest, found: Issue) -> str:
    candidate = own(request, Record.objects.all(), request.POST.get("record") or "0")
    if services.link_candidate(found, candidate, request.member.name) is None:
        return _("This was settled in the meantime.")
    return _("Linked. The next run brings the two into step.")


def _approve(request: MemberRequest, found: Issue) -> str:
    services.approve_held(found, request.member.name)
    return _("Approved: exactly this list is written with the next run.")


def _refuse(request: MemberRequest, found: Issue) -> str:
    services.refuse_held(found, request.member.name)
    return _("Refused: nothing of this list is written.")


def _add_person(request: MemberRequest, found: Issue) -> str:
    if not services.add_beside(found, request.member.name):
        return _("This was settled in the meantime.")
    return _("It is added as a contact person with the next run.")


ACTIONS: dict[str, Callable[[MemberRequest, Issue], str]] = {
    "retry": _retry,
    "create": _create,
    "dismiss": _dismiss,
    "link": _link,
    "add-person": _add_person,
    "take-primary": _take_primary,
    "approve": _approve,
    "refuse": _refuse,
}
SOON = ("retry", "create", "link", "add-person", "take-primary", "approve")  # what the next run does
BULK: dict[str, Callable[[Issue, str], object]] = {
    "retry": services.retry,
    "link": services.link_only_candidate,
    "create": services.create_anyway,
    "dismiss": services.dismiss,
}
