"""The Delete integration screen, in a window of its own after a fresh sign-in (design section 7)."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.guards import fresh_sign_in_required
from accounts.http import MemberRequest
from invoices import removal


@require_http_methods(["GET", "POST"])
@fresh_sign_in_required
def delete(request: MemberRequest) -> HttpResponse:
    """Wants the name of the organisation typed, as it stands there."""
    installation = request.installation
    typed = " ".join(request.POST.get("name", "").split())
    wanted = " ".join(installation.bigin_org_name.split())
    if request.method == "POST" and typed.casefold() == wanted.casefold():
        name = installation.bigin_org_name
        left = removal.delete(installation)
        request.session.flush()
        return render(request, "invoices/deleted.html", {"name": name, "left": left, "member": None})
    wrong = _("Type the name exactly as shown.") if request.method == "POST" else ""
    context = {"held": removal.holdings(installation), "wrong": wrong, "typed": typed}
    return render(request, "invoices/delete.html", context, status=422 if wrong else 200)
