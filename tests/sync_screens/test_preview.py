"""Preview: counts, the list by outcome with field differences, filters; nothing is written; Start from there."""

import pytest
from django.test import Client

from accounts.models import Installation
from sandbox.testing import Sandbox
from sync import engine, preview
from sync.models import Link, ModuleSetting, Proposal, Run, Write
from tests.factories import connected_installation, make_member, signed_in_client
from tests.sync_screens.conftest import Queued
from tests.sync_screens.world import World

pytestmark = pytest.mark.django_db
PREVIEW = "/embed/sync/preview/"


def text_of(client: Client, path: str = PREVIEW) -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    return answer.content.decode()


def test_no_preview_yet(client: Client, installation: Installation) -> None:
    assert "No preview yet" in text_of(client)


def test_counts_and_rows_with_their_differences(client: Client, world: World) -> None:
    text = text_of(client)
    assert "Possible duplicate, held" in text
    rows = text[text.index('data-test="proposals"') :]
    assert "<ins>fjord.example</ins>" in rows
    assert "<del>Leeds</del>" in rows
    assert "Books does not know the value" in rows
    assert "<img" not in rows


def test_filters(client: Client, world: World) -> None:
    rows = text_of(client, f"{PREVIEW}?outcome=create")
    table = rows[rows.index('data-test="proposals"') :]
    assert "Fjord" in table
    assert "Harbour Lights" not in table
    assert "No record matches" in text_of(client, f"{PREVIEW}?q=nobody")
    assert "Harbour Lights" in text_of(client, f"{PREVIEW}?q=harbour")
    for query in ("?outcome=%00", "?side=nobody", "?page=x"):
        assert client.get(PREVIEW + query).status_code == 200


def test_it_is_asked_for_by_post_and_leads_back(client: Client, installation: Installation) -> None:
    assert client.post(PREVIEW).headers["Location"] == PREVIEW
    assert client.post(f"{PREVIEW}?next=home").headers["Location"] == "/embed/sync/"
    one = "/embed/sync/products/preview/"
    assert client.post(one).headers["Location"] == one
    assert client.post("/embed/sync/deals/preview/").status_code == 404


@pytest.mark.django_db(transaction=True)
def test_each_press_queues_one_dry_run(client: Client, installation: Installation, queued: Queued) -> None:
    client.post("/embed/sync/products/preview/")
    client.post(PREVIEW)
    assert queued.of("run_preview") == [
        (str(installation.pk), ["products"], "person"),
        (str(installation.pk), ["customers", "products"], "person"),
    ]
    assert queued.of("run_sync") == []


@pytest.mark.django_db(transaction=True)
def test_rule_1_1_from_an_empty_installation_to_start_with_nothing_written_before(
    sandbox: Sandbox, queued: Queued
) -> None:
    """The travel agency: what the preview says is what the first run does."""
    installation = connected_installation(sandbox)
    ada = signed_in_client(make_member(installation, name="Ada Keller"))
    ada.post(f"{PREVIEW}?next=home")
    (asked,) = queued.of("run_preview")
    ended = preview.run(installation, asked[1], asked[2])
    assert ended is not None
    assert ended.run.state == Run.State.DONE
    assert Link.objects.count() == Write.objects.count() == 0
    home = text_of(ada, "/embed/sync/")
    assert 'data-test="start-sync"' in home
    made = Proposal.objects.filter(outcome="create", side="books", module="products").count()
    assert f'<td class="num" data-label="Create in Zoho Books">{made}</td>' in home
    ada.post("/embed/sync/start/", {"module": ["products"]})
    assert ModuleSetting.objects.get(module="products").started_at is not None
    run = engine.run(installation, ["products"], "person")
    assert run is not None
    done = Write.objects.filter(op="create", side="books", state="done")
    assert done.count() == made
    activity = text_of(ada, f"/embed/sync/runs/{run.run.pk}/")
    assert "Create in" in activity
    assert "In step" in text_of(ada, "/embed/sync/")
