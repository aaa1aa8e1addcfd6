"""What beat starts: nothing that is to happen by itself is forgotten, and nothing is named that does not exist."""

import inspect

from django.conf import settings

from bigin_books.celery import app


def test_every_task_that_needs_no_arguments_is_started_by_beat() -> None:
    app.loader.import_default_modules()
    ours = {name: task for name, task in app.tasks.items() if not name.startswith("celery.")}
    by_itself = {name for name, task in ours.items() if not inspect.signature(task.run).parameters}
    assert {entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()} == by_itself
    assert {"sync.tasks.dispatch_due", "sync.tasks.housekeeping", "accounts.tasks.tidy"} <= by_itself
