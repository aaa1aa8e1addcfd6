"""Setup Now: Bigin, then Books or Invoice, then the organisation and the e-mail address for alerts; and Reconnect."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from accounts import probing, setup, troubles
from accounts.forms import OrganizationForm
from accounts.guards import administrator_page
from accounts.http import MemberRequest
from accounts.models import AuditEntry, Product
from accounts.setup import BadChoice, Organization
from accounts.troubles import Refused, Trouble
from bigin_books.embed import frame_context
from zoho.errors import ZohoError


@require_http_methods(["GET", "POST"])
@administrator_page
def setup_page(request: MemberRequest) -> HttpResponse:
    """One page with the steps; POST saves the last one. Calls Books for its organisations once it is connected."""
    query = str(frame_context(request)["frame_query"])
    if request.installation.books_org_id:
        return redirect(reverse("sync:home") + query)
    product = setup.connected_product(request.installation)
    if product is None:
        return _draw(request, None, None, None)
    try:
        found = setup.organizations(request.installation, product)
    except ZohoError as error:
        return _draw(request, product, None, troubles.from_zoho(error))
    form = _form(request, found)
    if request.method == "POST" and form.is_valid():
        trouble = _save(request, form, product)
        if trouble is None and not form.errors:
            return redirect(reverse("sync:home") + query)
        return _draw(request, product, form, trouble)
    return _draw(request, product, form, None)


@require_GET
@administrator_page
def connections_page(request: MemberRequest) -> HttpResponse:
    """Both connections, whose they are, what is wrong with them, and Reconnect."""
    rows = request.installation.connections.order_by("product")
    entries = AuditEntry.objects.filter(installation=request.installation).order_by("-at")[:20]
    context = {
        **_context(request),
        "connections": rows,
        "entries": entries,
        "warnings": setup.warnings(request.installation),
    }
    return render(request, "accounts/connections.html", context)


def _save(request: MemberRequest, form: OrganizationForm, product: Product) -> Trouble | None:
    organization, email = form.cleaned_data["organization"], form.cleaned_data["alert_email"]
    try:
        warnings = setup.choose_organization(request.installation, product, organization, email, request.member)
    except BadChoice as bad:
        form.add_error(bad.field, bad.message)
        return None
    except Refused as refused:
        return refused.trouble
    except ZohoError as error:
        return troubles.from_zoho(error)
    probing.soon(request.installation)
    messages.success(request, _("Saved. Nothing is written to either side before you press Start sync."))
    for warning in warnings:
        messages.warning(request, warning)
    return None


def _form(request: MemberRequest, found: list[Organization]) -> OrganizationForm:
    data = request.POST if request.method == "POST" else None
    initial = {"alert_email": request.member.email, "organization": found[0].id if len(found) == 1 else ""}
    return OrganizationForm(data, organizations=found, initial=initial)


def _draw(
    request: MemberRequest, product: Product | None, form: OrganizationForm | None, trouble: Trouble | None
) -> HttpResponse:
    context = {**_context(request), "product": product, "form": form, "trouble": trouble}
    status = trouble.status if trouble else 422 if form is not None and form.errors else 200
    return render(request, "accounts/setup.html", context, status=status)


def _context(request: MemberRequest) -> dict[str, object]:
    return {"data_centre": request.installation.data_centre, "products": list(Product)}
