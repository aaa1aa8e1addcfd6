"""The Django project: settings, addresses, Celery, and what being framed by Bigin asks for."""

from bigin_books.celery import app as celery_app

__all__ = ["celery_app"]
