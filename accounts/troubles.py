"""What can go wrong while signing in or setting up, in plain words: what happened and what to do next.

Only texts. Each is drawn by templates/accounts/_trouble.html.
"""

from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from zoho.errors import RateLimited, Rejected, Unauthorised, ZohoError


@dataclass(frozen=True)
class Trouble:
    code: str
    title: str
    text: str
    advice: str
    status: int = 400


class Refused(Exception):
    """A step of sign-in or setup that cannot go on."""

    def __init__(self, trouble: Trouble) -> None:
        super().__init__(trouble.code)
        self.trouble = trouble


def denied() -> Trouble:
    return Trouble(
        "denied",
        _("Access was not granted"),
        _("You chose not to give access on Zoho's page, so nothing was connected and nothing was stored."),
        _("If that was a slip, go back to Bigin and start again."),
        403,
    )


def foreign_state() -> Trouble:
    return Trouble(
        "foreign_state",
        _("This sign-in was not started here"),
        _("The page was opened without a sign-in that this browser began, or it took longer than ten minutes."),
        _("Close this window, go back to Bigin and press the button there again."),
        403,
    )


def expired_code() -> Trouble:
    return Trouble(
        "expired_code",
        _("The sign-in took too long"),
        _("Zoho's answer was used already or is too old. Nothing was stored."),
        _("Go back to Bigin and start again; it takes only a moment."),
    )


def expired_handover() -> Trouble:
    return Trouble(
        "expired_handover",
        _("That code is not valid (any more)"),
        _("A code works once, for two minutes, and only in the page that asked for it."),
        _("Check what you typed, or start again to get a new code."),
    )


def unknown_place() -> Trouble:
    return Trouble(
        "unknown_place",
        _("Zoho sent an address we do not know"),
        _("The answer named a server that is not in the list of Zoho's data centres, so it was not followed."),
        _("Start again from Bigin. If it happens twice, tell whoever runs this software."),
    )


def other_place() -> Trouble:
    return Trouble(
        "other_place",
        _("This account lives in another data centre"),
        _("Bigin and Books have to be in the same data centre of Zoho; the account you chose is in another one."),
        _("Connect an account of the data centre that your Bigin is in."),
    )


def not_set_up(organization: str, administrator: bool) -> Trouble:
    return Trouble(
        "not_set_up",
        _("%(organization)s is not set up yet") % {"organization": organization},
        _("Nobody has connected this Bigin organisation with Zoho Books or Zoho Invoice so far."),
        _("Press Setup Now to do it.")
        if administrator
        else _("Ask a Bigin administrator of your organisation to press Setup Now."),
        404,
    )


def not_administrator(profile: str) -> Trouble:
    return Trouble(
        "not_administrator",
        _("Only an administrator can set this up"),
        _("Your profile in Bigin is “%(profile)s”. Setting up needs the profile “Administrator”.")
        % {"profile": profile or "–"},
        _("Ask a Bigin administrator of your organisation to do it."),
        403,
    )


def not_active() -> Trouble:
    return Trouble(
        "not_active",
        _("Your Bigin user is not active"),
        _("Bigin says that this user has been deactivated."),
        _("Ask a Bigin administrator of your organisation."),
        403,
    )


def other_organization(expected: str, got: str) -> Trouble:
    return Trouble(
        "other_organization",
        _("That is another organisation"),
        _("This belongs to %(expected)s, but you signed in to %(got)s.") % {"expected": expected, "got": got},
        _("Sign in again and choose %(expected)s. To connect another organisation, delete this integration first.")
        % {"expected": expected},
        409,
    )


def organization_missing(expected: str) -> Trouble:
    return Trouble(
        "organization_missing",
        _("This account does not see %(expected)s") % {"expected": expected},
        _("Reconnecting needs an account that belongs to the organisation connected before; its pairs depend on it."),
        _("Connect again with an account that can open %(expected)s.") % {"expected": expected},
        409,
    )


def organization_taken() -> Trouble:
    return Trouble(
        "organization_taken",
        _("That organisation is connected already"),
        _("Another Bigin organisation is kept in step with it, and two would overwrite each other."),
        _("Choose another organisation, or delete the other integration first."),
        409,
    )


def product_fixed(name: str) -> Trouble:
    return Trouble(
        "product_fixed",
        _("This integration is connected with %(name)s") % {"name": name},
        _("What it is connected with cannot be changed later."),
        _("To change it, delete the integration and set it up again."),
        409,
    )


def no_lasting_access() -> Trouble:
    return Trouble(
        "no_lasting_access",
        _("Zoho gave access for one hour only"),
        _("Keeping records in step needs access that lasts, and Zoho's answer held none."),
        _("On your Zoho account's page remove this application under Connected Apps, then connect again."),
    )


def no_organizations(name: str) -> Trouble:
    return Trouble(
        "no_organizations",
        _("This account has no organisation in %(name)s") % {"name": name},
        _("There is nothing to connect with."),
        _("Connect with the account that you use in %(name)s.") % {"name": name},
    )


def too_often(seconds: int) -> Trouble:
    wait = ngettext("Wait a second, then try again.", "Wait %(n)s seconds, then try again.", seconds) % {"n": seconds}
    return Trouble(
        "too_often",
        _("Too many attempts"),
        _("Somebody at your address tried to sign in very often during the last minutes."),
        wait,
        429,
    )


def store_down(seconds: int) -> Trouble:
    return Trouble(
        "store_down",
        _("Signing in is not possible at the moment"),
        _("A part of this service does not answer. Nothing was lost."),
        _("Try again in %(n)s seconds.") % {"n": seconds},
        503,
    )


def signed_out() -> Trouble:
    return Trouble(
        "signed_out",
        _("You are signed out"),
        _("This step needs the session in which you began it."),
        _("Sign in again, then connect once more."),
        401,
    )


def no_cookies() -> Trouble:
    return Trouble(
        "no_cookies",
        _("Your browser keeps no cookies for us here"),
        _("Without them you would be signed out at once."),
        _("Open this page in a window of its own; everything works there."),
    )


def from_zoho(error: ZohoError) -> Trouble:
    """What a failed call means to the person who waits for it."""
    if isinstance(error, RateLimited):
        return Trouble(
            "zoho_busy",
            _("Zoho asks us to wait"),
            _("Too many calls were made for your organisation, so Zoho answers none for a while."),
            _("Try again in a few minutes."),
            503,
        )
    if isinstance(error, Unauthorised):
        return Trouble(
            "zoho_refused",
            _("Zoho refused the access"),
            _("Zoho's answer: %(message)s") % {"message": error.message},
            _("Sign in again. If that does not help, check in Zoho that the subscription is active."),
            403,
        )
    if isinstance(error, Rejected):
        return Trouble(
            "zoho_rejected",
            _("Zoho did not accept that"),
            _("Zoho's answer: %(message)s") % {"message": error.message},
            _("Change what it names, then try again."),
        )
    return Trouble(
        "zoho_silent",
        _("Zoho does not answer"),
        _("The connection to Zoho failed or took too long. Nothing was changed."),
        _("Try again in a minute."),
        503,
    )
