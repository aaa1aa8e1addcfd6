"""The Makefile on machines that lack something, and the commands that are promised to stay."""

import os
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
STABLE = ["bench", "demo", "demo-reset", "gallery", "lint", "soak", "test", "topping"]


def make(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Without what a surrounding `make test` would hand on, such as its -j and its variables."""
    plain = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
    return subprocess.run(["make", *arguments], cwd=ROOT, env=plain, capture_output=True, text=True, check=False)


def python_that(tmp_path: Path, *, answers_version: bool, has_venv: bool) -> str:
    """A stand-in for a machine's python3: the Makefile asks it two things before it uses it."""
    script = tmp_path / "python3"
    script.write_text(
        "#!/bin/sh\n"
        'case "$*" in\n'
        f"*version_info*) exit {0 if answers_version else 1} ;;\n"
        "*--version*) echo Python 3.9.2 ;;\n"
        f"*ensurepip*) exit {0 if has_venv else 1} ;;\n"
        "esac\n"
    )
    script.chmod(0o755)
    return f"PYTHON={script}"


def complaint(done: subprocess.CompletedProcess[str]) -> list[str]:
    assert done.returncode == 2
    return [line for line in done.stderr.splitlines() if not line.startswith("make: ***")]


@pytest.mark.parametrize("target", ["demo", "test", "lint"])
def test_without_venv_one_line_names_the_package(target: str, tmp_path: Path) -> None:
    python = python_that(tmp_path, answers_version=True, has_venv=False)
    done = make(target, python, f"VENV={tmp_path / 'venv'}")
    assert complaint(done) == [
        "Python's venv is missing: apt-get install python3-venv (or your system's package of that name)"
    ]
    assert not (tmp_path / "venv").exists()


def test_an_old_python_is_named(tmp_path: Path) -> None:
    python = python_that(tmp_path, answers_version=False, has_venv=True)
    done = make("demo", python, f"VENV={tmp_path / 'venv'}")
    assert complaint(done) == [f"This needs Python 3.11 or newer; {tmp_path}/python3 is Python 3.9.2. Set PYTHON=…"]


def test_make_alone_lists_every_stable_command() -> None:
    done = make()
    assert done.returncode == 0
    assert set(STABLE) <= {line.split()[0] for line in done.stdout.splitlines()}


@pytest.mark.parametrize("target", STABLE)
def test_every_stable_command_is_a_target(target: str) -> None:
    assert make("--dry-run", target).returncode == 0


def test_a_second_call_installs_nothing_until_the_lock_is_newer(tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    stamps = [tmp_path / ".ready-demo", tmp_path / ".ready-dev"]
    for file in (tmp_path / "bin" / "python", *stamps):
        file.touch()
    assert "pip install" not in make("--dry-run", "test", f"VENV={tmp_path}").stdout
    os.utime(stamps[1], (0, 0))
    assert make("--dry-run", "test", f"VENV={tmp_path}").stdout.count("pip install") == 1
