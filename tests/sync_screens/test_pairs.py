"""Pairs: browse, search, link, unlink, relink, the file out and in."""

from collections.abc import Iterator

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from sync.models import Link, ModuleSetting, Record, Write
from tests.sync_screens.world import World

pytestmark = pytest.mark.django_db
PAIRS = "/embed/sync/pairs/"


def text_of(client: Client, path: str = PAIRS) -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    return answer.content.decode()


@pytest.fixture
def free(world: World) -> Record:
    return Record.objects.create(
        installation=world.installation, side="books", kind="customer", remote_id="46999",
        label="Northern Lights Tours GmbH", keys=["name:northern lights tours"],
    )  # fmt: skip


def test_browse_search_and_filter(client: Client, world: World) -> None:
    assert "10 pairs" in text_of(client)
    found = text_of(client, f"{PAIRS}?q=kestrel")
    assert "1 pair" in found
    assert "Blue Harbour" not in found
    assert "1 pair" in text_of(client, f"{PAIRS}?q=8100000000000003")
    assert "No pairs here" in text_of(client, f"{PAIRS}?kind=product-item")
    assert "No pairs here" in text_of(client, f"{PAIRS}?state=apart")


def test_what_stands_alone_is_listed_by_side(client: Client, world: World, free: Record) -> None:
    assert "Northern Lights Tours" in text_of(client, f"{PAIRS}?show=bigin")
    books = text_of(client, f"{PAIRS}?show=books")
    assert "1 record without a pair" in books
    assert "Northern Lights Tours GmbH" in books


def test_a_pair_shows_both_sides_field_by_field_and_its_history(client: Client, world: World) -> None:
    text = text_of(client, f"{PAIRS}{world.links[0].pk}/")
    table = text[text.index('data-test="fields"') :]
    assert "+44 20 7946 0018" in table
    assert "differs" in table  # York here, Leeds there
    history = text[text.index('data-test="writes"') :]
    assert "<del>Leeds</del>" in history
    assert "<ins>York</ins>" in history


def test_link_by_hand_offers_what_shares_something_and_what_is_searched(
    client: Client, world: World, free: Record
) -> None:
    offered = text_of(client, f"{PAIRS}link/{world.alone.pk}/")
    assert f'data-test="link-{free.pk}"' in offered
    assert "Bigin's value replaces that of Zoho Books, the name too" in offered
    assert "No candidate" in text_of(client, f"{PAIRS}link/{world.alone.pk}/?q=kestrel")  # taken
    assert f'data-test="link-{free.pk}"' in text_of(client, f"{PAIRS}link/{world.alone.pk}/?q=gmbh")
    client.post(f"{PAIRS}link/", {"bigin": world.alone.pk, "books": free.pk})
    link = Link.objects.get(bigin=world.alone)
    assert (link.books, link.state, link.reason) == (free, "linked", "linked by Ada Keller")


def test_contacts_say_that_a_pair_made_by_hand_overwrites_nothing(client: Client, world: World, free: Record) -> None:
    ModuleSetting.objects.filter(module="customers").update(mode="contacts")
    offered = text_of(client, f"{PAIRS}link/{free.pk}/")
    assert "Where both hold something, each keeps it until somebody edits that field" in offered
    assert "Bigin's value replaces" not in offered


def test_two_of_a_kind_that_never_match_are_refused_in_words(client: Client, world: World) -> None:
    item = Record.objects.create(
        installation=world.installation, side="books", kind="item", remote_id="1", label="Tour"
    )
    client.post(f"{PAIRS}link/", {"bigin": world.alone.pk, "books": item.pk})
    assert "cannot be a pair" in text_of(client)
    assert not Link.objects.filter(bigin=world.alone).exists()


def test_sides_cannot_be_swapped(client: Client, world: World, free: Record) -> None:
    assert client.post(f"{PAIRS}link/", {"bigin": free.pk, "books": world.alone.pk}).status_code == 404
    assert client.post(f"{PAIRS}link/", {"bigin": "", "books": free.pk}).status_code == 404


def test_unlink_and_link_again(client: Client, world: World) -> None:
    link = world.links[0]
    client.post(f"{PAIRS}{link.pk}/unlink/")
    client.post(f"{PAIRS}{link.pk}/unlink/")
    link.refresh_from_db()
    assert link.state == "apart"
    assert Record.objects.filter(pk__in=[link.bigin_id, link.books_id]).count() == 2
    page = text_of(client, f"{PAIRS}{link.pk}/")
    assert 'data-test="relink"' in page
    client.post(f"{PAIRS}link/", {"bigin": link.bigin_id, "books": link.books_id})
    assert Link.objects.get(bigin=link.bigin_id, state="linked").books_id == link.books_id


def taken_away(client: Client) -> bytes:
    answer = client.post("/embed/sync/export/pairs/", headers={"HX-Request": "true"})
    stream: Iterator[bytes] = client.get(answer.headers["HX-Redirect"]).streaming_content  # type: ignore[attr-defined]
    return b"".join(stream)


def test_rule_5_8_pairs_come_back_from_their_file(client: Client, world: World) -> None:
    file = taken_away(client)
    before = {(link.bigin.remote_id, link.books.remote_id) for link in world.links if link.bigin and link.books}
    Link.objects.all().delete()
    Record.objects.all().delete()
    answer = client.post(f"{PAIRS}import/", {"file": SimpleUploadedFile("pairs.csv", file)})
    text = answer.content.decode()
    assert "<strong>10</strong><span>linked</span>" in text
    after = {
        (link.bigin.remote_id, link.books.remote_id)
        for link in Link.objects.select_related("bigin", "books")
        if link.bigin and link.books
    }
    assert after == before
    again = client.post(f"{PAIRS}import/", {"file": SimpleUploadedFile("pairs.csv", file)}).content.decode()
    assert "<strong>10</strong><span>linked before</span>" in again
    assert Link.objects.count() == 10


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "The file is empty"),
        (b"\xff\xfe\x00garbage\x9d", "The file is not text"),
    ],
)
def test_a_wrong_file_says_what_is_wrong_and_loses_nothing(
    client: Client, world: World, content: bytes, message: str
) -> None:
    client.post(f"{PAIRS}import/", {"file": SimpleUploadedFile("pairs.csv", content)})
    assert message in text_of(client)
    assert Link.objects.count() == 10


def test_no_file_and_lines_of_another_organisation(client: Client, world: World) -> None:
    client.post(f"{PAIRS}import/")
    assert "Choose the CSV file first." in text_of(client)
    foreign = taken_away(client).replace(world.installation.bigin_org_id.encode(), b"123")
    text = client.post(f"{PAIRS}import/", {"file": SimpleUploadedFile("pairs.csv", foreign)}).content.decode()
    assert "it belongs to other organisations" in text
    assert "<strong>10</strong><span>not linked</span>" in text


def test_a_difference_that_was_taken_back_says_so_and_that_it_stays(client: Client, world: World) -> None:
    link = world.links[1]
    assert link.bigin is not None
    assert link.books is not None
    link.bigin.fields = {name: value for name, value in link.bigin.fields.items() if name != "Billing_Country"}
    link.bigin.save()
    assert "differs" not in text_of(client, f"{PAIRS}{link.pk}/")
    link.books.fields = {**link.books.fields, "billing_address.city": "Leeds"}
    link.books.save()
    assert "differs</span>" in text_of(client, f"{PAIRS}{link.pk}/")
    link.books_base = {**link.books_base, "billing_address.city": "Leeds"}
    link.save()
    assert "differs, left so" in text_of(client, f"{PAIRS}{link.pk}/")
    undone = link.writes.filter(state="done").order_by("-pk")[0]
    Write.objects.create(
        installation=world.installation, link=link, side="books", op="update", state="done", undoes=undone,
        fields={"billing_address.city": "Leeds"}, before={"billing_address.city": "York"},
    )  # fmt: skip
    text = text_of(client, f"{PAIRS}{link.pk}/")
    assert "differs: taken back" in text
    assert "no run changes it until somebody edits that field" in text
    assert "takes back an earlier change" in text


def test_a_change_without_undo_says_why(client: Client, world: World) -> None:
    write = world.write
    for op, side, before, words in (
        ("move", "books", {"person": "1"}, "Move the contact back in Bigin"),
        ("delete", "bigin", None, "recycle bin"),
        ("update", "books", None, "not kept any more"),
    ):
        Write.objects.filter(pk=write.pk).update(op=op, side=side, before=before)
        text = text_of(client, f"{PAIRS}{write.link_id}/")
        assert words in text, op
        assert f'data-test="undo-{write.pk}"' not in text
    Write.objects.filter(pk=write.pk).update(op="delete", side="books", before={"contact_id": "1"})
    assert f'data-test="undo-{write.pk}"' in text_of(client, f"{PAIRS}{write.link_id}/")
