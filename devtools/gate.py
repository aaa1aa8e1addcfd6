"""Waits until a file exists, then becomes a command: in the demo, what needs a migrated database waits so."""

import argparse
import os
import time
from pathlib import Path


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m devtools.gate", description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("command", nargs="+")
    options = parser.parse_args()
    while not options.file.exists():
        time.sleep(0.05)
    os.execvp(options.command[0], options.command)


if __name__ == "__main__":
    main()
