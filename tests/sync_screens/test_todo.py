"""To do: reasons and advice, retry one and all of a kind, candidates, what the brake held, second clicks."""

import pytest
from django.test import Client
from django.utils import timezone

from sync.models import Decision, Issue, Link, Record, Undoing, Write
from tests.factories import make_installation
from tests.sync_screens.world import World, fill

pytestmark = pytest.mark.django_db
LIST = "/embed/sync/issues/"


def text_of(client: Client, path: str = LIST) -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    return answer.content.decode()


def test_each_record_has_its_reason_and_what_to_do(client: Client, world: World) -> None:
    text = text_of(client)
    assert "A customer with nearly the same name exists in Books." in text
    assert "Link the two, or create a new customer anyway." in text
    assert "Books does not know the value “Adventure” of the field Industry." in text
    assert "Possible duplicate" in text
    assert "<img" not in text  # one of the records is called so


def test_what_is_about_many_records_is_named_by_its_reason(client: Client, world: World) -> None:
    issue = held_issue(world)
    assert f'<a href="{LIST}{issue.pk}/">More deletions than usual, held</a>' in text_of(client)


def test_equal_reasons_are_counted_together_in_general_words(client: Client, world: World) -> None:
    Issue.objects.create(
        installation=world.installation, link=world.links[6], module="customers", kind="skipped", code="picklist",
        reason="Books does not know “A”.",
    )  # fmt: skip
    one = text_of(client)
    assert "Books does not know “A”." in one[: one.index('data-test="issues"')]
    Issue.objects.create(
        installation=world.installation, link=world.links[7], module="customers", kind="skipped", code="picklist",
        reason="Books does not know “B”.",
    )  # fmt: skip
    both = text_of(client)
    groups = both[: both.index('data-test="issues"')]
    assert "A picklist of the other side lacks the value" in groups
    assert "Books does not know" not in groups.replace("Books does not know the value “Adventure”", "")
    assert 'data-test="retry-all-picklist"' in groups


def test_filters_and_search(client: Client, world: World) -> None:
    by_code = text_of(client, f"{LIST}?code=picklist_value")
    table = by_code[by_code.index('data-test="issues"') :]
    assert "Adventure" in table
    assert "Northern Lights Tours" not in table
    found = text_of(client, f"{LIST}?q=northern+lights")
    assert "Northern Lights Tours" in found[found.index('data-test="issues"') :]
    assert "Nothing to do" in text_of(client, f"{LIST}?q=nobody")
    assert "Nothing to do" in text_of(client, f"{LIST}?state=dismissed")


def test_nothing_to_do_says_so(client: Client) -> None:
    assert "Every record that was synchronised is in step." in text_of(client)


def test_retry_one(client: Client, world: World) -> None:
    client.post(f"{LIST}{world.skipped.pk}/retry/")
    world.skipped.refresh_from_db()
    assert world.skipped.retry_at is not None
    assert world.skipped.state == "open"
    link = Link.objects.select_related("bigin").get(issues=world.skipped)
    assert link.bigin is not None
    assert link.bigin.dirty
    assert "It is tried again with the next run" in text_of(client)


def test_retry_all_of_a_kind(client: Client, world: World) -> None:
    client.post(f"{LIST}bulk/", {"action": "retry-code", "code": "picklist_value"})
    assert list(Issue.objects.filter(retry_at__isnull=False)) == [world.skipped]
    assert "1 record is tried again" in text_of(client)


def test_candidates_are_shown_with_score_and_why_and_linked(client: Client, world: World) -> None:
    text = text_of(client, f"{LIST}{world.duplicate.pk}/")
    assert "nearly the same name" in text
    assert '<td class="num" data-label="Score">70</td>' in text
    free = Record.objects.create(
        installation=world.installation, side="books", kind="customer", remote_id="46999", label="Northern Lights"
    )
    world.duplicate.detail = {"candidates": [{"record": free.pk, "id": "46999", "score": 70, "why": "nearly"}]}
    world.duplicate.save()
    client.post(f"{LIST}{world.duplicate.pk}/link/", {"record": free.pk})
    made = Link.objects.get(bigin=world.alone)
    assert made.books == free
    assert made.state == "linked"
    world.duplicate.refresh_from_db()
    assert (world.duplicate.state, world.duplicate.closed_by) == ("resolved", "Ada Keller")


def test_another_organisations_record_is_no_candidate(client: Client, world: World) -> None:
    foreign = fill(make_installation()).links[0].books_id
    assert client.post(f"{LIST}{world.duplicate.pk}/link/", {"record": foreign}).status_code == 404
    assert client.post(f"{LIST}{world.duplicate.pk}/link/", {"record": "x"}).status_code == 404
    world.duplicate.refresh_from_db()
    assert world.duplicate.state == "open"
    assert not Link.objects.filter(bigin=world.alone).exists()


def test_create_anyway_remembers_that_they_are_not_the_same(client: Client, world: World) -> None:
    world.duplicate.detail = {"candidates": [{"record": world.links[0].books_id, "id": "4600000000000", "score": 70}]}
    world.duplicate.save()
    client.post(f"{LIST}bulk/", {"action": "create", "issue": [world.duplicate.pk]})
    decision = Decision.objects.get()
    assert (decision.bigin_id, decision.books_id, decision.verdict) == (
        "8100000000000999",
        "4600000000000",
        "different",
    )
    world.duplicate.refresh_from_db()
    assert world.duplicate.state == "resolved"


def test_a_second_click_says_that_it_was_settled(client: Client, world: World) -> None:
    for _click in range(2):
        client.post(f"{LIST}{world.skipped.pk}/dismiss/")
    world.skipped.refresh_from_db()
    assert world.skipped.state == "dismissed"
    text = text_of(client)
    assert "Dismissed. It comes back only if something changes." in text
    assert "This was settled in the meantime." in text


def test_bulk_takes_only_ticked_rows_of_the_own_organisation(client: Client, world: World) -> None:
    other = fill(make_installation())
    client.post(
        f"{LIST}bulk/", {"action": "dismiss", "issue": [world.skipped.pk, other.skipped.pk, "nonsense", "9" * 30]}
    )
    assert list(Issue.objects.filter(state="dismissed")) == [world.skipped]
    client.post(f"{LIST}bulk/", {"action": "dismiss"})
    assert "Tick the rows you mean first." in text_of(client)
    assert client.post(f"{LIST}bulk/", {"action": "explode"}).status_code == 404
    assert client.post(f"{LIST}{world.clash.pk}/explode/").status_code == 404


def resembling(world: World, name: str, *customers: Record) -> Issue:
    """A company that is held because these may be the same."""
    company = Record.objects.create(
        installation=world.installation, side="bigin", kind="company", remote_id=f"81-{name}", label=name
    )
    noted = [{"record": one.pk, "id": one.remote_id, "score": 55, "why": "same name only"} for one in customers]
    return Issue.objects.create(
        installation=world.installation, record=company, module="customers", kind="duplicate",
        code="possible_duplicate" if len(noted) == 1 else "candidates", reason=f"Books may have {name} already.",
        detail={"candidates": noted},
    )  # fmt: skip


def test_rule_3_1_what_has_one_candidate_is_linked_in_bulk_and_the_others_are_left(
    client: Client, world: World
) -> None:
    one, two = (
        Record.objects.create(
            installation=world.installation, side="books", kind="customer", remote_id=f"46-{name}", label=name
        )
        for name in ("Fell Tours", "Moor Tours")
    )
    sure, unsure = resembling(world, "Fell Tours", one), resembling(world, "Moors", one, two)
    again = resembling(world, "Fell Tour", one)  # its candidate is taken by the first
    ticked = [sure.pk, unsure.pk, again.pk, world.duplicate.pk, world.skipped.pk]
    client.post(f"{LIST}bulk/", {"action": "link", "issue": ticked})
    made = Link.objects.get(books__in=[one, two])
    assert (made.bigin_id, made.books_id, made.state) == (sure.record_id, one.pk, "linked")
    assert set(Issue.objects.filter(state="open", pk__in=ticked)) == {unsure, again, world.duplicate, world.skipped}
    text = text_of(client)
    assert "Done for 1 record." in text
    assert "Books may have Moors already. Open it, and choose which one." in text
    assert "1 more is left too." in text


def test_what_tells_records_of_one_name_apart_stands_beside_them(client: Client, world: World) -> None:
    customer = world.links[1].books
    assert customer is not None
    person = Record.objects.create(
        installation=world.installation, side="books", kind="person", remote_id="47001", label="Ivo Faro",
        parent_id=customer.remote_id, fields={"name": "Ivo Faro", "email": "ivo@harbour.example", "phone": None},
    )  # fmt: skip
    contact = Record.objects.create(
        installation=world.installation, side="bigin", kind="contact", remote_id="82001", label="Ivo Faro",
        parent_id=world.alone.remote_id, fields={"Email": "i.faro@lights.example"},
    )  # fmt: skip
    issue = Issue.objects.create(
        installation=world.installation, record=contact, module="customers", kind="duplicate",
        code="possible_duplicate", reason="Books may have it already.",
        detail={"candidates": [{"record": person.pk, "id": "47001", "score": 55, "why": "same name only"}]},
    )  # fmt: skip
    assert "Contact in Bigin" in text_of(client)
    text = text_of(client, f"{LIST}{issue.pk}/")
    assert "Contact in Bigin: Northern Lights Tours" in text
    assert "<dt>E-mail</dt><dd>i.faro@lights.example</dd>" in text
    assert "Blue Harbour Cruises, ivo@harbour.example" in text
    assert "Blue Harbour Cruises, ivo@harbour.example" in text_of(
        client, f"/embed/sync/pairs/link/{contact.pk}/?q=faro"
    )
    assert "Contact in Bigin: Northern Lights Tours, i.faro@lights.example" in text_of(
        client, "/embed/sync/pairs/?show=bigin&q=faro"
    )


def held_issue(world: World) -> Issue:
    writes = list(world.held.writes.order_by("pk").values_list("pk", flat=True))
    return Issue.objects.create(
        installation=world.installation, run=world.held, module="customers", kind="held", code="too_many_deletions",
        reason="3 deletions would be made within 24 hours, more than usual.",
        detail={"writes": writes, "count": 3, "run": world.held.pk},
    )  # fmt: skip


def test_rule_5_4_what_is_held_is_listed_and_approval_covers_exactly_that_list(client: Client, world: World) -> None:
    issue = held_issue(world)
    outside = Write.objects.create(
        installation=world.installation, link=world.links[8], side="books", op="delete", state="held"
    )
    text = text_of(client, f"{LIST}{issue.pk}/")
    assert "Kestrel Adventure Co." in text
    assert 'data-test="approve"' in text
    assert 'data-test="retry"' not in text
    client.post(f"{LIST}{issue.pk}/approve/")
    assert set(Write.objects.filter(pk__in=issue.detail["writes"]).values_list("state", flat=True)) == {"pending"}
    outside.refresh_from_db()
    assert outside.state == "held"


def test_a_held_run_can_be_refused_from_its_page(client: Client, world: World) -> None:
    issue = held_issue(world)
    text = text_of(client, f"/embed/sync/runs/{world.held.pk}/")
    assert "Held: would you look at this first?" in text
    client.post(f"/embed/sync/runs/{world.held.pk}/refuse/")
    assert set(Write.objects.filter(pk__in=issue.detail["writes"]).values_list("state", flat=True)) == {"withdrawn"}
    issue.refresh_from_db()
    assert issue.state == "dismissed"


def test_an_undo_that_failed_tells_how_much_is_not_taken_back(client: Client, world: World) -> None:
    undoing = Undoing(installation=world.installation, series=world.run.series, who="Ada", state="failed", upto=9)
    undoing.total, undoing.looked, undoing.below = 5, 2, 4
    undoing.save()
    text = text_of(client, f"/embed/sync/runs/{world.run.pk}/undo/")
    assert "3 changes were not looked at and are not taken back" in text
    assert "every 2s" not in text


def test_a_run_names_the_person_who_asked_for_it(client: Client, world: World) -> None:
    world.run.trigger, world.run.started_by = "person", "<b>Ada</b>"
    world.run.save()
    for path in ("/embed/sync/activity/", f"/embed/sync/runs/{world.run.pk}/"):
        assert "(&lt;b&gt;Ada&lt;/b&gt;)" in text_of(client, path)


def test_rule_5_4_a_held_list_is_neither_dismissed_nor_created_from_the_list_of_issues(
    client: Client, world: World
) -> None:
    issue = held_issue(world)
    assert f'value="{issue.pk}" id="issue-{issue.pk}" disabled' in text_of(client)
    for action in ("dismiss", "create", "retry"):
        client.post(f"{LIST}bulk/", {"action": action, "issue": [issue.pk, world.skipped.pk]})
        client.post(f"{LIST}{issue.pk}/{action}/")
        issue.refresh_from_db()
        assert issue.state == "open"
        text = text_of(client)
        assert "Done for 1 record." in text or action != "dismiss"
        assert "approve or refuse it" in text
    assert set(Write.objects.filter(pk__in=issue.detail["writes"]).values_list("state", flat=True)) == {"held"}


def test_a_candidate_deleted_meanwhile_is_told(client: Client, world: World) -> None:
    gone = Record.objects.create(
        installation=world.installation, side="books", kind="customer", remote_id="46999", label="Northern Lights",
        gone_at=timezone.now(),
    )  # fmt: skip
    answer = client.post(f"{LIST}{world.duplicate.pk}/link/", {"record": gone.pk})
    assert answer.headers["Location"].endswith(f"/issues/{world.duplicate.pk}/")
    assert "One of the two is deleted." in text_of(client, f"{LIST}{world.duplicate.pk}/")
    world.duplicate.refresh_from_db()
    assert world.duplicate.state == "open"


def test_rule_5_1_a_survivor_may_be_linked_to_another_record(client: Client, world: World) -> None:
    link = world.links[3]
    assert link.bigin is not None
    assert link.books is not None
    for kind, gone, survivor in (("vanished", link.books, link.bigin), ("merge", link.bigin, link.books)):
        Record.objects.filter(pk__in=[link.bigin_id, link.books_id]).update(gone_at=None)
        Record.objects.filter(pk=gone.pk).update(gone_at=timezone.now())
        issue = Issue.objects.create(
            installation=world.installation, link=link, module="customers", kind=kind, code=kind, reason="Gone."
        )
        text = text_of(client, f"{LIST}{issue.pk}/")
        assert f'href="/embed/sync/pairs/link/{survivor.pk}/"' in text, text
