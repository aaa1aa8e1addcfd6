"""The Makefile on machines that lack something, and the commands that are promised to stay."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
STABLE = ["bench", "coverage", "demo", "demo-reset", "gallery", "lint", "pictures", "soak", "test", "topping"]


def make(*arguments: str, **told: str) -> subprocess.CompletedProcess[str]:
    """Without what a surrounding `make test` would hand on, such as its -j and its variables."""
    plain = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))} | told
    program = shutil.which("make")
    assert program is not None
    return subprocess.run([program, *arguments], cwd=ROOT, env=plain, capture_output=True, text=True, check=False)


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


def test_without_npm_lint_says_so_and_goes_on(tmp_path: Path) -> None:
    done = make("lint-topping", PATH=str(tmp_path), CI="")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "npm is not installed here: the topping's package was not checked\n"


def test_without_npm_ci_fails_and_names_the_packages(tmp_path: Path) -> None:
    done = make("lint-topping", PATH=str(tmp_path), CI="true")
    assert complaint(done) == ["npm is missing, and CI checks the topping: apt-get install nodejs npm"]


def test_lint_checks_the_topping_too() -> None:
    assert "lint-topping" in make("--dry-run", "lint").stdout


def test_ci_calls_itself_so_whatever_its_surroundings_call_it() -> None:
    """The Makefile and the browser tests ask for CI=true; other systems say CI=1."""
    assert "export CI=true " in (ROOT / ".ci" / "run").read_text()


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
