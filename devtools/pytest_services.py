"""pytest plugin: PostgreSQL and Redis for one test run, there before Django reads its settings.

Loaded by `-p` in pyproject.toml. Each run has servers and folders of its own, so several runs may go on at once.
DATABASE_URL and REDIS_URL of the user's own are used instead if set. Under pytest-xdist the servers belong to the
process that steers; each worker has a database and a Redis number of its own.
"""

import fcntl
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from devtools.postgres import THROWAWAY, Postgres
from devtools.processes import Service, ServiceError, free_port, open_to_all, service_account
from devtools.redis import Redis

# Stays empty: files are found where they lie. It must exist, or whitenoise warns.
STATIC_ROOT = Path(__file__).resolve().parent.parent / ".cache" / "static"
PREFIX = "bigin-books-test-"
STARTED = pytest.StashKey[ExitStack]()
PLAIN_ENVIRONMENT = {
    "SECRET_KEY": "tests-only-0123456789abcdefghijklmnopqrstuvwxyz-0123456789",
    "FIELD_KEYS": "dGVzdHMtb25seS1rZXktb2YtMzItYnl0ZXMtbG9uZy4=",
    "BASE_URL": "http://localhost:8000",
    "PLAIN_STATIC": "1",
    "STATIC_ROOT": str(STATIC_ROOT),
    "ZOHO_BOOKS_PER_MINUTE": "off",
    "EMAIL_BACKEND": "django.core.mail.backends.locmem.EmailBackend",
}


def worker_number() -> int:
    """0 in the steering process, 1 and up in the workers of pytest-xdist."""
    found = re.fullmatch(r"gw(\d+)", os.environ.get("PYTEST_XDIST_WORKER", ""))
    return int(found[1]) + 1 if found else 0


def redis_number(url: str, number: int) -> str:
    return urlsplit(url)._replace(path=f"/{number}").geturl()


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> Iterator[None]:
    """A wrapper, because pytest-django reads the settings in this very hook."""
    for name, value in PLAIN_ENVIRONMENT.items():
        os.environ.setdefault(name, value)
    STATIC_ROOT.mkdir(parents=True, exist_ok=True)
    if worker_number():
        os.environ["REDIS_URL"] = redis_number(os.environ["REDIS_URL"], worker_number())
    else:
        started = ExitStack()
        early_config.stash[STARTED] = started
        try:
            start_services(started)
        except ServiceError as error:
            started.close()
            raise pytest.UsageError(str(error)) from error
    yield


def pytest_unconfigure(config: pytest.Config) -> None:
    started = config.stash.get(STARTED, None)
    if started is not None:
        started.close()


def start_services(started: ExitStack) -> None:
    wanted = [name for name in ("DATABASE_URL", "REDIS_URL") if name not in os.environ]
    if not wanted:
        return
    home = own_folder(started)
    if "DATABASE_URL" in wanted:
        server = start_on_free_port(lambda port: Postgres(home / "postgres", port, settings=THROWAWAY), started)
        publish("DATABASE_URL", server.url, started)
    if "REDIS_URL" in wanted:
        server = start_on_free_port(lambda port: Redis(home / "redis", port, databases=64), started)
        publish("REDIS_URL", server.url, started)


def start_on_free_port(make: Callable[[int], Service], started: ExitStack) -> Service:
    """A port found free may be taken before the server has it: hence some tries."""
    for last_try in (False, False, True):
        server = make(free_port())
        try:
            server.start()
        except ServiceError:
            if last_try:
                raise
            continue
        started.callback(server.stop)
        return server
    raise AssertionError("the last try returns or raises")


def publish(name: str, url: str, started: ExitStack) -> None:
    os.environ[name] = url
    started.callback(os.environ.pop, name, None)


def own_folder(started: ExitStack) -> Path:
    """A folder that lives as long as this run; those that killed runs left behind are removed on the way."""
    shelf = Path(tempfile.gettempdir())
    if service_account() is not None and not open_to_all(shelf):
        shelf = Path("/var/tmp")  # noqa: S108 - mkdtemp makes a name nobody foresees
    for left in shelf.glob(f"{PREFIX}*/lock"):
        remove_if_abandoned(left)
    home = Path(tempfile.mkdtemp(prefix=PREFIX, dir=shelf))
    home.chmod(0o711)
    lock = (home / "lock").open("w")
    fcntl.flock(lock, fcntl.LOCK_EX)
    started.callback(shutil.rmtree, home, ignore_errors=True)
    started.callback(lock.close)
    return home


def remove_if_abandoned(lock_file: Path) -> None:
    try:
        with lock_file.open("r+") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(lock_file.parent, ignore_errors=True)
    except OSError:  # in use, another user's, or gone meanwhile
        return
