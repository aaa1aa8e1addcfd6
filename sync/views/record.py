"""The badge on a record's page: in step, pending or with a problem, and Sync this record now. For every member who may
read that record in Bigin."""

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET, require_POST

from accounts import access
from accounts.guards import member_page
from accounts.http import MemberRequest
from sync import services

MODULES = ("Accounts", "Contacts", "Products")


@require_GET
@member_page
def badge(request: MemberRequest, module: str, record_id: str) -> HttpResponse:
    if module not in MODULES or not access.may_read(request.member, module, record_id, ask=True).allowed:
        raise Http404
    return _drawn(request, module, record_id)


@require_POST
@member_page
def sync_record(request: MemberRequest, module: str, record_id: str) -> HttpResponse:
    may = access.may_read(request.member, module, record_id, ask=True)
    if module not in MODULES or not may.allowed:
        raise Http404
    if may.stale:  # Bigin does not answer: the last yes is for reading only (rules 7.7)
        return _drawn(request, module, record_id)
    services.sync_record(request.installation, module, record_id, request.member.name)
    return _drawn(request, module, record_id, asked=True)


def _drawn(request: MemberRequest, module: str, record_id: str, *, asked: bool = False) -> HttpResponse:
    context = {
        "state": services.record_state(request.installation, module, record_id),
        "module": module,
        "record_id": record_id,
        "asked": asked,
    }
    return render(request, "sync/_record_badge.html", context)
