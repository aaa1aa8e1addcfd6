"""PostgreSQL has no text with NUL in it: no box to search in, and no form, breaks over one that was pasted."""

import pytest
from django.test import Client

from tests.sync_screens.world import World

pytestmark = pytest.mark.django_db
NAMES = (
    "q=a%00&kind=%00&state=%00&module=%00&side=%00&code=%00&outcome=%00&op=%00&run=%00&trigger=%00&show=%00&page=%00"
)
PAGES = [
    "pairs/",
    "pairs/?show=bigin",
    "pairs/?show=books",
    "pairs/link/{alone}/",
    "pairs/{pair}/",
    "issues/",
    "conflicts/",
    "activity/",
    "activity/records/",
    "runs/{run}/",
    "preview/",
    "customers/preview/",
    "progress/",
    "health/",
    "",
]


@pytest.mark.parametrize("page", PAGES)
def test_no_search_box_breaks_over_nul(client: Client, world: World, page: str) -> None:
    path = page.format(alone=world.alone.pk, pair=world.links[0].pk, run=world.run.pk)
    answer = client.get(f"/embed/sync/{path}{'&' if '?' in path else '?'}{NAMES}")
    assert answer.status_code == 200


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("issues/bulk/", {"action": "retry-code", "code": "\x00"}),
        ("issues/bulk/", {"action": "\x00", "issue": "\x00"}),
        ("issues/{issue}/link/", {"record": "1\x00"}),
        ("conflicts/{clash}/", {"field:contact_name": "\x00"}),
        ("conflicts/bulk/", {"side": "\x00", "issue": "\x00"}),
        ("pairs/link/", {"bigin": "1\x00", "books": "\x00"}),
        ("start/", {"module": "\x00"}),
        ("now/", {"module": "\x00"}),
    ],
)
def test_no_form_breaks_over_nul(client: Client, world: World, path: str, body: dict[str, str]) -> None:
    address = path.format(issue=world.duplicate.pk, clash=world.clash.pk)
    assert client.post(f"/embed/sync/{address}", body).status_code in (200, 302, 404)
