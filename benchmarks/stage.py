"""Where a benchmark plays: servers of its own, a sandbox over real HTTP, the product's commands as processes."""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from devtools.postgres import Postgres
from devtools.processes import free_port, tied_command
from devtools.pytest_services import PLAIN_ENVIRONMENT, STATIC_ROOT
from devtools.redis import Redis
from sandbox.testing import Sandbox, running_sandbox

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Done:
    """A command that ended well: what it printed, how long it took, the most memory it held at once."""

    output: str
    seconds: float
    megabytes: float


@dataclass(frozen=True)
class Stage:
    """A migrated database, a Redis, a sandbox, and the environment that leads the product to them."""

    sandbox: Sandbox
    environment: dict[str, str]

    def manage(self, *arguments: str) -> Done:
        """`manage.py …` in a process of its own. Raises RuntimeError with its last words."""
        return run([sys.executable, "manage.py", *arguments], self.environment)

    def connect(self) -> str:
        """The id of an installation whose modules are started."""
        owner = self.sandbox.users[0]["email"]
        return self.manage("connect_sandbox", "--url", self.sandbox.url, "--user", owner).output.split()[-1]

    def sync(self, installation: str) -> tuple[Done, dict[str, Any]]:
        done = self.manage("sync", "--installation", installation)
        summary: dict[str, Any] = json.loads(done.output)
        return done, summary

    def calls(self, product: str, *, method: str | None = None) -> int:
        """As counted by the sandbox since it was last asked to forget them."""
        rows = self.sandbox.calls()["by"]
        return sum(row["count"] for row in rows if row["product"] == product and method in {None, row["method"]})

    def forget_calls(self) -> None:
        self.sandbox.control("DELETE", "calls")


def run(command: list[str], environment: dict[str, str]) -> Done:
    began = time.perf_counter()
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as words:
        tied = tied_command(command, death_signal=signal.SIGKILL, account=None, parent=os.getpid())
        process = subprocess.Popen(tied, cwd=ROOT, env=environment, stdout=output, stderr=words)
        _, status, used = os.wait4(process.pid, 0)  # the one call that tells a single child's memory
        process.returncode = os.waitstatus_to_exitcode(status)
        seconds = time.perf_counter() - began
        if process.returncode:
            words.seek(0)
            raise RuntimeError(
                f"{' '.join(command[1:4])} ended with {process.returncode}: {words.read().decode()[-2000:]}"
            )
        output.seek(0)
        kilobytes = used.ru_maxrss / (1024 if sys.platform == "darwin" else 1)
        return Done(output.read().decode(), seconds, kilobytes / 1024)


@contextmanager
def stage(seed: str) -> Iterator[Stage]:
    """PostgreSQL with its production settings: a commit that need not reach the disk would flatter us."""
    STATIC_ROOT.mkdir(parents=True, exist_ok=True)
    with ExitStack() as ends, tempfile.TemporaryDirectory(prefix="bigin-books-bench-") as folder:
        home = Path(folder)
        home.chmod(0o711)
        servers = Postgres(home / "postgres", free_port()), Redis(home / "redis", free_port())
        for server in servers:
            server.start()
            ends.callback(server.stop)
        sandbox = ends.enter_context(running_sandbox(seed, lift_limits=True))
        made = Stage(sandbox, environment(sandbox, servers[0].url, servers[1].url))
        made.manage("migrate", "--no-input", "-v", "0")
        yield made
        ends.close()


def environment(sandbox: Sandbox, database: str, redis: str) -> dict[str, str]:
    return {
        **os.environ,
        **PLAIN_ENVIRONMENT,
        "DJANGO_SETTINGS_MODULE": "bigin_books.settings",
        "DATABASE_URL": database,
        "REDIS_URL": redis,
        "SANDBOX_URL": sandbox.url,
        "ZOHO_CLIENT_ID": sandbox.client_id,
        "ZOHO_CLIENT_SECRET": sandbox.client_secret,
        "LOG_LEVEL": "WARNING",
    }
