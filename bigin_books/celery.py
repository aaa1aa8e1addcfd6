"""The Celery application: queue `sync` for runs, queue `interactive` for what a person waits for."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bigin_books.settings")

app = Celery("bigin_books")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
