"""The app of keeping records in step."""

from django.apps import AppConfig


class SyncConfig(AppConfig):
    name = "sync"
