"""The accounts app; see models.py."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "accounts"
