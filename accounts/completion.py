"""From Zoho's callback to a result: which data centre, whose token, and what a claimed consent changes."""

from dataclasses import dataclass
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse

from accounts import connections, sessions, setup, troubles
from accounts.flows import Flow
from accounts.handovers import Claim, Grant
from accounts.http import VisitorRequest
from accounts.identity import Identity, identify
from accounts.models import Installation, Member
from accounts.troubles import Refused
from bigin_books.embed import data_centre_around, service_origin
from zoho import auth
from zoho.auth import Tokens
from zoho.datacentres import DataCentre, UnknownDataCentre
from zoho.errors import Unauthorised


@dataclass(frozen=True)
class Answer:
    """A checked callback: somebody signed in, or a grant that is not stored yet."""

    member: Member | None = None
    grant: Grant | None = None


@dataclass(frozen=True)
class Done:
    """`next` is where the page goes on; "" where it was."""

    member: Member
    next: str = ""


def where_to_ask(request: HttpRequest) -> DataCentre:
    """The data centre the page names, else that of the Bigin around it, else the one of the settings."""
    named = request.GET.get("dc", "")
    if not named:
        return data_centre_around(request) or connections.data_centres().by_name(settings.ZOHO_DATA_CENTRE)
    try:
        return connections.data_centres().by_name(named)
    except UnknownDataCentre as error:
        raise Refused(troubles.unknown_place()) from error


def answer_of(request: HttpRequest, flow: Flow) -> Answer:
    """Calls Zoho for the tokens and for whose they are. Raises Refused, and the errors of `zoho.errors`."""
    if request.GET.get("error"):
        raise Refused(troubles.denied())
    data_centre = _where_it_came_from(request)
    tokens = _exchange(data_centre, request.GET.get("code", ""))
    if flow.purpose == "sign_in":
        return Answer(member=_sign_in(data_centre, tokens))
    if flow.purpose == "setup":
        identity = identify(data_centre, tokens)
        if not identity.is_administrator:
            raise Refused(troubles.not_administrator(identity.profile))
        return Answer(grant=Grant("setup", data_centre.name, tokens, identity))
    return Answer(grant=Grant(flow.purpose, data_centre.name, tokens))


def complete(request: VisitorRequest, claim: Claim, *, fresh: bool = False) -> Done:
    """Makes the session or stores the connection. Raises Refused, and the errors of `zoho.errors`."""
    if claim.member is not None:
        sessions.begin(request, claim.member, fresh=fresh)
        return Done(claim.member)
    if claim.grant is None:
        raise Refused(troubles.expired_handover())
    if claim.grant.purpose == "setup":
        return _complete_setup(request, claim.grant)
    return _complete_books(request, claim.grant)


def _complete_setup(request: VisitorRequest, grant: Grant) -> Done:
    if grant.identity is None:
        raise Refused(troubles.expired_handover())
    data_centre = connections.data_centres().by_name(grant.data_centre)
    member = setup.connect_bigin(data_centre, grant.tokens, grant.identity, expected=request.installation)
    sessions.begin(request, member)
    return Done(member, _page_after(request, member.installation))


def _complete_books(request: VisitorRequest, grant: Grant) -> Done:
    """Whoever gave the access, it goes to the installation of the page that asked: hence a session there, not here."""
    member = request.member
    if member is None:
        raise Refused(troubles.signed_out())
    if not member.is_administrator:
        raise Refused(troubles.not_administrator(member.profile))
    data_centre = connections.data_centres().by_name(grant.data_centre)
    setup.connect_books(member.installation, grant.purpose, data_centre, grant.tokens, member)
    return Done(member, _page_after(request, member.installation))


def _page_after(request: VisitorRequest, installation: Installation) -> str:
    page = "accounts:connections" if installation.books_org_id else "accounts:setup"
    around = service_origin(request)
    return reverse(page) + ("?" + urlencode({"serviceOrigin": around}) if around else "")


def _where_it_came_from(request: HttpRequest) -> DataCentre:
    """`accounts-server` and `location` are looked up, never followed, and must agree; the sandbox calls itself "us"."""
    centres = connections.data_centres()
    server, location = request.GET.get("accounts-server", ""), request.GET.get("location", "")
    try:
        if not server:
            return centres.by_location(location) if location else centres.by_name(settings.ZOHO_DATA_CENTRE)
        found = centres.by_accounts_server(server)
        agree = not location or found.name == "sandbox" or centres.by_location(location).name == found.name
    except UnknownDataCentre as error:
        raise Refused(troubles.unknown_place()) from error
    if not agree:
        raise Refused(troubles.unknown_place())
    return found


def _exchange(data_centre: DataCentre, code: str) -> Tokens:
    if not code:
        raise Refused(troubles.expired_code())
    try:
        return auth.exchange(data_centre, connections.oauth_client(), code)
    except Unauthorised as error:
        if error.code == "invalid_code":
            raise Refused(troubles.expired_code()) from error
        raise


def _sign_in(data_centre: DataCentre, tokens: Tokens) -> Member:
    identity: Identity = identify(data_centre, tokens)
    installation = Installation.objects.filter(bigin_org_id=identity.org_id, data_centre=data_centre.name).first()
    if installation is None:
        raise Refused(troubles.not_set_up(identity.org_name, identity.is_administrator))
    return setup.save_member(installation, identity, tokens)
