"""`manage.py check_zoho --installation ID`: each assumption about the live account, held or not."""

import json
from argparse import ArgumentParser
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError

from accounts.models import Connection, Installation
from accounts.probing import probe
from zoho.probes import Probe, as_json

_MARKS = {True: "held", False: "NOT HELD", None: "unknown"}


class Command(BaseCommand):
    help = "Asks an installation's live Zoho accounts, reading only, whether what we assume about them holds."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--installation", required=True, type=UUID, help="its id")
        parser.add_argument("--json", action="store_true", help="print JSON instead of lines")

    def handle(self, *, installation: UUID, **options: object) -> None:
        """Ends with an error when an assumption does not hold, so that a script can tell."""
        try:
            found = probe(Installation.objects.get(pk=installation))
        except Installation.DoesNotExist as error:
            raise CommandError(f"There is no installation {installation}.") from error
        except Connection.DoesNotExist as error:
            raise CommandError("The installation is not connected on both sides yet.") from error
        self.stdout.write(json.dumps(as_json(found), indent=1) if options["json"] else lines(found))
        failed = [one.name for one in found if one.held is False]
        if failed:
            raise CommandError(f"{len(failed)} of {len(found)} assumptions do not hold: {', '.join(failed)}")


def lines(found: list[Probe]) -> str:
    width = max((len(one.name) for one in found), default=0)
    return "\n".join(f"{_MARKS[one.held]:8}  {one.name:{width}}  {one.detail}" for one in found)
