"""Tokens at rest: a text field whose column holds Fernet ciphertext. Keys are settings.FIELD_KEYS, newest first."""

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings
from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models.expressions import Expression

if TYPE_CHECKING:
    TextField = models.TextField[str, str]
else:
    TextField = models.TextField


@lru_cache(maxsize=4)
def _fernet(keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(key) for key in keys])


def encrypt(text: str) -> str:
    return _fernet(tuple(settings.FIELD_KEYS)).encrypt(text.encode()).decode("ascii")


def decrypt(text: str) -> str:
    """Raises cryptography.fernet.InvalidToken when no configured key opens the text."""
    return _fernet(tuple(settings.FIELD_KEYS)).decrypt(text.encode("ascii")).decode()


class EncryptedTextField(TextField):
    """Plain text in Python, ciphertext in the column; an empty string stays empty. It cannot be filtered by value."""

    def get_prep_value(self, value: Any) -> Any:
        prepared = super().get_prep_value(value)
        return encrypt(prepared) if prepared else prepared

    def from_db_value(self, value: str | None, _expression: Expression, _connection: BaseDatabaseWrapper) -> str | None:
        return decrypt(value) if value else value
