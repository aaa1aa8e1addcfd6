"""The embedded PostgreSQL and Redis: they start, keep what they should, end at once, and outlive nobody."""

import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import psycopg2
import pytest

from devtools import postgres, processes
from devtools.postgres import THROWAWAY, Postgres
from devtools.processes import ServiceError, free_port
from devtools.redis import Redis
from tests.infra.conftest import alive, wait_until


def execute(server: Postgres, statement: str) -> list[tuple[object, ...]]:
    connection = psycopg2.connect(server.url)
    try:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(statement)
            return list(cursor.fetchall()) if cursor.description else []
    finally:
        connection.close()


def test_postgres_keeps_its_data_over_a_restart(open_folder: Path) -> None:
    first = Postgres(open_folder / "pg", free_port(), settings=THROWAWAY)
    first.start()
    try:
        execute(first, "CREATE TABLE kept AS SELECT 42 AS answer")
    finally:
        first.stop()
    second = Postgres(open_folder / "pg", free_port(), settings=THROWAWAY)
    second.start()
    try:
        assert execute(second, "SELECT answer FROM kept") == [(42,)]
    finally:
        second.stop()


def test_postgres_stops_at_once_though_a_client_sits_idle(open_folder: Path) -> None:
    server = Postgres(open_folder / "pg", free_port(), settings=THROWAWAY)
    server.start()
    idle = psycopg2.connect(server.url)
    server.stop()
    assert server.running().returncode == 0  # asked, not killed after its patience ran out
    idle.close()


def test_postgres_refuses_a_wrong_password_and_listens_on_loopback_only(open_folder: Path) -> None:
    server = Postgres(open_folder / "pg", free_port(), settings=THROWAWAY)
    server.start()
    try:
        with pytest.raises(psycopg2.OperationalError, match="password authentication failed"):
            psycopg2.connect(server.url.replace(server.password.rstrip("="), "wrong"))
        assert execute(server, "SHOW listen_addresses") == [("127.0.0.1",)]
        assert execute(server, "SHOW unix_socket_directories") == [("",)]
        assert (open_folder / "pg" / "password").stat().st_mode & 0o777 == 0o600
        assert not (open_folder / "pg" / "initdb-password").exists()
    finally:
        server.stop()


def test_postgres_says_in_one_line_that_its_port_is_taken(open_folder: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        server = Postgres(open_folder / "pg", taken.getsockname()[1], settings=THROWAWAY)
        with pytest.raises(ServiceError, match=r"^PostgreSQL ended with code 1: .*could not create any TCP/IP sockets"):
            server.start()


def test_a_first_start_cut_short_is_begun_anew(open_folder: Path) -> None:
    left = open_folder / "pg" / "data.new"
    left.mkdir(parents=True)
    (left / "PG_VERSION").write_text("18\n")
    server = Postgres(open_folder / "pg", free_port(), settings=THROWAWAY)
    server.start()
    server.stop()
    assert not left.exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root runs PostgreSQL as another user")
def test_root_copies_binaries_out_of_a_closed_folder(open_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    original = postgres.wheel_install()
    monkeypatch.setattr(postgres, "COPIES", open_folder)
    monkeypatch.setattr(postgres, "open_to_all", lambda path: path != original)
    server = Postgres(open_folder / "pg", free_port(), settings=THROWAWAY)
    server.start()
    try:
        executable = Path(f"/proc/{server.running().pid}/exe").resolve()
        assert executable.is_relative_to(open_folder)
        assert Path(f"/proc/{server.running().pid}").stat().st_uid != 0
    finally:
        server.stop()
    assert not list(open_folder.glob(".bigin-books-*"))


def test_open_to_all_sees_a_closed_parent(open_folder: Path) -> None:
    inner = open_folder / "closed" / "inner"
    inner.mkdir(parents=True)
    assert processes.open_to_all(inner)
    inner.parent.chmod(0o700)
    assert not processes.open_to_all(inner)
    assert not processes.open_to_all(inner / "not there yet")


def ask(server: Redis, *commands: str) -> bytes:
    with socket.create_connection(("127.0.0.1", server.port), timeout=5) as conversation:
        conversation.sendall("".join(f"{command}\r\n" for command in (*commands, "QUIT")).encode())
        answer = b""
        while part := conversation.recv(4096):
            answer += part
    return answer


def test_redis_wants_its_password_and_keeps_nothing(open_folder: Path) -> None:
    first = Redis(open_folder / "redis", free_port())
    first.start()
    assert ask(first, "SET a 1").startswith(b"-NOAUTH")
    assert ask(first, f"AUTH {first.password}", "SET a 1", "GET a") == b"+OK\r\n+OK\r\n$1\r\n1\r\n+OK\r\n"
    first.stop()
    assert first.running().returncode == 0
    second = Redis(open_folder / "redis", free_port())
    second.start()
    try:
        assert second.password == first.password
        assert ask(second, f"AUTH {second.password}", "GET a") == b"+OK\r\n$-1\r\n+OK\r\n"
        assert second.password.encode() not in Path(f"/proc/{second.running().pid}/cmdline").read_bytes()
    finally:
        second.stop()


OWNER = """
import json, sys, time
from pathlib import Path
from devtools.postgres import Postgres
from devtools.processes import free_port
from devtools.redis import Redis
home = Path(sys.argv[1])
servers = [Postgres(home / "pg", free_port()), Redis(home / "redis", free_port())]
for server in servers:
    server.start()
print(json.dumps([server.running().pid for server in servers]), flush=True)
time.sleep(600)
"""


def test_servers_die_with_an_owner_that_is_killed(open_folder: Path) -> None:
    owner = subprocess.Popen([sys.executable, "-c", OWNER, str(open_folder)], stdout=subprocess.PIPE, text=True)
    assert owner.stdout is not None
    with owner.stdout:
        pids = json.loads(owner.stdout.readline())
    assert [alive(pid) for pid in pids] == [True, True]
    owner.kill()
    owner.wait()
    assert wait_until(lambda: not any(alive(pid) for pid in pids))


@pytest.mark.parametrize("signum", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("name", ["postgres", "redis"])
def test_in_the_foreground_a_signal_ends_it_cleanly(name: str, signum: signal.Signals, open_folder: Path) -> None:
    port = free_port()
    command = [sys.executable, "-m", f"devtools.{name}", "--home", str(open_folder / name), "--port", str(port)]
    process = subprocess.Popen(command)
    assert wait_until(lambda: processes.port_in_use(port))
    process.send_signal(signum)
    assert process.wait(90) == 0
    assert not processes.port_in_use(port)
