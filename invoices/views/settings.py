"""What an administrator decides about documents: rights of others, notes on deals, exactly-once keys, the API token."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from accounts import audit, remembered
from accounts.guards import administrator_page
from accounts.http import MemberRequest
from accounts.models import Installation
from invoices import api_tokens, clients, feeds, offers, permissions, words
from zoho.errors import ZohoError

_RIGHTS = {
    "view": gettext_lazy("See the documents of records they can open in Bigin"),
    "create": gettext_lazy("Create, edit and convert documents, and comment on them"),
    "send": gettext_lazy("Send documents by e-mail, and mark them sent, accepted, declined or confirmed"),
    "void": gettext_lazy("Void documents"),
    "delete": gettext_lazy("Delete drafts"),
}


class ChoicesForm(forms.Form):
    view = forms.BooleanField(label=_RIGHTS["view"], required=False)
    create = forms.BooleanField(label=_RIGHTS["create"], required=False)
    send = forms.BooleanField(label=_RIGHTS["send"], required=False)
    void = forms.BooleanField(label=_RIGHTS["void"], required=False)
    delete = forms.BooleanField(label=_RIGHTS["delete"], required=False)
    notes = forms.BooleanField(
        label=gettext_lazy("Write a note on the deal's timeline when its document is created, sent, paid or declined"),
        required=False,
    )


@require_http_methods(["GET", "POST"])
@administrator_page
def choices(request: MemberRequest) -> HttpResponseBase:
    installation = request.installation
    form = ChoicesForm(request.POST if request.method == "POST" else None, initial=_chosen(installation))
    if request.method == "POST" and form.is_valid():
        permissions.save_standard_rights(
            installation, {right: form.cleaned_data[right] for right in permissions.RIGHTS}
        )
        remembered.store(installation, timeline_notes=form.cleaned_data["notes"])
        audit.note(installation, request.member, _("Changed what others may do with documents."))
        messages.success(request, _("Saved."))
        return redirect("invoices:settings")
    return _page(request, form)


def _chosen(installation: Installation) -> dict[str, bool]:
    rights = permissions.standard_rights(installation)
    notes = installation.settings.get("timeline_notes", True) is True
    return {**{str(right): allowed for right, allowed in rights.items()}, "notes": notes}


def _page(request: MemberRequest, form: ChoicesForm, secret: str = "") -> HttpResponse:
    offer = offers.offer_of(request.installation)
    keys = [(kind, offer.has_key(kind)) for kind in feeds.kinds_of(request.installation)]
    context = {
        "form": form,
        "keys": keys if request.installation.product == "books" else [],
        "offer": offer,
        "token": api_tokens.of(request.installation),
        "secret": secret,
    }
    return render(request, "invoices/settings.html", context)


@require_POST
@administrator_page
def token(request: MemberRequest) -> HttpResponseBase:
    """A new token, shown this once; the former one ends. Or none."""
    if request.POST.get("what") == "revoke":
        api_tokens.revoke(request.installation, request.member)
        messages.success(request, _("The token does not work any more."))
        return redirect("invoices:settings")
    secret = api_tokens.make(request.installation, request.member)
    return _page(request, ChoicesForm(initial=_chosen(request.installation)), secret)


@require_POST
@administrator_page
def check_keys(request: MemberRequest) -> HttpResponseBase:
    """Looks in Books for the unique fields of rules 7.4, and reads taxes, currencies and templates anew."""
    try:
        with clients.books(request.installation) as books:
            offers.refresh(request.installation, books)
        messages.success(request, _("Read from Books just now."))
    except ZohoError as error:
        messages.error(request, words.refusal(error))
    return redirect("invoices:settings")
