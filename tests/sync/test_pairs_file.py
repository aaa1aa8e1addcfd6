"""Rules 5.8, from screen to screen: the pairs' file out, Delete integration, a new Setup, the file in."""

from __future__ import annotations

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from accounts.models import Installation
from invoices import removal
from sync import services
from sync.models import Decision, Link, Record
from tests.factories import make_member, signed_in_client
from tests.sync.world import World


def browser(installation: Installation) -> Client:
    return signed_in_client(make_member(installation))


def downloaded(installation: Installation) -> bytes:
    answer = browser(installation).post("/embed/sync/export/pairs/", headers={"HX-Request": "true"})
    file = Client().get(answer.headers["HX-Redirect"])
    assert file.headers["Content-Disposition"] == 'attachment; filename="pairs.csv"'
    return b"".join(file.streaming_content)  # type: ignore[attr-defined]


def bring_back(installation: Installation, content: bytes) -> str:
    upload = {"file": SimpleUploadedFile("pairs.csv", content)}
    answer = browser(installation).post("/embed/sync/pairs/import/", upload)
    assert answer.status_code == 200
    return str(answer.content.decode())


def record(remote_id: str) -> Record:
    return Record.objects.get(remote_id=remote_id)


def standing(world: World) -> list[tuple[str, str, str, str]]:
    rows = Link.objects.filter(installation=world.installation, bigin__isnull=False, books__isnull=False)
    return sorted(
        (link.kind, link.bigin.remote_id, link.books.remote_id, link.state)
        for link in rows.exclude(state__in=Link.DEAD).select_related("bigin", "books")
        if link.bigin and link.books
    )


def arranged(world: World) -> tuple[str, str]:
    """Pairs of every sort and decisions of both; returns the one that only a person could have made."""
    world.configure(create_in_bigin="none")
    company = world.remotes.company("Alpine Huts")
    world.remotes.contact("Berg", company, First_Name="Nils", Email="nils@alpine.example")
    world.remotes.company("Harbour Lights Ltd")
    world.remotes.new_customer("Harbour Lights Limited")
    odd, unlike = world.remotes.company("=Kestrel"), world.remotes.new_customer("Old Town Walks")
    world.remotes.product("Glacier walk", Unit_Price=40)
    apart = world.remotes.company("Fjord & Fell")
    world.settle()
    for issue in world.issues("possible_duplicate"):
        services.create_anyway(issue, "Ada")
    services.link(world.installation, record(odd), record(unlike), "Ada")
    services.unlink(world.link(apart), "Ada")
    world.settle()
    return odd, unlike


def test_rule_5_8_pairs_survive_delete_integration_as_a_file_and_nothing_is_created_twice(world: World) -> None:
    odd, unlike = arranged(world)
    pairs, decided = standing(world), sorted(Decision.objects.values_list("bigin_id", "books_id", "verdict"))
    assert {state for *_, state in pairs} == {Link.State.LINKED, Link.State.APART}
    assert len(decided) == 2  # the one that was told apart, and the pair that was unlinked
    content = downloaded(world.installation)
    stood = world.remotes.snapshot()
    assert removal.delete(world.installation) == []
    assert not Link.objects.exists()
    world.remotes.close()

    again = World(world.sandbox)
    again.configure(create_in_bigin="none")
    text = bring_back(again.installation, content)
    assert f"<strong>{len(pairs)}</strong><span>linked</span>" in text
    assert "<strong>2</strong><span>decisions kept</span>" in text
    again.settle()
    assert again.remotes.snapshot() == stood
    assert standing(again) == pairs
    assert sorted(Decision.objects.values_list("bigin_id", "books_id", "verdict")) == decided
    again.later()
    again.remotes.update("Accounts", odd, Website="https://kestrel.example")
    again.settle()
    assert again.remotes.customer(unlike)["website"] == "https://kestrel.example"
    again.remotes.close()


def test_rule_5_8_what_was_deleted_on_one_side_does_not_come_back_with_a_new_setup(world: World) -> None:
    """Rules 5.1: who is left counts as linked, also after a Delete; what was restored meanwhile goes on."""
    world.configure(delete_policy="keep")
    kept, lost, back = (world.remotes.company(name) for name in ("Alpine Huts", "Fjord Tours", "Harbour Lights"))
    world.remotes.contact("Berg", kept, First_Name="Nils", Email="nils@alpine.example")
    world.settle()
    world.remotes.delete("Accounts", kept, back)
    world.remotes.books.delete_contact(world.remotes.customer_named("Fjord Tours"))
    world.installation.cursors.update(listed_at=None)
    world.settle()
    assert {world.link(one).state for one in (kept, lost, back)} == {Link.State.CLOSED}
    content = downloaded(world.installation)
    assert removal.delete(world.installation) == []
    world.remotes.close()

    again = World(world.sandbox)
    again.sandbox.control("POST", "bigin/restore", {"module": "Accounts", "id": back})
    text = bring_back(again.installation, content)
    assert 'data-test="refused"' not in text
    assert "<span>ended</span>" in text
    again.settle()
    assert again.company_names() == ["Fjord Tours", "Harbour Lights"]
    assert again.customer_names() == ["Alpine Huts", "Harbour Lights"]
    assert again.remotes.contacts() == {}
    assert [again.link(one).state for one in (kept, lost, back)] == ["closed", "closed", "linked"]
    assert again.issue("vanished").link == again.link(lost)
    assert "0</strong><span>linked" in bring_back(again.installation, content)
    services.create_anyway(again.issue("vanished"), "Ada")
    again.settle()
    assert again.customer_names() == ["Alpine Huts", "Fjord Tours", "Harbour Lights"]
    again.remotes.close()


def test_rule_5_8_the_file_of_other_organisations_links_nothing(world: World) -> None:
    arranged(world)
    content = downloaded(world.installation).replace(world.installation.bigin_org_id.encode(), b"1")
    before = standing(world)
    text = bring_back(world.installation, content)
    assert "it belongs to other organisations" in text
    assert standing(world) == before


def test_rule_5_8_a_person_of_the_file_that_books_has_no_more_is_told_as_vanished(world: World) -> None:
    """No list of Books has persons, so it is the details of all customers that tell."""
    company = world.remotes.company("Alpine Huts")
    contact = world.remotes.contact("Berg", company, First_Name="Nils", Email="nils@alpine.example")
    world.settle()
    lines = list(services.pairs_csv(world.installation))
    person = world.link(contact).books
    assert person is not None
    world.remotes.books.delete_person(person.remote_id)
    world.installation.links.all().delete()
    world.installation.records.all().delete()
    world.installation.cursors.all().delete()
    assert services.import_pairs(world.installation, lines, "Ada").linked == 2
    world.settle()
    assert (world.link(contact).state, world.link(company).state) == (Link.State.CLOSED, Link.State.LINKED)
    assert world.issue("vanished").link == world.link(contact)
    assert not Record.objects.filter(dirty=True).exists()
