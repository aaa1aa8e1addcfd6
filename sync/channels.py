"""Tables of Bigin's notification channels; what they do is in `sync.notifications`. `sync.models` offers them too."""

from django.db import models
from django.utils import timezone

from accounts.models import Installation


class Notification(models.Model):
    """An event of a Bigin notification channel, stored raw before anything is believed of it."""

    installation = models.ForeignKey(Installation, models.CASCADE, related_name="notifications")
    received_at = models.DateTimeField(default=timezone.now)
    body = models.JSONField()
    verified = models.BooleanField(default=False)
    used_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"notification {self.pk}"


class Channel(models.Model):
    """A Bigin notification channel: near-real-time hints; the poll stays the truth."""

    installation = models.ForeignKey(Installation, models.CASCADE, related_name="channels")
    channel_id = models.CharField(max_length=20)
    token_digest = models.CharField(max_length=64)
    expires_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["channel_id"], name="channel_id")]

    def __str__(self) -> str:
        return self.channel_id
