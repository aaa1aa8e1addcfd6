"""What keeping records in step needs to remember: settings, mirror, links, outbox, runs, issues, decisions."""

import uuid

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q
from django.utils import timezone

from accounts.models import Installation
from sync.channels import Channel, Notification
from sync.choices import Duplicates, Feed, LinkKind, Mode, Module, Policy, RecordKind, Side
from sync.undoing import Undoing

__all__ = [
    "Channel",
    "Cursor",
    "Decision",
    "Duplicates",
    "Feed",
    "Issue",
    "Link",
    "LinkKind",
    "Mode",
    "Module",
    "ModuleSetting",
    "Notification",
    "Policy",
    "Proposal",
    "Record",
    "RecordKind",
    "Run",
    "Side",
    "Undoing",
    "Write",
]


class ModuleSetting(models.Model):
    """What an administrator chose on one Configure screen, and the schedule of that module."""

    installation = models.ForeignKey(Installation, models.CASCADE, related_name="modules")
    module = models.CharField(max_length=12, choices=Module.choices)
    mode = models.CharField(max_length=12, choices=Mode.choices, default=Mode.BOTH)
    include_unattached = models.BooleanField(default=False)  # contacts without a company become individual customers
    views = models.JSONField(default=dict)  # {"companies": [view id, …], …}; empty means all records
    view_rules = models.JSONField(default=dict)  # view id -> its criteria as Bigin told them; a missing one is unknown
    duplicates = models.CharField(max_length=10, choices=Duplicates.choices, default=Duplicates.OVERWRITE)
    policy = models.CharField(max_length=10, choices=Policy.choices, default=Policy.NEWEST)
    picklists = models.JSONField(default=dict)  # side -> field -> values, of mapped picklists
    mapping = models.JSONField(default=list)  # rows as sync.mapping.Row.to_json() writes them
    delete_policy = models.CharField(max_length=10, default="delete")  # delete | inactive | keep (rules 5.2)
    create_in_bigin = models.CharField(max_length=10, default="active")  # none | active | recent (rules 2.3)
    recent_months = models.PositiveSmallIntegerField(default=12)
    defaults = models.JSONField(default=dict)  # owner, tax treatment, account … for records we create (rules 6.3)
    interval_minutes = models.PositiveIntegerField(default=15)
    read_only = models.BooleanField(default=False)  # preview forever
    paused_at = models.DateTimeField(null=True)
    started_at = models.DateTimeField(null=True)  # when Start sync was pressed (rules 1.1)
    started_by = models.CharField(max_length=200, blank=True)
    next_run_at = models.DateTimeField(null=True)
    queued_at = models.DateTimeField(null=True)
    requested_at = models.DateTimeField(null=True)  # a run was asked for, maybe while another one was going on …
    requested_as = models.CharField(max_length=20, blank=True)  # … and its trigger
    requested_by = models.CharField(max_length=200, blank=True)  # who asked for the next run; taken over by it
    last_sync_at = models.DateTimeField(null=True)  # end of the newest run that read everything
    pushed_to_books_at = models.DateTimeField(null=True)
    pushed_to_bigin_at = models.DateTimeField(null=True)
    changed = models.JSONField(default=dict)  # what a Save made new and no full run has done yet: sync.changed.Change
    version = models.PositiveIntegerField(default=1)  # moves with each Save, so that no Save undoes another unknowingly

    class Meta:
        constraints = [models.UniqueConstraint(fields=["installation", "module"], name="setting_module")]
        # dispatch_due: what is due now.
        indexes = [models.Index(fields=["next_run_at"], name="setting_due", condition=Q(started_at__isnull=False))]

    def __str__(self) -> str:
        return f"{self.module} of {self.installation_id}"


class Cursor(models.Model):
    """How far one remote list was read. No create is planned before `complete_at`: then it was read to the end once."""

    installation = models.ForeignKey(Installation, models.CASCADE, related_name="cursors")
    feed = models.CharField(max_length=20, choices=Feed.choices)
    mark = models.DateTimeField(null=True)
    position = models.JSONField(default=dict)  # where an unfinished first scan goes on
    complete_at = models.DateTimeField(null=True)
    listed_at = models.DateTimeField(null=True)  # last full listing
    views_read_at = models.DateTimeField(null=True)  # when the chosen list views' ids were read (rules 2.1)
    deleted_mark = models.DateTimeField(null=True)
    deleted_listed_at = models.DateTimeField(null=True)
    how = models.CharField(max_length=8, default="filter")  # filter | newest | listing: what this list honours

    class Meta:
        constraints = [models.UniqueConstraint(fields=["installation", "feed"], name="cursor_feed")]

    def __str__(self) -> str:
        return self.feed


class Record(models.Model):
    """The mirror of one remote record: mapped fields and match keys only (rules 8.4)."""

    installation = models.ForeignKey(Installation, models.CASCADE, related_name="records")
    side = models.CharField(max_length=5, choices=Side.choices)
    kind = models.CharField(max_length=10, choices=RecordKind.choices)
    remote_id = models.CharField(max_length=40)
    parent_id = models.CharField(max_length=40, blank=True)  # company of a contact, customer of a person
    label = models.CharField(max_length=300, blank=True)  # how people call it
    fields = models.JSONField(default=dict)  # canonical values; a missing key is unknown, null is empty
    seen = models.JSONField(default=dict)  # field -> ISO time when its present content was first seen
    meta = models.JSONField(default=dict)  # what decides but is not mapped: status, contact_type, owner e-mail …
    keys = ArrayField(models.CharField(max_length=300), default=list)  # match keys such as "name:acme ltd"
    fingerprint = models.CharField(max_length=64, blank=True)
    modified_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(null=True)
    detail_at = models.DateTimeField(null=True)  # last detail read; None: the row changed since
    listed_at = models.DateTimeField(null=True)  # last full listing that showed it
    in_scope = models.BooleanField(default=True)
    dirty = models.BooleanField(default=True)  # differs from what was last planned
    settled_at = models.DateTimeField(null=True)  # a page requested before this does not overwrite
    gone_at = models.DateTimeField(null=True)
    gone_how = models.CharField(max_length=12, blank=True)  # recycled | permanent | vanished
    keyed = models.BooleanField(default=False)  # a creation with its key was sent to Books (`sync/keyed.py`)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["installation", "side", "kind", "remote_id"], name="record_remote"),
        ]
        indexes = [
            # planner: the dirty records of a kind.
            models.Index(fields=["installation", "kind"], name="record_dirty", condition=Q(dirty=True)),
            # planner and cascade: children of a company or customer.
            models.Index(fields=["installation", "kind", "parent_id"], name="record_children"),
            # pairing: candidates by match key.
            GinIndex(fields=["keys"], name="record_keys"),
            # details.read_all: customers whose row changed since their detail was read.
            models.Index(
                fields=["installation", "id"],
                name="record_detail",
                condition=Q(kind="customer", detail_at__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.remote_id}"


class Link(models.Model):
    """A pair of records, or half a pair while its other half is being created. Bases are per side and per field."""

    DEAD = ("retired", "refused")

    class State(models.TextChoices):
        HALF = "half"  # the other side's create is in the outbox or its outcome is unknown
        LINKED = "linked"
        CLOSED = "closed"  # one side is gone; the survivor counts as linked (rules 5.1)
        RETIRED = "retired"  # another mode is on; revived when it comes back
        APART = "apart"  # unlinked by hand: both records count as linked and are left alone
        BESIDE = "beside"  # a contact's second counterpart, made on request: left alone (`sync/beside.py`)
        REFUSED = "refused"  # its create was refused or withdrawn: history only, neither record counts as linked

    class Cause(models.TextChoices):  # what rules ask; `reason` says it in words, for people only
        NONE = ""
        BY_HAND = "by_hand"  # a person put it together
        FOLLOWED = "followed"  # closed by a deletion in Bigin that its counterpart followed
        INACTIVATED = "inactivated"  # closed by a deletion in Bigin; the counterpart was made inactive

    installation = models.ForeignKey(Installation, models.CASCADE, related_name="links")
    kind = models.CharField(max_length=16, choices=LinkKind.choices)
    bigin = models.ForeignKey(Record, models.CASCADE, null=True, related_name="bigin_links")
    books = models.ForeignKey(Record, models.CASCADE, null=True, related_name="books_links")
    bigin_base = models.JSONField(default=dict)  # field -> value Bigin had when last in step
    books_base = models.JSONField(default=dict)
    person = models.CharField(max_length=40, blank=True)  # whom of its customer a contact is (`sync/persons.py`)
    first = models.CharField(max_length=6, default="policy")  # how fields without bases meet: sync.plan.First
    state = models.CharField(max_length=8, choices=State.choices, default=State.LINKED)
    reason = models.CharField(max_length=300, blank=True)  # how it was paired, or why it was closed
    cause = models.CharField(max_length=11, choices=Cause.choices, blank=True, default=Cause.NONE)
    created_at = models.DateTimeField(default=timezone.now)
    settled_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["bigin", "kind"], condition=~Q(state__in=["retired", "refused"]), name="link_bigin"
            ),
            models.UniqueConstraint(
                fields=["books"], condition=~Q(state__in=["retired", "refused"]), name="link_books"
            ),
            models.CheckConstraint(condition=Q(bigin__isnull=False) | Q(books__isnull=False), name="link_not_empty"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"


class Run(models.Model):
    """One slice of work of the engine, or one preview. The unique constraint is the installation's lock."""

    class Kind(models.TextChoices):
        SYNC = "sync"
        PREVIEW = "preview"

    class State(models.TextChoices):
        RUNNING = "running"
        DONE = "done"
        PARTIAL = "partial"  # out of time; the next slice goes on
        HELD = "held"  # the brake (rules 5.4): a person decides
        FAILED = "failed"
        ABANDONED = "abandoned"  # its worker died

    installation = models.ForeignKey(Installation, models.CASCADE, related_name="runs")
    kind = models.CharField(max_length=8, choices=Kind.choices, default=Kind.SYNC)
    series = models.UUIDField(default=uuid.uuid4)
    modules = models.JSONField(default=list)
    trigger = models.CharField(max_length=20)  # schedule | person | command | notification | api
    started_by = models.CharField(max_length=200, blank=True)  # where a person asked for it, and who is known
    state = models.CharField(max_length=10, choices=State.choices, default=State.RUNNING)
    stage = models.CharField(max_length=60, blank=True)  # what it is doing, for the progress view
    heartbeat_at = models.DateTimeField(default=timezone.now)
    started_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True)
    counts = models.JSONField(default=dict)  # module -> side -> outcome -> number
    calls = models.JSONField(default=dict)  # product -> number of API calls
    problem = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["installation"], condition=Q(state="running"), name="run_running"),
        ]
        # Activity lists the newest runs.
        indexes = [models.Index(fields=["installation", "-started_at"], name="run_newest")]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}: {self.state}"


class Write(models.Model):
    """The outbox: one change of one remote record, committed before it is sent, settled with what the remote stored."""

    class Op(models.TextChoices):
        CREATE = "create"
        UPDATE = "update"
        DELETE = "delete"
        INACTIVE = "inactive"
        ACTIVE = "active"
        MOVE = "move"

    class State(models.TextChoices):
        PENDING = "pending"
        HELD = "held"  # planned, waiting for a person's approval
        SENDING = "sending"  # claimed; until it is settled the outcome is unknown
        UNKNOWN = "unknown"  # the answer was lost: to be looked up, never resent blindly
        DONE = "done"
        REJECTED = "rejected"
        WITHDRAWN = "withdrawn"

    OPEN = ("pending", "held", "sending", "unknown")

    installation = models.ForeignKey(Installation, models.CASCADE, related_name="writes")
    run = models.ForeignKey(Run, models.SET_NULL, null=True, related_name="writes")
    link = models.ForeignKey(Link, models.CASCADE, related_name="writes")
    side = models.CharField(max_length=5, choices=Side.choices)  # where it is sent
    op = models.CharField(max_length=8, choices=Op.choices)
    step = models.CharField(max_length=20, blank=True)  # of a move, moved by compare-and-set
    fields = models.JSONField(default=dict)  # canonical values to store
    source = models.JSONField(default=dict)  # the other side's values it was planned from: its base once settled
    before = models.JSONField(null=True)  # what it replaced, for undo; {} for a create, None where undo makes no sense
    traces = models.JSONField(default=dict)  # of a creation in Books: field -> digest (`sync/traces.py`); {}: not known
    replaces = ArrayField(models.TextField(), default=list)  # fields with a base that was not empty (rules 5.4)
    carried_by = models.ForeignKey("self", models.CASCADE, null=True, related_name="carries")
    state = models.CharField(max_length=10, choices=State.choices, default=State.PENDING)
    attempts = models.PositiveSmallIntegerField(default=0)
    not_before = models.DateTimeField(null=True)
    attempted_at = models.DateTimeField(null=True)  # when the newest attempt began
    ended_at = models.DateTimeField(null=True)  # when it ended or was given up
    approved = models.BooleanField(default=False)  # a person released it from the brake
    looks = models.PositiveSmallIntegerField(default=0)
    looked_at = models.DateTimeField(null=True)  # newest look for the outcome of an unknown create
    error_code = models.CharField(max_length=60, blank=True)
    error = models.TextField(blank=True)  # plain words: what happened and what to do
    undoes = models.ForeignKey("self", models.SET_NULL, null=True, related_name="undone_by")
    created_at = models.DateTimeField(default=timezone.now)
    settled_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["link", "side"],
                condition=Q(state__in=["pending", "held", "sending", "unknown"]),
                name="write_open",
            ),
        ]
        indexes = [
            # outbox.claim: what may be sent now, oldest first.
            models.Index(
                fields=["installation", "side", "id"],
                name="write_queue",
                condition=Q(state__in=["pending", "sending", "unknown"]),
            ),
            # Activity: the writes of one run.
            models.Index(fields=["run", "id"], name="write_run"),
        ]

    def __str__(self) -> str:
        return f"{self.op} on {self.side}: {self.state}"


class Proposal(models.Model):
    """One row of a preview: what a run would do. Nothing is written anywhere for it."""

    run = models.ForeignKey(Run, models.CASCADE, related_name="proposals")
    module = models.CharField(max_length=12, choices=Module.choices)
    kind = models.CharField(max_length=16, choices=LinkKind.choices)
    side = models.CharField(max_length=5, choices=Side.choices, blank=True)  # where something would change
    outcome = models.CharField(max_length=12)  # link | create | update | delete | move | duplicate | conflict | skip
    label = models.CharField(max_length=300)
    bigin = models.ForeignKey(Record, models.CASCADE, null=True, related_name="+")
    books = models.ForeignKey(Record, models.CASCADE, null=True, related_name="+")
    changes = models.JSONField(default=dict)  # field -> [old, new]
    reason = models.TextField(blank=True)

    def __str__(self) -> str:
        return f"{self.outcome}: {self.label}"


class Issue(models.Model):
    """Something a person should know or decide, with its reason in plain words."""

    class Kind(models.TextChoices):
        CLASH = "clash"  # both sides changed a field whose policy is ask
        DUPLICATE = "duplicate"  # possible duplicate: link or create anyway
        SKIPPED = "skipped"  # not synchronised, with the reason
        REJECTED = "rejected"  # Zoho refused the write
        VANISHED = "vanished"  # gone in Books
        HELD = "held"  # the brake
        MERGE = "merge"  # suspected merge in Bigin

    class State(models.TextChoices):
        OPEN = "open"
        RESOLVED = "resolved"  # by a person or by the cause going away
        DISMISSED = "dismissed"

    installation = models.ForeignKey(Installation, models.CASCADE, related_name="issues")
    link = models.ForeignKey(Link, models.CASCADE, null=True, related_name="issues")
    record = models.ForeignKey(Record, models.CASCADE, null=True, related_name="issues")
    run = models.ForeignKey(Run, models.SET_NULL, null=True, related_name="issues")
    module = models.CharField(max_length=12, choices=Module.choices)
    kind = models.CharField(max_length=10, choices=Kind.choices)
    code = models.CharField(max_length=60)  # stable name of the reason, to filter and retry by
    reason = models.TextField()
    advice = models.TextField(blank=True)  # what to do
    # clash: field -> {"bigin","books","base"}; duplicate: candidates with score and why
    detail = models.JSONField(default=dict)
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN)
    retry_at = models.DateTimeField(null=True)  # a person pressed Retry
    created_at = models.DateTimeField(default=timezone.now)
    closed_at = models.DateTimeField(null=True)
    closed_by = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["installation", "link", "record", "module", "kind", "code"],
                condition=Q(state="open"),
                nulls_distinct=False,
                name="issue_open",
            ),
        ]
        # Activity: open issues of an installation by kind.
        indexes = [models.Index(fields=["installation", "kind"], name="issue_by_kind", condition=Q(state="open"))]

    def __str__(self) -> str:
        return f"{self.kind} {self.code}"


class Decision(models.Model):
    """What a person or a policy decided on a pair of ids (rules 3.3); survives mode changes."""

    class Verdict(models.TextChoices):
        SKIPPED = "skipped"
        APART = "apart"  # kept apart by Clone
        DIFFERENT = "different"  # not the same, said a person

    installation = models.ForeignKey(Installation, models.CASCADE, related_name="decisions")
    bigin_id = models.CharField(max_length=40)
    books_id = models.CharField(max_length=40)
    verdict = models.CharField(max_length=10, choices=Verdict.choices)
    decided_by = models.CharField(max_length=200)
    decided_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["installation", "bigin_id", "books_id"], name="decision_pair")]

    def __str__(self) -> str:
        return f"{self.bigin_id} and {self.books_id}: {self.verdict}"
