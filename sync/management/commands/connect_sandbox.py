"""`manage.py connect_sandbox`: a connected, configured installation without a browser; prints its id."""

import json
import urllib.request
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts import probing
from accounts.troubles import Refused
from accounts.without_browser import NotASandbox, connect
from sync import services
from zoho.datacentres import UnknownDataCentre
from zoho.errors import ZohoError


class Command(BaseCommand):
    help = "Connects an organisation of a running sandbox and presses Start sync."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--url", required=True, help="address of the sandbox; settings.SANDBOX_URL must name it")
        parser.add_argument("--user", help="e-mail address of the sandbox's user; its first administrator by default")
        parser.add_argument("--product", choices=["books", "invoice"], default="books")
        parser.add_argument("--organization", help="id of the Books organisation; the user's first by default")
        parser.add_argument("--no-start", action="store_true", help="connect and configure only")

    def handle(self, *args: Any, **options: Any) -> None:
        url = options["url"].rstrip("/")
        try:
            user = options["user"] or first_administrator(url)
            installation = connect(url, user, options["product"], options["organization"])
            probing.probe(installation)
        except (NotASandbox, Refused, UnknownDataCentre, ZohoError) as error:
            raise CommandError(str(error)) from error
        for setting in services.settings_of(installation).values():
            if not options["no_start"]:
                services.start_sync(setting, "connect_sandbox")
        self.stdout.write(str(installation.pk))


def first_administrator(url: str) -> str:
    """The sandbox's own word on its people."""
    try:
        with urllib.request.urlopen(f"{url}/__sandbox__/state", timeout=60) as answer:  # noqa: S310 - the caller's
            state = json.load(answer)
        users = [user for org in state["bigin"].values() for user in org["users"].values()]
        administrators = {user["zuid"] for user in users if user["profile"] == "Administrator"}
        people = state["accounts"]["people"].values()
        return str(next(person["email"] for person in people if person["zuid"] in administrators))
    except (OSError, ValueError, KeyError, StopIteration) as error:
        raise NotASandbox(f"{url} does not answer as a sandbox: {error}") from error
