"""Who is connected: one installation per Bigin organisation, its connections to Zoho, and the people who signed in."""

import uuid
from datetime import datetime

from django.db import models
from django.utils import timezone

from accounts.crypto import EncryptedTextField


class Product(models.TextChoices):
    """What an installation keeps its accounts in."""

    BOOKS = "books", "Zoho Books"
    INVOICE = "invoice", "Zoho Invoice"


class Installation(models.Model):
    """One Bigin organisation and the one Books (or Invoice) organisation it is kept in step with (rules 1.5)."""

    class State(models.TextChoices):
        SETTING_UP = "setting_up"  # Bigin is connected; no organisation was saved yet
        ACTIVE = "active"
        PAUSED = "paused"  # a connection is broken, or an administrator paused it: nothing runs

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    bigin_org_id = models.CharField(max_length=40, unique=True)
    bigin_org_name = models.CharField(max_length=200)
    bigin_currency = models.CharField(max_length=3, blank=True)
    data_centre = models.CharField(max_length=20)
    product = models.CharField(max_length=10, choices=Product.choices, blank=True)
    # Null until one is chosen: the unique constraint ignores nulls, and would not ignore "".
    books_org_id = models.CharField(max_length=40, null=True, default=None)  # noqa: DJ001
    books_org_name = models.CharField(max_length=200, blank=True)
    books_currency = models.CharField(max_length=3, blank=True)
    alert_email = models.EmailField(blank=True)
    state = models.CharField(max_length=12, choices=State.choices, default=State.SETTING_UP)
    problem = models.TextField(blank=True)  # why it is paused, in plain words with what to do
    probes = models.JSONField(default=dict)  # what setup found out about the live account, by probe name
    settings = models.JSONField(default=dict)  # choices of the administrator that belong to no module
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["data_centre", "books_org_id"], name="installation_books_org"),
        ]

    def __str__(self) -> str:
        return f"{self.bigin_org_name} ({self.id})"


class Connection(models.Model):
    """Offline access to one Zoho product. Tokens are encrypted at rest; they are refreshed under this row's lock."""

    class Service(models.TextChoices):
        BIGIN = "bigin"
        BOOKS = "books"
        INVOICE = "invoice"

    installation = models.ForeignKey(Installation, models.CASCADE, related_name="connections")
    product = models.CharField(max_length=10, choices=Service.choices)
    api_domain = models.CharField(max_length=200)
    scopes = models.JSONField(default=list)
    access_token = EncryptedTextField(blank=True)
    refresh_token = EncryptedTextField(blank=True)
    expires_at = models.DateTimeField(null=True)
    refresh_blocked_until = models.DateTimeField(null=True)  # after "Access Denied" of the token endpoint
    user_id = models.CharField(max_length=40, blank=True)  # whose token it is, as the product names the person
    user_email = models.EmailField(blank=True)
    problem = models.TextField(blank=True)
    problem_since = models.DateTimeField(null=True)
    reminded_at = models.DateTimeField(null=True)  # when the second mail about the problem went out (rules 8.4)
    connected_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["installation", "product"], name="connection_product")]

    def __str__(self) -> str:
        return f"{self.product} of {self.installation_id}"


class Member(models.Model):
    """A person of the Bigin organisation who signed in, with their own short-lived access token (no refresh token)."""

    ADMINISTRATOR = "Administrator"

    installation = models.ForeignKey(Installation, models.CASCADE, related_name="members")
    zuid = models.CharField(max_length=40)
    bigin_user_id = models.CharField(max_length=40)
    name = models.CharField(max_length=200)
    email = models.EmailField()
    profile = models.CharField(max_length=100)
    language = models.CharField(max_length=20, blank=True)
    time_zone = models.CharField(max_length=60, blank=True)
    access_token = EncryptedTextField(blank=True)
    expires_at = models.DateTimeField(null=True)
    signed_in_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["installation", "zuid"], name="member_zuid")]

    def __str__(self) -> str:
        return self.name

    @property
    def is_administrator(self) -> bool:
        return self.profile == self.ADMINISTRATOR

    def is_signed_in(self, now: datetime) -> bool:
        """A session ends with the token it was made from."""
        return bool(self.access_token) and self.expires_at is not None and self.expires_at > now


class RecordAccess(models.Model):
    """What a member's own token said about reading one Bigin record (rules 7.7: a yes is kept 15 minutes)."""

    member = models.ForeignKey(Member, models.CASCADE, related_name="accesses")
    module = models.CharField(max_length=20)
    record_id = models.CharField(max_length=40)
    allowed = models.BooleanField()
    seen_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["member", "module", "record_id"], name="access_record")]

    def __str__(self) -> str:
        return f"{self.module} {self.record_id}"


class Handover(models.Model):
    """What a finished consent hands from the popup to the page that asked for it, once (design section 7).

    `payload` holds the tokens of a connection that nobody has claimed yet; a mere sign-in has none.
    """

    digest = models.CharField(max_length=64, unique=True)  # of the secret that the popup posts to its opener
    typed_digest = models.CharField(max_length=64, unique=True)  # of the code typed by hand where the opener was cut
    challenge = models.CharField(max_length=64)  # hash of the verifier that only the asking page knows
    member = models.ForeignKey(Member, models.CASCADE, null=True)
    payload = EncryptedTextField(blank=True)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"handover {self.pk}"


class Ticket(models.Model):
    """A one-time secret that opens one thing for one member where no cookie goes. Stored as a hash."""

    class Purpose(models.TextChoices):
        DOWNLOAD = "download"  # a file that leaves the frame

    purpose = models.CharField(max_length=12, choices=Purpose.choices)
    digest = models.CharField(max_length=64, unique=True)
    member = models.ForeignKey(Member, models.CASCADE)
    challenge = models.CharField(max_length=64, blank=True)  # hash of a verifier, where one must come with the secret
    subject = models.TextField(blank=True)  # what it opens
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.purpose} {self.pk}"


class Quota(models.Model):
    """Calls to one product on one day (UTC), and what the product's headers said remains of its own daily quota."""

    installation = models.ForeignKey(Installation, models.CASCADE)
    product = models.CharField(max_length=10, choices=Connection.Service.choices)
    day = models.DateField()
    calls = models.PositiveIntegerField(default=0)
    limit = models.PositiveIntegerField(null=True)
    remaining = models.PositiveIntegerField(null=True)
    resets_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["installation", "product", "day"], name="quota_day")]

    def __str__(self) -> str:
        return f"{self.product} {self.day}"


class ApiToken(models.Model):
    """The one revocable token of an installation for the REST API, stored as a hash."""

    installation = models.OneToOneField(Installation, models.CASCADE, related_name="api_token")
    digest = models.CharField(max_length=64, unique=True)
    made_by = models.CharField(max_length=200)
    made_at = models.DateTimeField(default=timezone.now)
    used_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"token of {self.installation_id}"


class AuditEntry(models.Model):
    """Who changed which setting, in plain words."""

    installation = models.ForeignKey(Installation, models.CASCADE)
    at = models.DateTimeField(default=timezone.now)
    who = models.CharField(max_length=200)
    what = models.TextField()

    class Meta:
        # The settings page lists an installation's newest entries.
        indexes = [models.Index(fields=["installation", "-at"], name="audit_newest")]

    def __str__(self) -> str:
        return self.what
