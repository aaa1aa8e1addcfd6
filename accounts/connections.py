"""Clients for an installation's products, with tokens refreshed once across processes, and the count of calls.

The refresh is the one call that happens inside a transaction: its own short one, with nothing else locked.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

from django.conf import settings
from django.db import OperationalError, transaction
from django.db import connection as database
from django.db.models import F
from django.utils import timezone

from accounts import audit, mail
from accounts.models import Connection, Installation, Member, Quota
from accounts.models import Product as KeptIn
from zoho import auth, limits
from zoho.bigin import Bigin
from zoho.books import Books
from zoho.client import Client
from zoho.datacentres import DataCentre, DataCentres, Product
from zoho.datacentres import data_centres as table_of_data_centres
from zoho.errors import RateLimited, RetryLater, Unauthorised
from zoho.limits import Budget, Limits, Priority

# A token about to end would end on its way to Zoho.
MARGIN = timedelta(seconds=60)
_LOCK_TIMEOUT = "15s"
# Refusals of this server's own settings: no installation's access was lost.
_OUR_OWN_FAULT = frozenset({"invalid_client", "invalid_client_secret", "unauthorized_client", "unexpected_api_domain"})
# How long a "not now" is waited for. Whoever needs more sets the client's `patience`.
_PATIENCE: dict[Priority, float] = {"sync": 20.0, "person": 3.0}
NAMES = {"bigin": "Bigin", "books": "Zoho Books", "invoice": "Zoho Invoice"}


def data_centres() -> DataCentres:
    return table_of_data_centres(settings.SANDBOX_URL)


def data_centre(installation: Installation) -> DataCentre:
    return data_centres().by_name(installation.data_centre)


def oauth_client() -> auth.OAuthClient:
    return auth.OAuthClient(
        settings.ZOHO_CLIENT_ID, settings.ZOHO_CLIENT_SECRET, settings.BASE_URL + "/oauth/callback/"
    )


def bigin(installation: Installation, priority: Priority = "sync") -> Bigin:
    """Raises Connection.DoesNotExist before Setup."""
    return Bigin(_client(installation, "bigin", installation.bigin_org_id, priority))


def books(installation: Installation, priority: Priority = "sync") -> Books:
    """Books or Invoice, as the installation has it. Raises Connection.DoesNotExist before Setup."""
    client = _client(installation, _named(KeptIn(installation.product)), installation.books_org_id or "", priority)
    client.organization_id = installation.books_org_id
    return Books(client)


def books_in_setup(installation: Installation, product: KeptIn) -> Books:
    """Before one was chosen; the caller sets the client's `organization_id`. Raises Connection.DoesNotExist."""
    return Books(_client(installation, _named(product), f"setup-{installation.pk}", "person"))


def books_with_token(centre: DataCentre, product: KeptIn, token: str) -> Books:
    """With a token that is not stored yet."""
    name = _named(product)
    client = Client(name, centre.api_base(name), lambda _force: token, priority="person", patience=_PATIENCE["person"])
    return Books(client)


def member_bigin(member: Member) -> Bigin:
    """Bigin with the member's own token, which nobody can refresh: Unauthorised means that they must sign in again."""
    installation = member.installation
    client = Client(
        "bigin",
        data_centre(installation).api_base("bigin"),
        _own_token(member),
        budget=budget("bigin", installation.bigin_org_id),
        priority="person",
        patience=_PATIENCE["person"],
    )
    return Bigin(client)


def budget(product: Product, organization: str) -> Budget:
    allowed = {
        "bigin": Limits(None, settings.ZOHO_BIGIN_CONCURRENT),
        "books": Limits(settings.ZOHO_BOOKS_PER_MINUTE, settings.ZOHO_BOOKS_CONCURRENT),
    }["bigin" if product == "bigin" else "books"]
    store = limits.store(settings.REDIS_URL)
    return Budget(store, product, organization, allowed, window=settings.ZOHO_WINDOW_SECONDS)


def count_calls(installation: Installation, product: str, number: int) -> None:
    """Adds to the day's count (UTC); `Client.calls` of a finished piece of work is where the number comes from."""
    if number:
        row = _today(installation, product)
        Quota.objects.filter(pk=row.pk).update(calls=F("calls") + number)


def note_quota(installation: Installation, product: str, quota: limits.Quota) -> None:
    """What an answer's headers said remains of the product's own daily quota."""
    resets_at = timezone.now() + timedelta(seconds=quota.reset_after) if quota.reset_after is not None else None
    row = _today(installation, product)
    Quota.objects.filter(pk=row.pk).update(limit=quota.limit, remaining=quota.remaining, resets_at=resets_at)


def access_token(connection_id: int, *, force: bool = False) -> str:
    """A token that still lives a minute. With `force`, a newer one than the one stored now.

    Refreshes over the network at most once across all processes: whoever waited for the lock takes what it finds.
    Raises RateLimited, RetryLater or Unauthorised of `zoho.errors`.
    """
    row = Connection.objects.get(pk=connection_id)
    if not force and _lives(row, timezone.now()):
        return row.access_token
    try:
        fresh, failure = _refresh(connection_id, refused=row.access_token if force else "")
    except OperationalError as error:  # lock_timeout: somebody else's refresh takes long
        raise RetryLater("A new token is being fetched.", product=row.product, code="token_locked") from error
    if failure is None:
        return fresh
    if isinstance(failure, Unauthorised) and failure.code not in _OUR_OWN_FAULT:
        _pause(connection_id)
    raise failure


def _refresh(connection_id: int, refused: str) -> tuple[str, Exception | None]:
    """The token, or what went wrong: an exception must not roll back the note that Zoho asked us to wait."""
    with transaction.atomic(durable=True):
        row = _locked(connection_id)
        now = timezone.now()
        if _lives(row, now) and row.access_token != refused:
            return row.access_token, None
        if row.refresh_blocked_until and row.refresh_blocked_until > now:
            return "", _blocked(row, (row.refresh_blocked_until - now).total_seconds())
        if not row.refresh_token:
            return "", _gone(row)
        try:
            tokens = auth.refresh(data_centre(row.installation), oauth_client(), row.refresh_token)
        except RateLimited as error:
            row.refresh_blocked_until = now + timedelta(seconds=error.retry_after or 600)
            row.save(update_fields=["refresh_blocked_until"])
            return "", error
        except Unauthorised as error:
            return "", error
        row.access_token, row.expires_at, row.refresh_blocked_until = tokens.access_token, tokens.expires_at, None
        row.save(update_fields=["access_token", "expires_at", "refresh_blocked_until"])
        return tokens.access_token, None


def _locked(connection_id: int) -> Connection:
    with database.cursor() as cursor:
        cursor.execute(f"SET LOCAL lock_timeout = '{_LOCK_TIMEOUT}'")
    rows = Connection.objects.select_related("installation").select_for_update(of=("self",))
    return rows.get(pk=connection_id)


def _lives(row: Connection, now: datetime) -> bool:
    return bool(row.access_token) and row.expires_at is not None and row.expires_at > now + MARGIN


def _pause(connection_id: int) -> None:
    """Rules 1.6: a revoked token pauses and tells; it is never a conclusion about records."""
    row = Connection.objects.select_related("installation").get(pk=connection_id)
    name = NAMES[row.product]
    problem = f"{name} no longer accepts our access. An administrator can press Reconnect to go on; nothing is lost."
    Connection.objects.filter(pk=row.pk, problem="").update(problem=problem, problem_since=timezone.now())
    pause(row.installation, row.product, name, f"{name} is disconnected", problem)


def pause(installation: Installation, product: str, name: str, subject: str, problem: str) -> None:
    """ACTIVE -> PAUSED, with the mail noted in one go: whoever comes second pauses and tells nothing. Calls the mail
    server; not inside a transaction."""
    with transaction.atomic():
        paused = Installation.objects.filter(pk=installation.pk, state=Installation.State.ACTIVE).update(
            state=Installation.State.PAUSED, problem=problem
        )
        if paused:
            audit.note(installation, name, problem)
            mail.note(installation, [f"lost:{product}"], subject, problem, anew=True)
    if paused:
        mail.send_noted(installation)


def _blocked(row: Connection, seconds: float) -> RateLimited:
    return RateLimited(
        "Zoho refuses new tokens for a while.",
        scope="token",
        product=row.product,
        code="refresh_blocked",
        retry_after=seconds,
    )


def _gone(row: Connection) -> Unauthorised:
    return Unauthorised(f"There is no access to {NAMES[row.product]} any more.", product=row.product, code="no_token")


def _client(installation: Installation, product: Product, organization: str, priority: Priority) -> Client:
    pk = Connection.objects.values_list("pk", flat=True).get(installation=installation, product=product)
    return Client(
        product,
        data_centre(installation).api_base(product),
        lambda force: access_token(pk, force=force),
        budget=budget(product, organization),
        priority=priority,
        patience=_PATIENCE[priority],
        on_quota=lambda quota: note_quota(installation, product, quota),
    )


def _own_token(member: Member) -> Callable[[bool], str]:
    """The same again where a newer one is wished for: so Zoho's own words about it reach the caller."""

    def token(_force: bool) -> str:
        if not member.is_signed_in(timezone.now()):
            raise Unauthorised("The sign-in has ended.", product="bigin", code="signed_out")
        return member.access_token

    return token


def _named(product: KeptIn) -> Product:
    return "invoice" if product == KeptIn.INVOICE else "books"


def _today(installation: Installation, product: str) -> Quota:
    row, _ = Quota.objects.get_or_create(installation=installation, product=product, day=timezone.now().date())
    return row
