"""The CSV files hold what the page they were asked from lists: its filters, its module, its preview."""

import csv
import html
import io
import re
from collections.abc import Iterator

import pytest
from django.test import Client
from django.utils import timezone

from sync.models import Module, Proposal, Run
from tests.factories import make_installation
from tests.sync_screens.world import HOSTILE, World

pytestmark = pytest.mark.django_db


def rows_of(client: Client, address: str) -> list[list[str]]:
    """The lines below the head; the file comes to a browser without cookies."""
    answer = client.post(address, headers={"HX-Request": "true"})
    file = Client().get(answer.headers["HX-Redirect"])
    stream: Iterator[bytes] = file.streaming_content  # type: ignore[attr-defined]
    text = b"".join(stream).decode()
    return list(csv.reader(io.StringIO(text)))[1:]


def asked_from(client: Client, page: str) -> str:
    found = re.search(r'action="(/embed/sync/export/[^"]*)"', client.get(page).content.decode())
    assert found is not None
    return html.unescape(found[1])


def preview_of(world: World, module: str, label: str) -> Run:
    run = Run.objects.create(
        installation=world.installation, kind="preview", trigger="person", state="done", modules=[module],
        finished_at=timezone.now(),
    )  # fmt: skip
    Proposal.objects.create(
        run=run, module=module, kind="company-customer", side="books", outcome="create", label=label
    )
    return run


def test_the_file_of_one_modules_preview_holds_that_preview(client: Client, world: World) -> None:
    preview_of(world, Module.CUSTOMERS, "Fjord & Fell")
    preview_of(world, Module.PRODUCTS, "Glacier walk")
    for module, label in ((Module.CUSTOMERS, "Fjord & Fell"), (Module.PRODUCTS, "Glacier walk")):
        address = asked_from(client, f"/embed/sync/{module}/preview/")
        assert [(row[0], row[3]) for row in rows_of(client, address)] == [(module, label)]


def test_the_file_is_of_the_preview_that_the_page_showed_though_a_newer_one_ended_since(
    client: Client, world: World
) -> None:
    address = asked_from(client, "/embed/sync/preview/?outcome=create&page=1")
    preview_of(world, Module.CUSTOMERS, "Island Hop")
    assert [row[3] for row in rows_of(client, address)] == ["Fjord & Fell"]


def test_another_organisations_preview_is_nobodys_file(client: Client, world: World) -> None:
    other = make_other_preview()
    assert rows_of(client, f"/embed/sync/export/preview/?run={other.pk}") == []


def make_other_preview() -> Run:
    run = Run.objects.create(installation=make_installation(), kind="preview", trigger="person", state="done")
    Proposal.objects.create(run=run, module="customers", kind="company-customer", outcome="create", label="Not yours")
    return run


@pytest.mark.parametrize("what", ["issues", "activity", "preview", "pairs"])
@pytest.mark.parametrize(
    "query", ["q=%00", "q=Kes%00trel&side=%00&module=%00", "run=99999999999999999999", "page=%00&state=%00&kind=%00"]
)
def test_no_filter_breaks_a_file(client: Client, world: World, what: str, query: str) -> None:
    rows_of(client, f"/embed/sync/export/{what}/?{query}")


def test_nul_in_a_filter_is_as_if_it_were_not_there(client: Client, world: World) -> None:
    wanted = rows_of(client, "/embed/sync/export/activity/?q=Harbour")
    assert wanted
    assert rows_of(client, "/embed/sync/export/activity/?q=Har%00bour&op=%00") == wanted


@pytest.mark.parametrize("what", ["issues", "activity", "preview"])
def test_a_filter_of_any_length_filters_the_file(client: Client, world: World, what: str) -> None:
    assert rows_of(client, f"/embed/sync/export/{what}/") != []
    assert rows_of(client, f"/embed/sync/export/{what}/?q={'x' * 1500}") == []


def test_what_a_spreadsheet_would_run_is_shown_instead(client: Client, world: World) -> None:
    Proposal.objects.filter(run=world.preview, label=HOSTILE).update(label="=1+1")
    assert "'=1+1" in {row[3] for row in rows_of(client, "/embed/sync/export/preview/")}
