"""honcho's supervisor with two things added: nothing outlives it, and it knows which process ended first."""

import os
import shlex
import signal
from typing import IO

from honcho.manager import Manager
from honcho.printer import Message, Printer
from honcho.process import Process

from devtools.processes import tied_command
from devtools.tied import tie_to_parent


class LastWords(Printer):  # type: ignore[misc]
    """Prints as honcho does and remembers each process' last line."""

    def __init__(self, output: IO[str]) -> None:
        super().__init__(output)
        self.last: dict[str, str] = {}

    def write(self, message: Message) -> None:
        text = message.data.decode("utf-8", "replace") if isinstance(message.data, bytes) else message.data
        if text.startswith('{"url"'):  # the sandbox's line for programs
            return
        if text.strip():
            self.last[message.name] = text.strip()
        super().write(message)


class TiedProcess(Process):  # type: ignore[misc]
    """honcho's process, which does not outlive a killed supervisor."""

    supervisor = 0

    def run(self, events: object = None, ignore_signals: bool = False) -> None:
        tie_to_parent(signal.SIGKILL, self.supervisor)
        super().run(events, ignore_signals)


class Supervisor(Manager):  # type: ignore[misc]
    """honcho's manager; remembers which process ended first."""

    def __init__(self, printer: Printer) -> None:
        super().__init__(printer)
        TiedProcess.supervisor = os.getpid()
        self._process_ctor = TiedProcess
        self.ended_first: tuple[str, int] | None = None
        self.hurried = False

    def terminate(self) -> None:
        """honcho cannot end what has not told its process id yet: a Ctrl-C that early waits for the last to do so."""
        self.hurried = not self._all_started()
        if self.hurried:
            return
        ended = [(name, kept["returncode"]) for name, kept in self._processes.items() if "returncode" in kept]
        if ended and self.ended_first is None and self.returncode not in (130, 143):
            self.ended_first = ended[0]
        super().terminate()

    def _system_print(self, data: str) -> None:
        super()._system_print(data)
        if self.hurried:
            self.terminate()


def shell_line(command: list[str], death_signal: signal.Signals) -> str:
    """honcho runs shell lines: here the shell becomes the command, which is tied to honcho's process for it."""
    tied = tied_command(command, death_signal=death_signal, account=None, parent=0)
    return "exec " + " ".join("$PPID" if part == "0" else shlex.quote(part) for part in tied)
