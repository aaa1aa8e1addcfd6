"""The product's settings for tools that read them without running it (mypy): nothing here is ever connected to."""

import os

for _name, _value in {
    "SECRET_KEY": "lint-only",
    "FIELD_KEYS": "bGludC1vbmx5LWtleS1vZi0zMi1ieXRlcy1sb25nISE=",
    "DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none",
    "REDIS_URL": "redis://127.0.0.1:1/0",
}.items():
    os.environ.setdefault(_name, _value)

from bigin_books.settings import *  # noqa: E402, F403
