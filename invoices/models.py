"""Documents of Books: drafts on their way there, the mirror of what stands there, and what is to be done to them."""

import uuid

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Installation, Member


class DocumentKind(models.TextChoices):
    INVOICE = "invoice", _("Invoice")
    ESTIMATE = "estimate", _("Estimate")
    SALESORDER = "salesorder", _("Sales order")


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
    UNDER_WAY = ("queued", "creating", "checking")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    installation = models.ForeignKey(Installation, models.CASCADE, related_name="documents")
    kind = models.CharField(max_length=10, choices=DocumentKind.choices)
    member = models.ForeignKey(Member, models.SET_NULL, null=True)  # whose draft it is; None for mirrored rows
    made_by = models.CharField(max_length=200, blank=True)  # that member's name, or who asked through the API
    record_module = models.CharField(max_length=20, blank=True)  # Pipelines | Contacts | Accounts
    record_id = models.CharField(max_length=40, blank=True)  # the Bigin record it was made from
    record_label = models.CharField(max_length=300, blank=True)
    source = models.ForeignKey("self", models.SET_NULL, null=True, related_name="made")  # what it was converted from
    revises = models.ForeignKey("self", models.CASCADE, null=True, related_name="revisions")  # an edit of that one
    # Our intent's key, in cf_bigin_key where that field exists; None for mirrored rows, which are no intent of ours.
    key = models.CharField(max_length=40, null=True, default=None)  # noqa: DJ001 - unique where given
    payload = models.JSONField(default=dict)  # {"draft": as invoices.drafts writes it, "candidates": [...], …}
    state = models.CharField(max_length=12, choices=State.choices)
    version = models.PositiveIntegerField(default=1)  # moves with each save of the form
    error = models.TextField(blank=True)
    warnings = models.JSONField(default=list)  # what the rep should know about what was created
    send_after = models.BooleanField(default=False)  # save and send
    shown_total = models.DecimalField(max_digits=24, decimal_places=6, null=True)  # when Save was pressed (rules 6.3)
    queued_at = models.DateTimeField(null=True)
    attempted_at = models.DateTimeField(null=True)
    attempt_ended_at = models.DateTimeField(null=True)
    looks = models.PositiveSmallIntegerField(default=0)
    look_at = models.DateTimeField(null=True)  # when the next look is due
    created_at = models.DateTimeField(default=timezone.now)
    # Below: as Books said it, newest answer.
    books_id = models.CharField(max_length=40, null=True, default=None)  # noqa: DJ001 - unique where given
    customer_id = models.CharField(max_length=40, blank=True)
    customer_name = models.CharField(max_length=300, blank=True)
    number = models.CharField(max_length=100, blank=True)
    reference = models.CharField(max_length=200, blank=True)
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
            # One open form per intent (rules 7.3). A conversion has no form: its source is its intent.
            models.UniqueConstraint(
                fields=["installation", "member", "record_module", "record_id", "kind"],
                condition=Q(state__in=["draft", "queued", "creating", "checking", "unconfirmed", "refused"])
                & Q(source__isnull=True, revises__isnull=True),
                name="document_open",
            ),
            models.UniqueConstraint(
                fields=["revises", "member"],
                condition=Q(state__in=["draft", "queued", "creating", "checking", "unconfirmed", "refused"]),
                name="document_revision",
            ),
            models.UniqueConstraint(
                fields=["source", "kind"],
                condition=Q(state__in=["draft", "queued", "creating", "checking", "unconfirmed", "refused"]),
                name="document_conversion",
            ),
            models.UniqueConstraint(fields=["installation", "key"], name="document_key"),
            models.UniqueConstraint(fields=["installation", "kind", "books_id"], name="document_books"),
        ]
        indexes = [
            # the panel: a customer's documents, newest first.
            models.Index(fields=["installation", "customer_id", "kind", "-date", "-id"], name="document_customer"),
            # the panel of a deal: documents made from it.
            models.Index(fields=["installation", "record_id"], name="document_record"),
            # the sweep: what a dead worker left.
            models.Index(
                fields=["state"], name="document_under_way", condition=Q(state__in=["queued", "creating", "checking"])
            ),
        ]

    def __str__(self) -> str:
        return self.number or str(self.id)

    @property
    def is_editable_form(self) -> bool:
        return self.state in (self.State.DRAFT, self.State.REFUSED)

    @property
    def is_under_way(self) -> bool:
        return self.state in self.UNDER_WAY


class Action(models.Model):
    """The outbox of what a person does to a document that stands in Books (rules 7.5). Its settled payload is emptied:
    no mail bodies are kept (rules 8.4)."""

    class Op(models.TextChoices):
        SEND = "send", _("Send by e-mail")
        MARK_SENT = "sent", _("Mark as sent")
        ACCEPT = "accepted", _("Mark as accepted")
        DECLINE = "declined", _("Mark as declined")
        CONFIRM = "open", _("Confirm")
        VOID = "void", _("Void")
        DELETE = "delete", _("Delete")
        COMMENT = "comment", _("Comment")

    class State(models.TextChoices):
        QUEUED = "queued"
        SENDING = "sending"  # claimed; until settled the outcome is unknown
        UNKNOWN = "unknown"  # the answer was lost; being looked up
        UNCONFIRMED = "unconfirmed"  # the look-ups told nothing: the rep decides
        DONE = "done"
        REFUSED = "refused"
        DROPPED = "dropped"  # given up by the rep

    OPEN = ("queued", "sending", "unknown", "unconfirmed")
    UNDER_WAY = ("queued", "sending", "unknown")

    document = models.ForeignKey(Document, models.CASCADE, related_name="actions")
    member = models.ForeignKey(Member, models.SET_NULL, null=True)
    who = models.CharField(max_length=200)
    op = models.CharField(max_length=10, choices=Op.choices)
    payload = models.JSONField(default=dict)
    state = models.CharField(max_length=12, choices=State.choices)
    error = models.TextField(blank=True)
    queued_at = models.DateTimeField(null=True)
    attempted_at = models.DateTimeField(null=True)
    attempt_ended_at = models.DateTimeField(null=True)
    looks = models.PositiveSmallIntegerField(default=0)
    look_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(default=timezone.now)
    settled_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            # A second click finds the first one's row. Also the index of a document's newest actions.
            models.UniqueConstraint(
                fields=["document", "op"],
                condition=Q(state__in=["queued", "sending", "unknown", "unconfirmed"]),
                name="action_open",
            ),
        ]
        indexes = [
            # the sweep: what a dead worker left.
            models.Index(
                fields=["state"], name="action_under_way", condition=Q(state__in=["queued", "sending", "unknown"])
            ),
        ]

    def __str__(self) -> str:
        return f"{self.op} of {self.document_id}"


class MailFile(models.Model):
    """A file that waits to go out with a mail, in the order chosen; removed once the mail is settled (rules 8.4)."""

    action = models.ForeignKey(Action, models.CASCADE, related_name="files")
    name = models.CharField(max_length=200)
    content_type = models.CharField(max_length=100)
    content = models.BinaryField()

    def __str__(self) -> str:
        return self.name


class TimelineNote(models.Model):
    """A note on the timeline of the deal that a document was made from: one per event (rules 7.6)."""

    class Event(models.TextChoices):
        CREATED = "created"
        SENT = "sent"
        PAID = "paid"
        ACCEPTED = "accepted"
        DECLINED = "declined"

    class State(models.TextChoices):
        QUEUED = "queued"
        SENDING = "sending"
        UNKNOWN = "unknown"
        DONE = "done"
        REFUSED = "refused"

    document = models.ForeignKey(Document, models.CASCADE, related_name="notes")
    event = models.CharField(max_length=10, choices=Event.choices)
    text = models.TextField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.QUEUED)
    error = models.TextField(blank=True)
    queued_at = models.DateTimeField(default=timezone.now)
    attempted_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["document", "event"], name="note_event")]
        indexes = [
            # the sweep: what is still to be written.
            models.Index(
                fields=["state"], name="note_under_way", condition=Q(state__in=["queued", "sending", "unknown"])
            ),
        ]

    def __str__(self) -> str:
        return f"{self.event} of {self.document_id}"


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

    def __str__(self) -> str:
        return f"balance of {self.customer_id}"


class BilledRecord(models.Model):
    """What the panel of a Bigin record needs to know of it while Bigin is out of reach: whose customer it leads to."""

    installation = models.ForeignKey(Installation, models.CASCADE, related_name="billed_records")
    module = models.CharField(max_length=20)
    record_id = models.CharField(max_length=40)
    label = models.CharField(max_length=300, blank=True)
    company_id = models.CharField(max_length=40, blank=True)
    company_label = models.CharField(max_length=300, blank=True)
    contact_id = models.CharField(max_length=40, blank=True)
    contact_label = models.CharField(max_length=300, blank=True)
    amount = models.DecimalField(max_digits=24, decimal_places=6, null=True)
    currency = models.CharField(max_length=3, blank=True)
    customer_id = models.CharField(max_length=40, blank=True)  # picked by a rep for a record that leads to none
    customer_label = models.CharField(max_length=300, blank=True)
    seen_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["installation", "module", "record_id"], name="billed_record"),
        ]

    def __str__(self) -> str:
        return self.label or self.record_id


class Catalogue(models.Model):
    """What the organisation offers to choose from on a document: taxes, currencies, templates, custom fields."""

    installation = models.OneToOneField(Installation, models.CASCADE, related_name="catalogue")
    taxes = models.JSONField(default=list)
    currencies = models.JSONField(default=list)
    templates = models.JSONField(default=dict)  # kind -> [{"id", "name"}]
    fields = models.JSONField(default=dict)  # kind -> [{"id", "api_name", "label", "type", "options", "mandatory"}]
    seen_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"catalogue of {self.installation_id}"


class DocumentFeed(models.Model):
    """How far the organisation's list of one kind of document was read, and which worker reads it now."""

    installation = models.ForeignKey(Installation, models.CASCADE, related_name="document_feeds")
    kind = models.CharField(max_length=10, choices=DocumentKind.choices)
    mark = models.DateTimeField(null=True)
    complete_at = models.DateTimeField(null=True)  # first read to the end
    listed_at = models.DateTimeField(null=True)  # last full listing, which is what finds deleted documents
    listing = models.JSONField(default=dict)  # how far the full listing under way has come; empty when none is
    incremental = models.BooleanField(default=True)  # False once a page showed that the changed-since filter is ignored
    read_at = models.DateTimeField(null=True)
    due_at = models.DateTimeField(default=timezone.now)
    claimed_at = models.DateTimeField(null=True)
    problem = models.TextField(blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["installation", "kind"], name="document_feed")]
        # tasks.pull_due: what is due now.
        indexes = [models.Index(fields=["due_at"], name="document_feed_due")]

    def __str__(self) -> str:
        return f"{self.kind} of {self.installation_id}"
