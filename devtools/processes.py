"""Starting, watching and stopping server processes on this machine.

What is started is not known here: see postgres.py, redis.py and demo.py.
"""

import os
import pwd
import secrets
import signal
import socket
import subprocess
import sys
import time
from base64 import urlsafe_b64encode
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

TIED = Path(__file__).with_name("tied.py")
LOOPBACK = "127.0.0.1"


class ServiceError(Exception):
    """A server did not start or answer; the text is one line for a person."""


@dataclass(frozen=True)
class Account:
    """The user a server runs as."""

    name: str
    uid: int
    gid: int


class Service(Protocol):
    @property
    def url(self) -> str: ...

    def start(self) -> None:
        """Returns when it answers; raises ServiceError."""

    def running(self) -> subprocess.Popen[bytes]: ...

    def stop(self) -> None: ...


def service_account() -> Account | None:
    """None unless we are root: then a user without rights, because PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(name, entry.pw_uid, entry.pw_gid)
    raise ServiceError("running as root, and neither the user 'postgres' nor 'nobody' exists to run PostgreSQL as")


def open_to_all(path: Path) -> bool:
    """Whether a user without rights can enter every existing folder from the root down to path."""
    resolved = path.resolve()
    return all(part.stat().st_mode & 0o001 for part in (resolved, *resolved.parents) if part.is_dir())


def kept_secret(file: Path) -> str:
    """Made at first use; renamed into place, so that it is whole or absent."""
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        unfinished = file.with_suffix(f".{os.getpid()}")
        unfinished.touch(mode=0o600)
        unfinished.write_text(urlsafe_b64encode(secrets.token_bytes(32)).decode())
        unfinished.replace(file)
    return file.read_text()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])


def port_in_use(port: int) -> bool:
    """Asks by listening, so that a server which does not answer yet counts too."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return True
    return False


def tied_command(
    command: list[str], *, death_signal: signal.Signals, account: Account | None, parent: int
) -> list[str]:
    tie = [sys.executable, "-SE", str(TIED), "--parent", str(parent), "--signal", str(int(death_signal))]
    if account is not None:
        tie += ["--uid", str(account.uid), "--gid", str(account.gid)]
    return [*tie, "--", *command]


def spawn(
    command: list[str],
    *,
    log: Path,
    death_signal: signal.Signals,
    account: Account | None,
    cwd: Path,
    given: bytes = b"",
) -> subprocess.Popen[bytes]:
    """Starts a server in a session of its own (a terminal's Ctrl-C is for its owner), tied to this process."""
    with log.open("ab") as output:
        process = subprocess.Popen(
            tied_command(command, death_signal=death_signal, account=account, parent=os.getpid()),
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=cwd,
            start_new_session=True,
            env={"PATH": os.environ.get("PATH", ""), "LC_ALL": "C.UTF-8", "TZ": "UTC"},
        )
    assert process.stdin is not None
    try:
        process.stdin.write(given)
        process.stdin.close()
    except BrokenPipeError:  # it ended at once; whoever waits for its answer says so
        pass
    return process


def wait_until(
    answers: Callable[[], bool], process: subprocess.Popen[bytes], *, name: str, log: Path, seconds: float = 30
) -> None:
    """Raises ServiceError with the log's last line if the process ends or stays silent."""
    deadline = time.monotonic() + seconds
    while not answers():
        if process.poll() is not None:
            raise ServiceError(f"{name} ended with code {process.returncode}: {last_line(log)}")
        if time.monotonic() > deadline:
            raise ServiceError(f"{name} did not answer within {seconds:.0f} s: {last_line(log)}")
        time.sleep(0.03)


def last_line(log: Path) -> str:
    """The reason a server gives for ending, or else the last thing it said."""
    lines = (
        [line.strip() for line in log.read_text(errors="replace").splitlines() if line.strip()] if log.exists() else []
    )
    reasons = [line for line in lines if "FATAL" in line or "Fatal" in line]
    return next(reversed(reasons or lines), f"{log} is empty")


def stop(process: subprocess.Popen[bytes], first: signal.Signals, *, patience: float = 10) -> None:
    """Asks with the given signal, then kills. Returns when the process is gone."""
    if process.poll() is not None:
        return
    process.send_signal(first)
    try:
        process.wait(patience)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def run_in_foreground(service: Service) -> int:
    """Starts it, waits for its end or for SIGTERM/SIGINT, stops it. Returns the exit code to leave with."""

    def leave(signum: int, frame: object) -> None:
        raise SystemExit(0)

    for wanted in (signal.SIGTERM, signal.SIGINT):
        signal.signal(wanted, leave)
    try:
        service.start()
        return service.running().wait()
    except ServiceError as error:
        print(error, file=sys.stderr, flush=True)
        return 1
    finally:
        service.stop()
