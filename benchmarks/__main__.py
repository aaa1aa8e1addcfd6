"""`make bench`: runs the benchmarks, prints their figures, and ends with 1 where a promised bound is broken."""

import argparse
import sys
from collections.abc import Callable, Iterable

from benchmarks import first_sync, panel, peers, sandbox_listing
from benchmarks.figures import Figure, table

CASES: dict[str, Callable[[], Iterable[Figure]]] = {
    "first-sync": first_sync.measure,
    "panel": panel.measure,
    "peers": peers.measure,
    "sandbox": sandbox_listing.figures,
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--case", action="append", choices=list(CASES), help="all of them by default")
    chosen = parser.parse_args().case or list(CASES)
    broken = False
    for name in chosen:
        print(f"\n{name}", flush=True)
        for figure in CASES[name]():
            print(table([figure]), flush=True)
            broken = broken or not figure.kept
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
