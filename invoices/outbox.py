"""Putting what is to be done to a standing document into its outbox. Doing it is `invoices/actions.py`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.models import Member
from invoices import queue
from invoices.models import Action, Document, MailFile


def queue_action(
    document: Document,
    op: str,
    member: Member | None,
    who: str,
    payload: dict[str, Any],
    files: Sequence[UploadedFile] = (),
) -> Action | None:
    """The queued action; None when the same one is open already: a second click changes nothing."""
    try:
        with transaction.atomic():
            action = Action.objects.create(
                document=document,
                op=op,
                member=member,
                who=who[:200],
                payload=payload,
                state=Action.State.QUEUED,
                queued_at=timezone.now(),
            )
            for one in files:
                MailFile.objects.create(
                    action=action, name=one.name or "", content_type=one.content_type or "", content=one.read()
                )
    except IntegrityError:
        return None
    queue.later("act", action.pk)
    return action
