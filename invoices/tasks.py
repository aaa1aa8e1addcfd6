"""What the interactive worker and beat run: each task loads by id and calls one function. Safe to run twice."""

from celery import shared_task
from django.utils import timezone

from invoices import actions, checking, creation, feeds, notes, queue
from invoices.models import Action, Document, DocumentFeed, TimelineNote


@shared_task
def create(pk: str) -> None:
    document = Document.objects.select_related("installation", "source", "revises", "member").filter(pk=pk).first()
    if document:
        creation.create(document)


@shared_task
def look(pk: str) -> None:
    document = Document.objects.select_related("installation", "source", "revises", "member").filter(pk=pk).first()
    if document:
        checking.look(document)


@shared_task
def act(pk: str) -> None:
    action = Action.objects.select_related("document__installation").filter(pk=pk).first()
    if action:
        actions.act(action)


@shared_task
def write_note(pk: str) -> None:
    note = TimelineNote.objects.select_related("document__installation").filter(pk=pk).first()
    if note:
        notes.write(note)


@shared_task
def read_feed(pk: str) -> None:
    feed = DocumentFeed.objects.select_related("installation").filter(pk=pk).first()
    if feed:
        feeds.read(feed)


@shared_task
def sweep() -> None:
    """Beat: takes up what dead workers and lost messages left behind, and reads the feeds that are due."""
    now = timezone.now()
    creation.sweep(now)
    actions.sweep(now)
    notes.sweep(now)
    feeds.ensure_feeds()
    for feed in feeds.due(timezone.now()):
        queue.later("read_feed", feed.pk)
