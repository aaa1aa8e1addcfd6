"""Reading the same lists from the same sandbox as clients that are not ours: Zoho's CRM SDK and zohopy."""

import json
import sys
from collections.abc import Iterator

from benchmarks.figures import Figure
from benchmarks.stage import run, stage

COMPANIES = 700
# What is read, by whom: ours first.
READERS = {
    "Contacts of Bigin": ("ours-bigin", "zoho-crm-sdk"),
    "customers of Books": ("ours-books", "zohopy"),
}


def measure() -> Iterator[Figure]:
    with stage(f"bulk:{COMPANIES}") as play:
        play.sync(play.connect())  # fills Books
        token = play.sandbox.token()
        told = {
            **play.environment,
            "BENCH_ACCESS_TOKEN": token["access_token"],
            "BENCH_REFRESH_TOKEN": token["refresh_token"],
            "BENCH_ORGANIZATION": play.sandbox.users[0]["books_organizations"][0],
        }
        for what, readers in READERS.items():
            found = {}
            for reader in readers:
                done = run([sys.executable, "-m", "benchmarks.readers", reader], told)
                found[reader] = json.loads(done.output)
                name = f"{found[reader]['rows']:,} {what} by {reader}"
                yield Figure(f"{name}: time", round(found[reader]["seconds"], 2), "s")
                yield Figure(f"{name}: peak memory", round(done.megabytes, 1), "MB")
            rows = {one["rows"] for one in found.values()}
            yield Figure(f"{what}: readers that saw another number of rows", len(rows) - 1, "", bound=0, exact=True)
