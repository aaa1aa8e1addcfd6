"""`make demo` as tests run it: a home of its own, ports of its own, and nothing left behind."""

import os
import socket
import subprocess
import sys
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from devtools.demo_plan import PORTS
from devtools.postgres import Postgres
from devtools.pytest_services import PLAIN_ENVIRONMENT
from tests.infra.conftest import wait_until

ROOT = Path(__file__).resolve().parents[1]
OWN = {*PLAIN_ENVIRONMENT, "DATABASE_URL", "REDIS_URL"}


def free_ports(number: int) -> list[int]:
    """All held while they are chosen: drawn one after the other, two may be the same."""
    with ExitStack() as held:
        sockets = [held.enter_context(socket.socket()) for _ in range(number)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]


@dataclass
class Demo:
    """One home for demos, which are started with ports of their own."""

    home: Path
    ports: dict[str, int] = field(default_factory=lambda: dict(zip(PORTS, free_ports(len(PORTS)), strict=True)))
    process: subprocess.Popen[bytes] | None = None

    @property
    def output(self) -> str:
        return (self.home.parent / "output").read_text()

    @property
    def last_line(self) -> str:
        return self.output.strip().splitlines()[-1]

    def start(self, *arguments: str, **told: str) -> subprocess.Popen[bytes]:
        return self._start([sys.executable, "-m", "devtools.demo", "--home", str(self.home), *arguments], told)

    def make(self) -> subprocess.Popen[bytes]:
        """By the Makefile's own recipe, in the environment that runs this test."""
        installed = self.home.parent / "installed"
        installed.touch()
        given = [f"BIN={Path(sys.executable).parent}", f"DEMO_READY={installed}", f"DEMO_OPTIONS=--home {self.home}"]
        return self._start(["make", "--no-print-directory", "demo", *given], {})

    def _start(self, command: list[str], told: dict[str, str]) -> subprocess.Popen[bytes]:
        """Without what a surrounding `make test` would hand on."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
        plain = {name: value for name, value in kept.items() if name not in OWN}
        environment = {**plain, **{name: str(port) for name, port in self.ports.items()}, **told}
        with (self.home.parent / "output").open("wb") as output:
            self.process = subprocess.Popen(
                command, cwd=ROOT, env=environment, stdout=output, stderr=subprocess.STDOUT, start_new_session=True
            )
        return self.process

    def run(self, *arguments: str, **told: str) -> int:
        return self.start(*arguments, **told).wait(120)

    def start_and_wait(self, **told: str) -> subprocess.Popen[bytes]:
        process = self.start(**told)
        self.wait(240)
        return process

    def wait(self, seconds: float) -> None:
        """Until it says what to open."""
        assert self.process is not None
        process = self.process
        assert wait_until(lambda: "The demo is up" in self.output or process.poll() is not None, seconds=seconds)
        assert process.poll() is None, self.output

    def query(self, statement: str) -> list[tuple[object, ...]]:
        connection = Postgres(self.home / "postgres", self.ports["PG_PORT"]).connect("bigin_books")
        try:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute(statement)
                return cursor.fetchall() if cursor.description else []
        finally:
            connection.close()
