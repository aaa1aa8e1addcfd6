"""Runs one command so that it ends with the process that started it.

A program of its own, started by path with nothing but the standard library: it drops root's rights if told to, asks
the kernel for a signal at its parent's death, and becomes the command. Where the kernel has no such call (not Linux),
the command runs untied.
"""

import argparse
import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def drop_rights(uid: int, gid: int) -> None:
    os.setgroups([])
    os.setgid(gid)
    os.setuid(uid)


def tie_to_parent(death_signal: int, parent: int) -> None:
    """Must come after a change of user, which clears the request."""
    if not sys.platform.startswith("linux"):
        return
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(PR_SET_PDEATHSIG, death_signal, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_PDEATHSIG)")
    if os.getppid() != parent:  # it died before the kernel knew of us
        sys.exit(1)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--parent", type=int, required=True)
    parser.add_argument("--signal", type=int, default=int(signal.SIGTERM))
    parser.add_argument("--uid", type=int)
    parser.add_argument("--gid", type=int)
    parser.add_argument("command", nargs="+")
    options = parser.parse_args()
    if options.uid is not None:
        drop_rights(options.uid, options.gid)
    tie_to_parent(options.signal, options.parent)
    os.execvp(options.command[0], options.command)


if __name__ == "__main__":
    main()
