"""Connecting and disconnecting: what a finished consent changes in the tables, and the choice of an organisation.

Consent itself is in `accounts.flows`; the screens are in `accounts.setup_views`.
"""

import logging
from dataclasses import dataclass

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import audit, connections, mail
from accounts.identity import Identity
from accounts.models import Connection, Installation, Member, Product
from accounts.troubles import (
    Refused,
    no_lasting_access,
    no_organizations,
    not_administrator,
    organization_missing,
    organization_taken,
    other_organization,
    other_place,
    product_fixed,
)
from zoho import auth
from zoho.auth import Tokens
from zoho.books import Books
from zoho.datacentres import DataCentre
from zoho.errors import ZohoError

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Organization:
    """An organisation of Books or Invoice that can be chosen."""

    id: str
    name: str
    currency: str
    active: bool


class BadChoice(ValueError):
    """What was chosen on the form cannot be saved; `field` is "organization" or "alert_email"."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field
        self.message = message


def save_member(installation: Installation, identity: Identity, tokens: Tokens) -> Member:
    """The person with their own fresh token; nothing that lasts is kept."""
    member, _created = Member.objects.update_or_create(
        installation=installation,
        zuid=identity.zuid,
        defaults={
            "bigin_user_id": identity.user_id,
            "name": identity.name,
            "email": identity.email,
            "profile": identity.profile,
            "language": identity.language,
            "time_zone": identity.time_zone,
            "access_token": tokens.access_token,
            "expires_at": tokens.expires_at,
            "signed_in_at": timezone.now(),
        },
    )
    return member


def connect_bigin(
    data_centre: DataCentre, tokens: Tokens, identity: Identity, expected: Installation | None = None
) -> Member:
    """Setup and Reconnect: stores lasting access to Bigin and returns the administrator who gave it.

    Makes the installation of that organisation where there is none. With `expected` the organisation must be its
    (rules 1.5). Raises Refused. Calls Zoho once afterwards, to give up the access this one replaces.
    """
    if not identity.is_administrator:
        raise Refused(not_administrator(identity.profile))
    if expected is not None and expected.bigin_org_id != identity.org_id:
        raise Refused(other_organization(expected.bigin_org_name, identity.org_name))
    if not tokens.refresh_token:
        raise Refused(no_lasting_access())
    with transaction.atomic():
        installation, made = Installation.objects.get_or_create(
            bigin_org_id=identity.org_id,
            defaults={"bigin_org_name": identity.org_name, "data_centre": data_centre.name},
        )
        if installation.data_centre != data_centre.name:
            raise Refused(other_place())
        installation.bigin_org_name, installation.bigin_currency = identity.org_name, identity.currency
        installation.save(update_fields=["bigin_org_name", "bigin_currency"])
        replaced = _store(installation, "bigin", tokens, identity.user_id, identity.email)
        member = save_member(installation, identity, tokens)
        audit.note(installation, member, _("Set up Bigin access") if made else _("Reconnected Bigin"))
    _give_up(data_centre, replaced)
    member.installation = installation
    return member


def connect_books(
    installation: Installation, product: str, data_centre: DataCentre, tokens: Tokens, who: Member
) -> None:
    """Stores lasting access to Books or Invoice. Raises Refused, and the errors of `zoho.errors`.

    Reconnecting must see the organisation that was connected before (rules 1.5). Calls Zoho before and after its
    transaction: the organisations, and to give up what is replaced.
    """
    if data_centre.name != installation.data_centre:
        raise Refused(other_place())
    if installation.books_org_id and installation.product != product:
        raise Refused(product_fixed(installation.get_product_display()))
    if not tokens.refresh_token:
        raise Refused(no_lasting_access())
    books = connections.books_with_token(data_centre, Product(product), tokens.access_token)
    found = _organizations(books)
    if not found:
        raise Refused(no_organizations(Product(product).label))
    if installation.books_org_id and installation.books_org_id not in {one.id for one in found}:
        raise Refused(organization_missing(installation.books_org_name))
    owner = _owner(books, installation.books_org_id) if installation.books_org_id else {}
    with transaction.atomic():
        other = Connection.objects.filter(installation=installation).exclude(product__in=("bigin", product))
        replaced = [one.refresh_token for one in other]
        other.delete()
        replaced += _store(installation, product, tokens, **owner)
        audit.note(installation, who, _("Connected %(name)s") % {"name": Product(product).label})
    _give_up(data_centre, replaced)


def connected_product(installation: Installation) -> Product | None:
    """Books or Invoice, whichever access is stored; at most one is."""
    stored = installation.connections.exclude(product="bigin").values_list("product", flat=True).first()
    return Product(stored) if stored else None


def organizations(installation: Installation, product: Product) -> list[Organization]:
    """One call. Raises the errors of `zoho.errors`."""
    return _organizations(connections.books_in_setup(installation, product))


def choose_organization(
    installation: Installation, product: str, organization_id: str, alert_email: str, member: Member
) -> list[str]:
    """Saves the choice and makes the installation active; returns warnings to show (rules 1.4, 6.1).

    Three calls. Raises BadChoice, Refused, and the errors of `zoho.errors`.
    """
    if installation.books_org_id and installation.books_org_id != organization_id:
        raise Refused(other_organization(installation.books_org_name, organization_id))
    books = connections.books_in_setup(installation, Product(product))
    chosen = next((one for one in _organizations(books) if one.id == organization_id), None)
    if chosen is None:
        raise BadChoice("organization", _("Choose one of the organisations in the list."))
    if not chosen.active:
        raise BadChoice("organization", _("%(name)s is not active in Zoho.") % {"name": chosen.name})
    books.client.organization_id = chosen.id
    _check_alert_email(books, alert_email)
    linked = _zoho_links_it_too(books)
    owner = _owner(books, chosen.id)
    _save_choice(installation, Product(product), chosen, alert_email, linked)
    Connection.objects.filter(installation=installation, product=product).update(**owner)
    audit.note(installation, member, _("Chose the organisation %(name)s") % {"name": chosen.name})
    return warnings(installation)


def warnings(installation: Installation) -> list[str]:
    """What stands in the way of some of the sync as long as it is so."""
    found = []
    if installation.probes.get("linked_with_zohocrm"):
        found.append(
            _(
                "Zoho's own integration with Zoho CRM or Bigin is on in this organisation. Switch it off there, "
                "or both will write the same records. The pairs it made are offered as matches."
            )
        )
    found += _missing_rights(installation)
    currencies = {installation.bigin_currency, installation.books_currency}
    if len(currencies) == 2 and "" not in currencies:
        found.append(
            _(
                "Bigin's currency is %(bigin)s and the organisation's base currency is %(books)s. Amounts and prices "
                "are not synchronised; names and all other fields are."
            )
            % {"bigin": installation.bigin_currency, "books": installation.books_currency}
        )
    return found


def _missing_rights(installation: Installation) -> list[str]:
    """Scopes and roles as the probes found them."""
    words = {
        "bigin_scopes": _("The access to Bigin does not cover all that is needed. Press Reconnect."),
        f"{installation.product}_scopes": _("The access to Books does not cover all that is needed. Press Reconnect."),
        "bigin_administrator": _("Whoever connected Bigin is no Administrator there: some records may be hidden."),
        "books_administrator": _(
            "Whoever connected Books has no administrator's role there: some calls may be refused."
        ),
    }
    answers = {name: installation.probes.get(name) for name in words}
    return [
        f"{words[name]} {found.get('text', '')}".strip()
        for name, found in answers.items()
        if isinstance(found, dict) and found.get("held") is False
    ]


def disconnect(installation: Installation) -> list[str]:
    """Gives up every lasting access at Zoho; the rows stay for the caller to delete. Never raises for Zoho's sake.

    Returns, in plain words, what could not be given up and has to be removed at Zoho by hand.
    """
    left: list[str] = []
    data_centre = connections.data_centre(installation)
    for row in installation.connections.all():
        if not row.refresh_token:
            continue
        try:
            auth.revoke(data_centre, row.refresh_token)
        except ZohoError as error:
            log.warning("setup: installation %s: %s not revoked (%s)", installation.pk, row.product, error.code)
            left.append(
                _("%(name)s did not confirm that access was given up. Remove this application under %(url)s.")
                % {"name": row.get_product_display(), "url": f"{data_centre.accounts_url}/home#sessions/connectedapps"}
            )
    if not left:
        _give_up(
            data_centre, [one.access_token for one in installation.members.all() if one.is_signed_in(timezone.now())]
        )
    return left


def _store(
    installation: Installation, product: str, tokens: Tokens, user_id: str = "", user_email: str = ""
) -> list[str]:
    """Returns the refresh tokens that this one replaces. Inside the caller's transaction."""
    old = Connection.objects.select_for_update().filter(installation=installation, product=product).first()
    values = {
        "api_domain": tokens.api_domain,
        "scopes": sorted(tokens.scopes),
        "access_token": tokens.access_token,
        "refresh_token": tokens.refresh_token or "",
        "expires_at": tokens.expires_at,
        "refresh_blocked_until": None,
        "problem": "",
        "problem_since": None,
        "reminded_at": None,
        "connected_at": timezone.now(),
    }
    if user_id:
        values |= {"user_id": user_id, "user_email": user_email}
    Connection.objects.update_or_create(installation=installation, product=product, defaults=values)
    mail.forget(installation, f"lost:{product}", f"dead:{product}")
    if not installation.connections.exclude(problem="").exists() and installation.books_org_id:
        Installation.objects.filter(pk=installation.pk, state=Installation.State.PAUSED).update(
            state=Installation.State.ACTIVE, problem=""
        )
    return [old.refresh_token] if old and old.refresh_token not in ("", tokens.refresh_token) else []


def _give_up(data_centre: DataCentre, refresh_tokens: list[str]) -> None:
    """Zoho keeps twenty refresh tokens of a user and kills the oldest: replaced ones are not left lying about."""
    for token in refresh_tokens:
        try:
            auth.revoke(data_centre, token)
        except ZohoError as error:
            log.warning("setup: a replaced token was not revoked (%s)", error.code)


def _organizations(books: Books) -> list[Organization]:
    return [
        Organization(
            id=str(row.get("organization_id") or ""),
            name=str(row.get("name") or "")[:200],
            currency=str(row.get("currency_code") or "")[:3],
            active=_is_active(row.get("org_settings")),
        )
        for row in books.organizations()
        if row.get("organization_id")
    ]


def _is_active(settings: object) -> bool:
    """Booleans come as text too (reference, section 2.3)."""
    return not isinstance(settings, dict) or str(settings.get("is_org_active", True)).lower() != "false"


def _owner(books: Books, organization_id: str) -> dict[str, str]:
    """Who gave the access, as the organisation knows them (rules 3.4 wants to know our connection's user)."""
    books.client.organization_id = organization_id
    user = books.current_user()
    addresses = [row for row in user.get("email_ids") or [] if isinstance(row, dict) and row.get("email")]
    chosen = next((row for row in addresses if row.get("is_selected")), addresses[0] if addresses else {})
    email = str(user.get("email") or chosen.get("email") or "")
    return {"user_id": str(user.get("user_id") or "")[:40], "user_email": email[:254]}


def _check_alert_email(books: Books, email: str) -> None:
    """Rules 8.3."""
    users = books.users("Status.Active")
    known = {str(user.get("email") or "").casefold() for user in users}
    if email.casefold() not in known:
        raise BadChoice(
            "alert_email", _("This address must belong to an active user of the organisation; it gets the alerts.")
        )


def _zoho_links_it_too(books: Books) -> bool:
    """Rules 1.4, judged by the newest customers."""
    rows = books.contacts_page().rows
    return any(str(row.get("is_linked_with_zohocrm")).lower() == "true" or row.get("zcrm_account_id") for row in rows)


def _save_choice(
    installation: Installation, product: Product, chosen: Organization, alert_email: str, linked: bool
) -> None:
    """By compare-and-set: of two administrators who save different organisations at once, one is refused."""
    open_still = Installation.objects.filter(pk=installation.pk).filter(
        Q(books_org_id=None) | Q(books_org_id=chosen.id)
    )
    try:
        with transaction.atomic():
            saved = open_still.update(
                product=product,
                alert_email=alert_email,
                books_org_id=chosen.id,
                books_org_name=chosen.name,
                books_currency=chosen.currency,
                probes={**installation.probes, "linked_with_zohocrm": linked},
                state=Installation.State.ACTIVE,
                problem="",
            )
    except IntegrityError as error:
        raise Refused(organization_taken()) from error
    installation.refresh_from_db()
    if not saved:
        raise Refused(other_organization(installation.books_org_name, chosen.name))
