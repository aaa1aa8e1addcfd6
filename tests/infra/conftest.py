"""What several tests of servers and supervisors need."""

import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that PostgreSQL's user can enter; pytest's own tmp_path lies in one that it cannot."""
    folder = Path(tempfile.mkdtemp(prefix="bigin-books-infra-"))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder)


def alive(pid: int) -> bool:
    """False for a zombie too: it runs nothing, and who reaps it is init's business."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state not in {"Z", "X"}


def processes_of(folder: Path) -> dict[int, str]:
    """Command lines, by process id, of what was started for this folder: told of it, or at work in it."""
    found = {}
    for entry in Path("/proc").iterdir():
        if not entry.name.isdecimal() or int(entry.name) == os.getpid():
            continue
        try:
            told = (entry / "cmdline").read_bytes() + (entry / "environ").read_bytes()
            at_work = str((entry / "cwd").readlink())
        except OSError:
            continue
        if (str(folder).encode() in told or at_work.startswith(str(folder))) and alive(int(entry.name)):
            found[int(entry.name)] = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
    return found


def wait_until(true: Callable[[], bool], *, seconds: float = 60) -> bool:
    """Whether it became true in time; looks often, because it usually is at once."""
    deadline = time.monotonic() + seconds
    while not true():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True
