"""The first sync of a large account into an empty Books, then a run in which there is nothing to do."""

from collections.abc import Generator, Iterator

from benchmarks.figures import Figure
from benchmarks.stage import Stage, stage

SMALL, LARGE = 2_000, 20_000
# Design section 3: what a run may ask when nobody has written anything, whatever the size of the account.
IDLE = {"bigin": 6, "books": 2}


def measure() -> Iterator[Figure]:
    small = yield from one_account(SMALL)
    large = yield from one_account(LARGE)
    yield Figure(f"memory: {LARGE:,} companies over {SMALL:,}", round(large - small, 1), "MB", bound=30)


def one_account(companies: int) -> Generator[Figure, None, float]:
    """Yields the figures; returns the peak of the process' memory in MB."""
    with stage(f"bulk:{companies}") as play:
        installation = play.connect()
        play.forget_calls()
        done, _ = play.sync(installation)
        name = f"first sync, {companies:,} companies"
        yield Figure(f"{name}: creates in Books", creates(play), "calls", bound=companies + companies // 10, exact=True)
        yield Figure(f"{name}: calls to Books in all", play.calls("books"), "calls")
        yield Figure(f"{name}: calls to Bigin in all", play.calls("bigin"), "calls")
        yield Figure(f"{name}: time", round(done.seconds, 1), "s")
        yield Figure(f"{name}: peak memory", round(done.megabytes, 1), "MB", bound=200)
        yield from idle_run(play, installation, companies)
    return done.megabytes


def creates(play: Stage) -> int:
    """Persons are nested in their company's call."""
    return play.calls("books", method="POST")


def idle_run(play: Stage, installation: str, companies: int) -> Iterator[Figure]:
    """Ten minutes later one run reads what the first one wrote; the run after that has nothing to do.

    Without the ten minutes the mark would lag: it stays two minutes behind Zoho's clock, for rows that appear late.
    """
    play.sandbox.advance(600)
    play.sync(installation)
    play.forget_calls()
    done, _ = play.sync(installation)
    for product, calls in IDLE.items():
        name = f"idle run, {companies:,} companies: calls to {product}"
        yield Figure(name, play.calls(product), "calls", bound=calls, exact=True)
    yield Figure(f"idle run, {companies:,} companies: time", round(done.seconds, 1), "s")
