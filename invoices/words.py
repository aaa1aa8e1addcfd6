"""What a person reads when Zoho refuses or cannot be reached: what happened and what to do."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from zoho.errors import RateLimited, Rejected, Unauthorised, UnknownOutcome, ZohoError

# Codes of Books (reference, section 7) whose own message says less than a rep needs.
_BY_CODE = {
    "1002": gettext_lazy("It is not in Books any more. Somebody may have deleted it."),
    "2006": gettext_lazy("An item on one of the lines is not in Books any more. Choose another item for that line."),
    "4001": gettext_lazy("A payment is recorded for it. Void it in Books, or remove the payment first."),
    "12008": gettext_lazy("A credit is applied to it. Void it in Books, or remove the credit first."),
    "3010": gettext_lazy("Payments are recorded for it, so the customer cannot change."),
    "3009": gettext_lazy("Credits are applied to it, so the customer cannot change."),
    "4016": gettext_lazy("Add at least one line."),
    "5": gettext_lazy("This organisation's product has no such documents."),
    "malformed_id": gettext_lazy("This address names no record."),
}

# Refusals of our own, in words that are already a rep's.
_OURS = frozenset(
    {
        "not_yet",
        "rate",
        "inactive",
        "changed",
        "not_convertible",
        "no_recipient",
        "gone",
        "not_creatable",
        "no_customer",
        "no_pair",
    }
)


def refusal(error: ZohoError) -> str:
    """One or two sentences for any error of `zoho.errors`."""
    product = "Bigin" if error.product == "bigin" else "Books"
    if isinstance(error, Unauthorised):
        return _("%(product)s does not accept our access. An administrator can reconnect it on the settings page.") % {
            "product": product
        }
    if isinstance(error, RateLimited):
        if error.scope == "daily":
            return _("Today's calls to %(product)s are used up. It goes on tomorrow.") % {"product": product}
        return _("%(product)s asks us to slow down. Try again in a minute.") % {"product": product}
    if isinstance(error, UnknownOutcome):
        return _("%(product)s did not confirm this. Check in Books before doing it again.") % {"product": product}
    if isinstance(error, Rejected) and error.code in _OURS:
        return error.message
    if isinstance(error, Rejected):
        known = _BY_CODE.get(error.code)
        return (
            str(known)
            if known
            else _("%(product)s refused this: %(reason)s")
            % {
                "product": product,
                "reason": error.message,
            }
        )
    return _("%(product)s cannot be reached right now. Try again in a moment; nothing is lost.") % {"product": product}
