"""`make demo`: everything on one machine under one supervisor, honcho.

The processes are named in demo_plan.py; in which order they come up and when they count as ready is demo_setup.py's,
itself one of the processes.
"""

import argparse
import fcntl
import os
import shutil
import signal
import sys
from pathlib import Path
from typing import IO

from devtools.demo_plan import ROOT, DemoError, Place, Ports, chosen_ports, commands, environment, place
from devtools.processes import ServiceError
from devtools.supervisor import LastWords, Supervisor, shell_line


def claim(where: Place) -> IO[str]:
    """Makes the folders and returns the lock on them, to be kept open while the demo runs."""
    for folder in (where.home, where.data, where.static):
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o711)
    if where.data.stat().st_uid != os.geteuid():
        raise DemoError(f"{where.data} belongs to another user")
    lock = (where.home / "lock").open("w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        raise DemoError(f"a demo with its data in {where.home} is running: end it first") from error
    # What tells that a process is ready must be this start's own.
    for told_before in (where.gate, where.problem, *where.schedules()):
        told_before.unlink(missing_ok=True)
    return lock


def supervise(where: Place, ports: Ports) -> int:
    """Runs all until one ends or a signal comes. Returns the exit code."""
    told = environment(where, ports)
    printer = LastWords(sys.stdout)
    supervisor = Supervisor(printer)
    for name, command in commands(where, ports, told).items():
        # A worker's SIGTERM waits for its task's end; after a killed supervisor nobody waits for that.
        death_signal = signal.SIGKILL if name in {"sync", "interactive"} else signal.SIGTERM
        supervisor.add_process(name, shell_line(command, death_signal), env=told, cwd=str(ROOT))
    supervisor.loop()
    if supervisor.ended_first is None:
        return int(supervisor.returncode)
    name, code = supervisor.ended_first
    last_words = printer.last.get(name, "it said nothing")
    complain(where.problem.read_text() if where.problem.exists() else f"{name} ended with code {code}: {last_words}")
    return code if 0 < code < 256 else 1


def complain(line: str) -> None:
    print(f"demo: {line}", file=sys.stderr, flush=True)


def reset(where: Place) -> None:
    lock = claim(where)
    shutil.rmtree(where.data)
    shutil.rmtree(where.home, ignore_errors=True)
    lock.close()


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m devtools.demo", description=__doc__)
    parser.add_argument("--home", type=Path, default=ROOT / ".demo", help="where the demo keeps its data")
    parser.add_argument("--reset", action="store_true", help="remove the data instead")
    options = parser.parse_args()
    where = place(options.home.absolute())
    try:
        if options.reset:
            reset(where)
            return 0
        ports = chosen_ports(os.environ)
        with claim(where):
            return supervise(where, ports)
    except (DemoError, ServiceError) as error:
        complain(str(error))
        return 1
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
