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


def processes_naming(text: str) -> dict[int, str]:
    """Command lines, by process id, that hold the text: every process of a demo names its folder or a child's does."""
    found = {}
    for entry in Path("/proc").iterdir():
        if not entry.name.isdecimal() or int(entry.name) == os.getpid():
            continue
        try:
            line = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            told = (entry / "environ").read_bytes().decode(errors="replace")
        except OSError:
            continue
        if (text in line or text in told) and alive(int(entry.name)):
            found[int(entry.name)] = line
    return found


def wait_until(true: Callable[[], bool], *, seconds: float = 20) -> bool:
    """Whether it became true in time; looks often, because it usually is at once."""
    deadline = time.monotonic() + seconds
    while not true():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True
