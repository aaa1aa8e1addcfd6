"""The fixture `sandbox`: each test finds it as seeded, and the product's settings lead to it."""

import json
import subprocess
import sys

import pytest
from django.conf import settings

from sandbox.testing import Sandbox
from tests.infra.conftest import alive, wait_until


@pytest.mark.parametrize("turn", [1, 2])
def test_each_test_finds_the_sandbox_as_seeded(sandbox: Sandbox, turn: int) -> None:
    assert sandbox.calls()["total"] == 0
    sandbox.reset("empty")
    assert sandbox.token()["access_token"]


def test_the_settings_lead_to_it_only_while_it_is_asked_for(sandbox: Sandbox) -> None:
    assert (settings.SANDBOX_URL, settings.ZOHO_DATA_CENTRE) == (sandbox.url, "sandbox")
    assert (settings.ZOHO_CLIENT_ID, settings.ZOHO_CLIENT_SECRET) == (sandbox.client_id, sandbox.client_secret)


def test_without_the_fixture_nothing_leads_to_a_sandbox() -> None:
    assert settings.SANDBOX_URL is None


OWNER = """
import time
from sandbox.testing import running_sandbox
with running_sandbox("empty") as running:
    print(running.pid, flush=True)
    time.sleep(600)
"""


def test_a_sandbox_does_not_outlive_a_killed_owner() -> None:
    with subprocess.Popen([sys.executable, "-c", OWNER], stdout=subprocess.PIPE, text=True) as owner:
        assert owner.stdout is not None
        pid = int(owner.stdout.readline())
        assert alive(pid)
        owner.kill()
    assert wait_until(lambda: not alive(pid))


def test_a_public_url_is_what_it_says_of_itself() -> None:
    command = [sys.executable, "-m", "sandbox", "--port", "0", "--seed", "empty", "--until-eof"]
    done = subprocess.run(
        [*command, "--public-url", "http://sandbox.localhost:9000/"],
        input="",
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(done.stdout)["url"] == "http://sandbox.localhost:9000"
