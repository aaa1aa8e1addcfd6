"""`make demo` as a person meets it: up, down, up again, and what it says when something is in the way."""

import os
import re
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from devtools.demo import claim
from devtools.demo_plan import PORTS, Place, Ports, commands, environment
from devtools.processes import port_in_use
from tests.demo import ROOT, Demo
from tests.infra.conftest import processes_of, wait_until


@pytest.fixture
def demo(open_folder: Path) -> Iterator[Demo]:
    made = Demo(open_folder / "demo")
    yield made
    if made.process is not None and made.process.poll() is None:
        made.process.kill()
        made.process.wait()
    assert_nothing_left(made)


def assert_nothing_left(demo: Demo) -> None:
    """The supervisor's own end may be seen a moment before that of what it killed."""
    assert wait_until(lambda: processes_of(demo.home) == {}), processes_of(demo.home)


def answer(url: str) -> tuple[int, bytes]:
    with urllib.request.urlopen(url, timeout=10) as response:
        return response.status, response.read()


def test_it_comes_up_ends_on_ctrl_c_and_finds_its_data_again(demo: Demo) -> None:
    first = demo.make()
    demo.wait(120)  # what is promised, and a busy machine keeps; a fresh clone installs first
    assert answer(f"http://localhost:{demo.ports['WEB_PORT']}/healthz") == (200, b'{"database": "ok", "redis": "ok"}')
    assert f"http://127.0.0.1:{demo.ports['SANDBOX_PORT']}/" in demo.output
    mailbox = f"http://127.0.0.1:{demo.ports['SANDBOX_PORT']}/mailbox/"
    assert mailbox in demo.output
    assert b"No mail was sent." in answer(mailbox)[1]
    demo.query("CREATE TABLE kept AS SELECT 42 AS answer")
    os.killpg(first.pid, signal.SIGINT)  # as a terminal does: to the whole group
    assert first.wait(120) == -signal.SIGINT
    assert "Error 130" in demo.output
    assert_nothing_left(demo)
    assert [name for name, port in demo.ports.items() if port_in_use(port)] == []
    second = demo.start_and_wait()
    assert demo.query("SELECT answer FROM kept") == [(42,)]
    second.terminate()
    assert second.wait(120) == 143
    assert demo.run("--reset") == 0
    assert not demo.home.exists()


@pytest.mark.parametrize("moment", ["lock", "secret_key", "client_secret", "redis", "postgres/data"])
def test_ctrl_c_while_it_comes_up_leaves_nothing(demo: Demo, moment: str) -> None:
    process = demo.start()
    assert wait_until((demo.home / moment).exists)
    os.killpg(process.pid, signal.SIGINT)
    assert process.wait(120) == 130
    assert "Traceback" not in demo.output
    assert_nothing_left(demo)


def test_nothing_outlives_a_supervisor_that_is_killed(demo: Demo) -> None:
    process = demo.start_and_wait()
    assert len(processes_of(demo.home)) > 15
    process.kill()
    process.wait()
    assert_nothing_left(demo)


def test_a_dead_process_ends_all_and_is_named(demo: Demo) -> None:
    process = demo.start_and_wait()
    [sandbox] = [pid for pid, line in processes_of(demo.home).items() if re.search(r"^\S+ -m sandbox ", line)]
    reset = subprocess.run(
        [sys.executable, "-m", "devtools.demo", "--home", str(demo.home), "--reset"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert reset.returncode == 1
    assert reset.stderr == f"demo: a demo with its data in {demo.home} is running: end it first\n"
    os.kill(sandbox, signal.SIGKILL)
    assert process.wait(120) == 1
    assert demo.last_line.startswith("demo: sandbox ended with code -9: ")
    assert_nothing_left(demo)


def test_what_an_earlier_start_left_is_no_sign_that_this_one_is_ready(tmp_path: Path) -> None:
    where = Place(tmp_path / "demo", tmp_path / "demo")
    where.home.mkdir()
    left = [where.gate, where.problem, where.home / "beat", where.home / "beat.db"]
    for file in (*left, where.home / "secret_key"):
        file.touch()
    with claim(where):
        assert [file for file in left if file.exists()] == []
        assert where.schedules() == []
        assert (where.home / "secret_key").exists()


def test_a_secret_that_begins_with_a_dash_is_no_option(tmp_path: Path) -> None:
    told = {"ZOHO_CLIENT_ID": "1000.DEMO", "ZOHO_CLIENT_SECRET": "-abc"}
    where = Place(tmp_path, tmp_path)
    assert "--client-secret=-abc" in commands(where, Ports(1, 2, 3, 4), told)["sandbox"]


def test_the_sandbox_shows_the_folder_that_the_product_puts_its_mails_into(tmp_path: Path) -> None:
    where = Place(tmp_path, tmp_path)
    told = environment(where, Ports(1, 2, 3, 4))
    sandbox = commands(where, Ports(1, 2, 3, 4), told)["sandbox"]
    assert told["EMAIL_BACKEND"].startswith("django.core.mail.backends.filebased.") or "EMAIL_BACKEND" in os.environ
    assert sandbox[sandbox.index("--mail-folder") + 1] == told["EMAIL_FILE_PATH"] == str(tmp_path / "mails")


def test_a_failed_migration_is_one_line(demo: Demo) -> None:
    assert demo.run(SYNC_SLICE_SECONDS="0") == 1, demo.output
    assert demo.last_line.startswith("demo: migration failed: ")
    reason = "SYNC_SLICE_SECONDS must be at least 1; it is 0"
    assert demo.last_line.endswith(f"{reason} (all of it: {demo.home}/migrate.log)")
    assert_nothing_left(demo)


@pytest.mark.parametrize("name", PORTS)
def test_a_port_in_use_is_one_line_that_says_how_to_choose_another(demo: Demo, name: str) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", demo.ports[name]))
        taken.listen()
        assert demo.run() == 1
    advice = f"end what listens there, or choose another: {name}=… make demo"
    assert demo.output == f"demo: port {demo.ports[name]} is in use: {advice}\n"
    assert not demo.home.exists()


@pytest.mark.parametrize("value", ["0", "65536", "eight", "", "-1"])
def test_a_port_that_is_none_is_one_line(demo: Demo, value: str) -> None:
    assert demo.run(WEB_PORT=value) == 1
    assert demo.output == f"demo: WEB_PORT must be a port number between 1 and 65535; it is {value!r}\n"


def test_one_port_for_two_is_one_line(demo: Demo) -> None:
    demo.ports["PG_PORT"] = demo.ports["WEB_PORT"]
    assert demo.run() == 1
    assert demo.output.endswith(": each needs a port of its own\n")
    assert demo.output.count("\n") == 1


def test_services_of_ones_own_are_used_instead(demo: Demo) -> None:
    told = {
        "DATABASE_URL": os.environ["DATABASE_URL"],
        "REDIS_URL": os.environ["REDIS_URL"],
        "SYNC_SLICE_SECONDS": "0",
    }
    with ExitStack() as elsewhere:
        for name in ("PG_PORT", "REDIS_PORT"):  # taken, perhaps by the very servers that are used instead
            elsewhere.enter_context(socket.create_server(("127.0.0.1", demo.ports[name])))
        assert demo.run(**told) == 1, demo.output
    assert "postgres started" not in demo.output
    assert "redis started" not in demo.output
    assert "sandbox started" in demo.output
