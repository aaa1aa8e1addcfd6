"""The row of a whole run that is taken back. What is done with it is in `sync/undo_run.py`."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q
from django.utils import timezone


class Undoing(models.Model):
    """Planning the undo of a run, all its slices: from the newest change down, in chunks that each move `below`."""

    class State(models.TextChoices):
        OPEN = "open"
        DONE = "done"  # planned to the end; the writes themselves are sent by the next run
        FAILED = "failed"  # its next chunk ended by an error each time it was tried; the rest is not taken back

    installation = models.ForeignKey("accounts.Installation", models.CASCADE, related_name="undoings")
    series = models.UUIDField(default=uuid.uuid4)  # of the run
    who = models.CharField(max_length=200)
    state = models.CharField(max_length=6, choices=State.choices, default=State.OPEN)
    upto = models.BigIntegerField()  # the newest change that is taken back; what the run writes later is not
    below = models.BigIntegerField()  # changes with ids from here on are planned
    total = models.PositiveIntegerField(default=0)  # changes, as `looked` and `undone`
    looked = models.PositiveIntegerField(default=0)
    undone = models.PositiveIntegerField(default=0)
    tries = models.PositiveSmallIntegerField(default=0)  # of the next chunk that began and were not done
    kept = models.JSONField(default=list)  # [id of a write, why its record is left alone]
    created_at = models.DateTimeField(default=timezone.now)
    beat_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            # A second click finds the first one's.
            models.UniqueConstraint(fields=["installation", "series"], condition=Q(state="open"), name="undoing_open"),
        ]
        # The page of a run: its newest.
        indexes = [models.Index(fields=["installation", "series", "-id"], name="undoing_of_run")]

    def __str__(self) -> str:
        return f"undo of {self.series}: {self.state}"

    @property
    def not_reached(self) -> int:
        """Changes that were not looked at, where it failed."""
        return self.total - self.looked

    @property
    def left_alone(self) -> int:
        return self.looked - self.undone
