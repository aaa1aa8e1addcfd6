"""`python -m sandbox`: options, one JSON line when listening, a clean end on SIGTERM and Ctrl-C."""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import logging
import os
import signal
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

from sandbox import app, building, state, world
from sandbox.building import SEEDS


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m sandbox", description="A stateful stand-in for Zoho.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=9000, help="0 picks a free one")
    parser.add_argument("--seed", default="travel-agency", help=", ".join(SEEDS))
    parser.add_argument("--state", type=Path, help="file that keeps the state over restarts")
    parser.add_argument("--topping-url", default="http://localhost:8000", help="where the product answers")
    parser.add_argument("--mail-folder", help="where the product puts its mails as files; /mailbox/ shows them")
    parser.add_argument("--client-id", default=world.CLIENT_ID)
    parser.add_argument("--client-secret", default=world.CLIENT_SECRET)
    parser.add_argument("--public-url", help="the address others reach it at, where that is not http://HOST:PORT")
    parser.add_argument("--until-eof", action="store_true", help="end when standard input does: no orphan of its owner")
    parser.add_argument("--now", type=datetime.fromisoformat, help="what the sandbox's clock says at the start")
    parser.add_argument("--freeze", action="store_true", help="that clock stands still until a door moves it")
    parser.add_argument("--lift-limits", action="store_true", help="no quotas, no concurrency or token limits")
    return parser.parse_args()


def prepare(options: argparse.Namespace) -> tuple[world.World, state.StateFile | None]:
    """Raises ValueError for a bad seed, limit, clock or state file."""
    if options.now is not None and options.now.tzinfo is None:
        raise ValueError("--now needs an offset, such as +00:00")
    chosen = world.Options(
        seed=options.seed,
        client_id=options.client_id,
        client_secret=options.client_secret,
        topping_url=options.topping_url.rstrip("/"),
        now=options.now,
        freeze=options.freeze,
        lift_limits=options.lift_limits,
        mail_folder=options.mail_folder,
    )
    if options.state is None:
        return building.build_world(chosen), None
    file = state.StateFile(options.state)
    text = file.read()
    made = building.build_world(chosen)
    if text is not None:
        state.text_to_world(text, made)
    return made, file


def announcement(made: world.World) -> dict[str, Any]:
    people = made.accounts.people.values()
    return {
        "url": made.base_url,
        "client_id": made.options.client_id,
        "client_secret": made.options.client_secret,
        "bigin_orgs": [{"id": org.id, "name": org.name} for org in made.bigin.values()],
        "books_organizations": sorted(made.books),
        "users": [
            {
                "email": person.email,
                "name": person.name,
                "zuid": person.zuid,
                "profile": made.bigin[person.bigin_orgs[0]].user_of(person.zuid).profile if person.bigin_orgs else "",
                "bigin_org": person.bigin_orgs[0] if person.bigin_orgs else "",
                "books_organizations": person.books_organizations,
            }
            for person in people
        ],
        "pid": os.getpid(),
    }


async def main() -> int:
    options = arguments()
    try:
        made, file = prepare(options)
    except ValueError as error:
        print(f"sandbox: {error}", file=sys.stderr)
        return 2
    # The seed's records live on: the collector need not walk a million objects again and again.
    gc.collect()
    gc.freeze()
    ended = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, ended.set)
    if options.until_eof:
        asyncio.get_running_loop().add_reader(sys.stdin, ended.set)
    try:
        runner, port = await app.serve(made, options.host, options.port, file)
    except OSError as error:
        print(f"sandbox: cannot listen on {options.host}:{options.port}: {error.strerror}", file=sys.stderr)
        return 1
    made.base_url = (options.public_url or f"http://{options.host}:{port}").rstrip("/")
    print(json.dumps(announcement(made)), flush=True)
    await ended.wait()
    await runner.cleanup()
    return 0


if __name__ == "__main__":
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(name)s %(levelname)s %(message)s")
    raise SystemExit(asyncio.run(main()))
