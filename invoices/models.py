"""Documents of Books: drafts on their way there and the mirror of what stands there."""

import uuid

from django.db import models
from django.db.models import Q
from django.utils import timezone

from accounts.models import Installation, Member


class DocumentKind(models.TextChoices):
    INVOICE = "invoice", "Invoice"
    ESTIMATE = "estimate", "Estimate"
    SALESORDER = "salesorder", "Sales order"


class Document(models.Model):
    """One document: a server-side draft that is unique while open, then the mirror row of what Books holds."""

    class State(models.TextChoices):
        DRAFT = "draft"  # an open form; nothing is at Books
        QUEUED = "queued"  # the rep pressed Save; the interactive worker will create it
        CREATING = "creating"  # a worker claimed it; until settled the outcome is unknown
        CHECKING = "checking"  # the answer was lost; being looked up, never resent by itself (rules 7.4)
        UNCONFIRMED = "unconfirmed"  # two looks found nothing: check again or create anyway
        REFUSED = "refused"  # Books refused; the form is open again with the reason
        STANDS = "stands"  # it is in Books
        GONE = "gone"  # deleted in Books
        DISCARDED = "discarded"  # the rep threw the draft away

    OPEN = ("draft", "queued", "creating", "checking", "unconfirmed", "refused")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    installation = models.ForeignKey(Installation, models.CASCADE, related_name="documents")
    kind = models.CharField(max_length=10, choices=DocumentKind.choices)
    member = models.ForeignKey(Member, models.SET_NULL, null=True)  # whose draft it is; None for mirrored rows
    record_module = models.CharField(max_length=20, blank=True)  # Pipelines | Contacts | Accounts
    record_id = models.CharField(max_length=40, blank=True)  # the Bigin record it was made from
    record_label = models.CharField(max_length=300, blank=True)
    key = models.CharField(
        max_length=40, null=True, default=None
    )  # our intent's key, in cf_bigin_key where the field exists
    payload = models.JSONField(default=dict)  # the form as invoices.drafts.Draft.to_json() writes it
    state = models.CharField(max_length=12, choices=State.choices)
    error = models.TextField(blank=True)
    send_after = models.BooleanField(default=False)  # save and send
    attempted_at = models.DateTimeField(null=True)
    attempt_ended_at = models.DateTimeField(null=True)
    looks = models.PositiveSmallIntegerField(default=0)
    looked_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(default=timezone.now)
    # Below: as Books said it, newest answer.
    books_id = models.CharField(max_length=40, null=True, default=None)
    customer_id = models.CharField(max_length=40, blank=True)
    customer_name = models.CharField(max_length=300, blank=True)
    number = models.CharField(max_length=100, blank=True)
    status = models.CharField(max_length=40, blank=True)
    date = models.DateField(null=True)
    due_date = models.DateField(null=True)  # due date, expiry date or shipment date
    currency = models.CharField(max_length=3, blank=True)
    total = models.DecimalField(max_digits=24, decimal_places=6, null=True)
    balance = models.DecimalField(max_digits=24, decimal_places=6, null=True)
    url = models.TextField(blank=True)  # the customer's link
    modified_at = models.DateTimeField(null=True)
    seen_at = models.DateTimeField(null=True)  # when a list or detail last showed it

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["installation", "member", "record_module", "record_id", "kind"],
                condition=Q(state__in=["draft", "queued", "creating", "checking", "unconfirmed", "refused"]),
                name="document_open",
            ),
            models.UniqueConstraint(fields=["installation", "key"], name="document_key"),
            models.UniqueConstraint(fields=["installation", "kind", "books_id"], name="document_books"),
        ]
        indexes = [
            # the panel: a customer's documents, newest first.
            models.Index(fields=["installation", "customer_id", "kind", "-date"], name="document_customer"),
            # the panel of a deal: documents made from it.
            models.Index(fields=["installation", "record_id"], name="document_record"),
        ]

    def __str__(self) -> str:
        return self.number or str(self.id)


class CustomerBalance(models.Model):
    """A customer's figures as Books' detail last said them, for the top of the panel; and how fresh its lists are."""

    installation = models.ForeignKey(Installation, models.CASCADE, related_name="balances")
    customer_id = models.CharField(max_length=40)
    currency = models.CharField(max_length=3, blank=True)
    outstanding = models.DecimalField(max_digits=24, decimal_places=6, null=True)
    unused_credits = models.DecimalField(max_digits=24, decimal_places=6, null=True)
    seen_at = models.DateTimeField(null=True)
    listed = models.JSONField(default=dict)  # kind -> ISO time of the newest list of this customer's documents

    class Meta:
        constraints = [models.UniqueConstraint(fields=["installation", "customer_id"], name="balance_customer")]
