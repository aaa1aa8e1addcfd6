"""What rules ask about a pair is a column; its reason is a sentence for people, and no rule reads it."""

from __future__ import annotations

from importlib import import_module

import pytest
from django.apps import apps

from sync import services
from sync.models import Link
from tests.sync.test_deletes import restore
from tests.sync.world import World


@pytest.mark.parametrize("lost", [False, True])
def test_rule_5_1_what_followed_its_deletion_begins_anew_whatever_its_reason_says(world: World, lost: bool) -> None:
    """Also where the answer to the deletion in Books was lost."""
    company = world.remotes.company("Alpine Huts")
    world.settle()
    world.remotes.delete("Accounts", company)
    if lost:
        world.sandbox.fault("drop_after", product="books", method="DELETE", path="^/contacts/", times=1)
    world.settle()
    assert world.customer_names() == []
    assert Link.objects.get().cause == Link.Cause.FOLLOWED
    Link.objects.update(reason="in other words")
    restore(world, "Accounts", company)
    world.settle()
    assert world.customer_names() == ["Alpine Huts"]
    assert world.link(company).cause == Link.Cause.NONE


def test_a_pair_made_by_hand_is_so_until_it_is_unlinked(world: World) -> None:
    company, customer = world.remotes.company("Alpine Huts"), world.remotes.new_customer("Kestrel Tours")
    world.settle()
    records = world.installation.records
    bigin, books = records.get(remote_id=company), records.get(remote_id=customer)
    link = services.link(world.installation, bigin, books, "Ada")
    assert (link.cause, link.reason) == (Link.Cause.BY_HAND, "linked by Ada")
    services.unlink(link, "Ada")
    link.refresh_from_db()
    assert (link.cause, link.reason) == (Link.Cause.NONE, "unlinked by Ada")


def test_rows_from_before_the_column_are_filled_from_their_words(world: World) -> None:
    reasons = {
        "It was deleted in Bigin, and then here.": "followed",
        "It was deleted in Bigin along with its company.": "followed",
        "It was deleted in Bigin; in Books it was marked inactive.": "inactivated",
        "linked by Ada": "by_hand",
        "equal name": "",
    }
    for number, reason in enumerate(reasons):
        record = world.installation.records.create(side="books", kind="item", remote_id=str(number))
        Link.objects.create(installation=world.installation, kind="product-item", books=record, reason=reason)
    import_module("sync.migrations.0007_link_cause").fill(apps, None)
    assert dict(Link.objects.values_list("reason", "cause")) == reasons
