"""What the demo consists of: ports, folders, environment and commands. Nothing is started here."""

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from devtools.postgres import Postgres
from devtools.processes import LOOPBACK, kept_secret, open_to_all, port_in_use, service_account
from devtools.redis import Redis

ROOT = Path(__file__).resolve().parent.parent
PORTS = {"WEB_PORT": 8000, "SANDBOX_PORT": 9000, "PG_PORT": 54329, "REDIS_PORT": 63799}

# A server of the user's own needs no port of the demo's.
REPLACED_BY = {"PG_PORT": "DATABASE_URL", "REDIS_PORT": "REDIS_URL"}


class DemoError(Exception):
    """The demo cannot start; the text is one line for a person."""


@dataclass(frozen=True)
class Ports:
    web: int
    sandbox: int
    postgres: int
    redis: int


@dataclass(frozen=True)
class Place:
    """Where the demo keeps its things: `home` in the project, `data` where PostgreSQL's user can go."""

    home: Path
    data: Path

    @property
    def gate(self) -> Path:
        """Exists once the database is migrated."""
        return self.home / "migrated"

    @property
    def static(self) -> Path:
        """Stays empty: files are found where they lie."""
        return self.home / "static"

    @property
    def mails(self) -> Path:
        """Instead of a mail server; the sandbox's mailbox shows what lies here."""
        return self.home / "mails"

    def schedules(self) -> list[Path]:
        """Beat's own files, the first sign that it works."""
        return list(self.home.glob("beat*"))

    @property
    def problem(self) -> Path:
        """One line of demo_setup.py's, for the last word."""
        return self.home / "problem"


def place(home: Path) -> Place:
    if service_account() is None or open_to_all(home.parent):
        return Place(home, home)
    name = "-".join(("bigin-books-demo", *home.resolve().parts[1:]))
    return Place(home, Path("/var/tmp") / name)  # noqa: S108 - its owner is checked when the demo claims it


def chosen_ports(environment: Mapping[str, str]) -> Ports:
    ports = {}
    for name, usual in PORTS.items():
        value = environment.get(name, str(usual))
        if not value.isdecimal() or not 0 < int(value) < 65536:
            raise DemoError(f"{name} must be a port number between 1 and 65535; it is {value!r}")
        ports[name] = int(value)
    own = {name: port for name, port in ports.items() if REPLACED_BY.get(name, "") not in environment}
    if len(set(own.values())) < len(own):
        raise DemoError(f"{', '.join(f'{name}={port}' for name, port in own.items())}: each needs a port of its own")
    for name, port in own.items():
        if port_in_use(port):
            raise DemoError(f"port {port} is in use: end what listens there, or choose another: {name}=… make demo")
    return Ports(ports["WEB_PORT"], ports["SANDBOX_PORT"], ports["PG_PORT"], ports["REDIS_PORT"])


def environment(where: Place, ports: Ports) -> dict[str, str]:
    """What every process is told. What the user's own environment says wins."""
    return {
        "DATABASE_URL": Postgres(where.data / "postgres", ports.postgres).url,
        "REDIS_URL": Redis(where.data / "redis", ports.redis).url,
        "BASE_URL": f"http://localhost:{ports.web}",
        "ALLOWED_HOSTS": f"localhost,{LOOPBACK}",
        "SECRET_KEY": kept_secret(where.home / "secret_key"),
        "FIELD_KEYS": kept_secret(where.home / "field_key"),
        "SANDBOX_URL": f"http://{LOOPBACK}:{ports.sandbox}",
        "ZOHO_CLIENT_ID": "1000.DEMO",
        "ZOHO_CLIENT_SECRET": kept_secret(where.home / "client_secret"),
        "PLAIN_STATIC": "1",
        "STATIC_ROOT": str(where.static),
        "LOG_FORMAT": "text",
        "SYNC_DELETE_WAIT_SECONDS": "5",
        "EMAIL_BACKEND": "django.core.mail.backends.filebased.EmailBackend",
        "EMAIL_FILE_PATH": str(where.mails),
        "PYTHONUNBUFFERED": "1",
        # Celery's advice against root is for servers; this is a demo, and a fresh container knows nobody else.
        "PYTHONWARNINGS": "ignore:You're running the worker with superuser privileges",
        "PYTHONPATH": str(ROOT),
        **os.environ,
    }


def commands(where: Place, ports: Ports, told: Mapping[str, str]) -> dict[str, list[str]]:
    """Each process by name. Those of the product wait at the gate until the database is migrated."""
    python = sys.executable
    gated = [python, "-m", "devtools.gate", str(where.gate), "--", python, "-m"]
    celery = [*gated, "celery", "--quiet", "-A", "bigin_books"]
    worker = "--pool prefork --concurrency 1 --without-gossip --without-mingle --loglevel WARNING".split()
    web = f"gunicorn bigin_books.wsgi --bind {LOOPBACK}:{ports.web} --workers 2 --threads 4 --log-level warning"
    sandbox = f"sandbox --port {ports.sandbox} --topping-url http://localhost:{ports.web} --seed travel-agency"
    kept = ["--state", str(where.home / "sandbox.json"), "--mail-folder", str(where.mails)]
    # In one word each: one secret of 64 begins with a dash, and would be taken for an option.
    credentials = [f"--client-id={told['ZOHO_CLIENT_ID']}", f"--client-secret={told['ZOHO_CLIENT_SECRET']}"]
    own_servers = {
        REPLACED_BY["PG_PORT"]: ("postgres", ports.postgres),
        REPLACED_BY["REDIS_PORT"]: ("redis", ports.redis),
    }
    return {
        **{
            name: [python, "-m", f"devtools.{name}", "--home", str(where.data / name), "--port", str(port)]
            for variable, (name, port) in own_servers.items()
            if variable not in os.environ
        },
        "sandbox": [python, "-m", *sandbox.split(), *credentials, *kept],
        "web": [*gated, *web.split(), "--graceful-timeout", "3", "--no-control-socket"],
        "sync": [*celery, "worker", "-Q", "sync", "-n", "sync@demo", *worker],
        "interactive": [*celery, "worker", "-Q", "interactive", "-n", "interactive@demo", *worker],
        "beat": [*celery, "beat", "--loglevel", "WARNING", "--pidfile=", "-s", str(where.home / "beat")],
        "demo": [python, "-m", "devtools.demo_setup", "--home", str(where.home)],
    }
