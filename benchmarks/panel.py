"""The panel of a company whose customer has 5 documents, against one whose customer has 5,000."""

import json
import sys
from collections.abc import Iterator

from benchmarks.figures import Figure
from benchmarks.stage import run, stage

FEW, MANY = 5, 5_000


def measure() -> Iterator[Figure]:
    with stage("travel-agency") as play:
        installation = play.connect()
        play.sync(installation)
        command = [sys.executable, "-m", "benchmarks.panel_inside", installation, str(FEW), str(MANY)]
        seconds: dict[str, dict[str, float]] = json.loads(run(command, play.environment).output)
    for page, found in seconds.items():
        few, many = found[str(FEW)], found[str(MANY)]
        yield Figure(f"{page}, {FEW:,} documents", round(few * 1000, 1), "ms")
        yield Figure(f"{page}, {MANY:,} documents", round(many * 1000, 1), "ms")
        yield Figure(f"{page}: {MANY:,} over {FEW:,}", round(many / few, 2), "x", bound=1.5)
