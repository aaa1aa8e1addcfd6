"""`manage.py sync`: one run in the foreground; prints a JSON summary on stdout."""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts.models import Installation
from sync import engine
from sync.models import Module, Run

ALIASES = {"companies": Module.CUSTOMERS, "contacts": Module.CUSTOMERS}


class Command(BaseCommand):
    help = "Runs one sync of an installation in the foreground and prints what it did, as JSON."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--installation", required=True, metavar="ID")
        parser.add_argument("--module", action="append", default=[], choices=[*Module.values, *ALIASES])

    def handle(self, *args: Any, **options: Any) -> None:
        installation = Installation.objects.filter(pk=options["installation"]).first()
        if installation is None:
            raise CommandError(f"There is no installation {options['installation']}.")
        modules = sorted({str(ALIASES.get(name, name)) for name in options["module"]})
        chosen = engine.started_settings(installation, modules)
        if not chosen:
            raise CommandError("Nothing to sync: no module was started (rules 1.1), or it is paused.")
        slices, ended = [], None
        while ended is None or ended.run.state == Run.State.PARTIAL:
            ended = engine.run(
                installation, [row.module for row in chosen], "command", series=ended.run.series if ended else None
            )
            if ended is None:
                raise CommandError("Another run of this installation is going on.")
            slices.append(ended.run)
        self.stdout.write(json.dumps(summary(slices), indent=2))
        if ended.run.state == Run.State.FAILED:
            raise CommandError(ended.run.problem)


def summary(slices: list[Run]) -> dict[str, Any]:
    """read, created, updated, deleted, skipped, failed, conflicts … per module and side; API calls per product."""
    modules: dict[str, dict[str, dict[str, int]]] = {}
    calls: dict[str, int] = {}
    for run in slices:
        for module, sides in run.counts.items():
            for side, outcomes in sides.items():
                place = modules.setdefault(module, {}).setdefault(side, {})
                for outcome, number in outcomes.items():
                    place[outcome] = place.get(outcome, 0) + number
        for product, number in run.calls.items():
            calls[product] = calls.get(product, 0) + number
    last = slices[-1]
    return {
        "run": last.pk,
        "series": str(last.series),
        "state": last.state,
        "slices": len(slices),
        "problem": last.problem,
        "modules": modules,
        "calls": calls,
    }
