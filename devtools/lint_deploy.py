"""Django's own checks with settings as in production, and whether the models have migrations. Connects to nothing."""

import os
import secrets
import subprocess
import sys
from pathlib import Path

from cryptography.fernet import Fernet

ROOT = Path(__file__).resolve().parent.parent
COMMANDS = (["check", "--deploy", "--fail-level", "WARNING"], ["makemigrations", "--check", "--dry-run"])


def production_like() -> dict[str, str]:
    """An environment of its own: nothing of the caller's may make the check pass."""
    return {
        "PATH": os.environ.get("PATH", ""),
        "SECRET_KEY": secrets.token_urlsafe(64),
        "FIELD_KEYS": Fernet.generate_key().decode(),
        "DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none",
        "REDIS_URL": "redis://127.0.0.1:1/0",
        "BASE_URL": "https://books.example.com",
        "ZOHO_CLIENT_ID": "1000.EXAMPLE",
        "ZOHO_CLIENT_SECRET": secrets.token_hex(21),
        # makemigrations looks at the database's history if it can; here it cannot.
        "PYTHONWARNINGS": "ignore:Got an error checking a consistent migration history:RuntimeWarning",
    }


def main() -> int:
    told, worst = production_like(), 0
    for command in COMMANDS:
        done = subprocess.run([sys.executable, "manage.py", *command], cwd=ROOT, env=told, check=False)
        worst = max(worst, abs(done.returncode))
    return worst


if __name__ == "__main__":
    sys.exit(main())
