"""Rule 5.3: the deals of a company that is gone now point at another one, so it was probably merged into that."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from django.utils import timezone
from pytest_django import Settings

from accounts.models import Installation
from invoices import customers, seen_deals
from invoices.deals import RecordFacts, Ref
from sync import deals, services
from sync.models import Issue, Link, Record, Write
from tests.factories import make_installation
from tests.sync.test_relations import merged
from tests.sync.world import World


@dataclass
class Huts:
    """Two companies that are in step, without contacts, and deals of the first."""

    world: World
    loser: str
    survivor: str

    def deal(self, company: str, *, seen: bool = True) -> str:
        made = self.world.remotes.insert(
            "Pipelines", Deal_Name="Winter", Sub_Pipeline="Sales Pipeline Standard", Stage="Enquiry",
            Account_Name={"id": company},
        )  # fmt: skip
        if seen:
            self.saw(made, company)
        return made

    def saw(self, deal: str, company: str) -> None:
        """As when its panel was opened."""
        facts = RecordFacts("Pipelines", deal, "Winter", company=Ref(company, ""))
        customers.remember(self.world.installation, facts)

    def asked(self) -> int:
        rows = self.world.sandbox.calls()["by"]
        return sum(row["count"] for row in rows if row["method"] == "GET" and row["endpoint"] == "/Pipelines/{id}")

    def delete(self, company: str) -> None:
        self.world.later()
        self.world.forget_calls()
        self.world.remotes.delete("Accounts", company)


@pytest.fixture
def huts(world: World) -> Huts:
    world.configure(mode="companies")
    loser = world.remotes.company("Alpine Huts")
    survivor = world.remotes.company("Alpine Huts AG")
    world.settle()
    assert world.customer_names() == ["Alpine Huts", "Alpine Huts AG"]
    return Huts(world, loser, survivor)


def test_rule_5_3_deals_tell_the_record_that_survived_a_merge(huts: Huts) -> None:
    huts.deal(huts.loser)
    merged(huts.world, huts.survivor, huts.loser)
    huts.world.forget_calls()
    huts.world.settle()
    issue = huts.world.issue("two_customers")
    assert "Alpine Huts was merged into Alpine Huts AG in Bigin" in issue.reason
    assert huts.world.writes(op="delete") == []
    assert huts.world.customer_names() == ["Alpine Huts", "Alpine Huts AG"]
    assert huts.asked() == 1


def test_rule_5_3_the_link_may_move_to_the_record_that_has_the_deals(huts: Huts) -> None:
    huts.deal(huts.loser)
    Link.objects.filter(bigin__remote_id=huts.survivor).update(state=Link.State.REFUSED)  # it was never in step
    merged(huts.world, huts.survivor, huts.loser)
    huts.world.sync()
    issue = Issue.objects.get(kind="merge", state="open")
    assert [candidate["id"] for candidate in issue.detail["candidates"]] == [huts.survivor]
    assert services.link_candidate(issue, Record.objects.get(remote_id=huts.survivor), "Ada") is not None
    link = huts.world.link(huts.survivor)
    assert link.books is not None
    assert link.books.label == "Alpine Huts"


def test_rule_5_3_a_company_in_the_bin_whose_deal_points_elsewhere_is_not_deleted_in_books(huts: Huts) -> None:
    deal = huts.deal(huts.loser)
    huts.world.remotes.update("Pipelines", deal, Account_Name={"id": huts.survivor})
    huts.delete(huts.loser)
    huts.world.settle()
    assert huts.world.issue("two_customers").link is not None
    assert huts.world.writes(op="delete") == []
    assert huts.world.customer_names() == ["Alpine Huts", "Alpine Huts AG"]


@pytest.mark.parametrize("what", ["nothing", "gone", "of nobody", "at one that is gone too", "never seen"])
def test_rule_5_3_where_no_deal_points_at_another_company_a_deletion_is_a_deletion(huts: Huts, what: str) -> None:
    other = huts.world.remotes.company("Kestrel Tours")
    huts.world.settle()
    deal = huts.deal(huts.loser, seen=what != "never seen") if what != "nothing" else ""
    if what == "gone":
        huts.world.remotes.delete("Pipelines", deal)
    elif what == "of nobody":
        huts.world.remotes.update("Pipelines", deal, Account_Name=None)
    elif what in ("at one that is gone too", "never seen"):
        huts.world.remotes.update("Pipelines", deal, Account_Name={"id": other})
    huts.delete(huts.loser)
    if what == "at one that is gone too":
        huts.world.remotes.delete("Accounts", other)
    huts.world.settle()
    left = ["Alpine Huts AG"] if what == "at one that is gone too" else ["Alpine Huts AG", "Kestrel Tours"]
    assert huts.world.customer_names() == left
    assert not huts.world.issues()
    assert huts.asked() == (0 if what in ("nothing", "never seen") else 1)


def test_rule_5_3_three_deals_are_asked_at_most_the_last_seen_first_and_an_idle_run_asks_none(huts: Huts) -> None:
    first = huts.deal(huts.loser)
    for _ in range(4):
        huts.deal(huts.loser)
    huts.world.remotes.update("Pipelines", first, Account_Name={"id": huts.survivor})
    huts.world.forget_calls()
    huts.world.sync()
    assert huts.asked() == 0
    huts.delete(huts.loser)
    huts.world.sync()
    assert huts.asked() == 3
    assert [write.op for write in huts.world.writes(op="delete")] == ["delete"]


def test_rule_5_3_what_deals_said_of_an_earlier_deletion_does_not_count_for_a_later_one(huts: Huts) -> None:
    deal = huts.deal(huts.loser)
    huts.world.remotes.update("Pipelines", deal, Account_Name={"id": huts.survivor})
    huts.delete(huts.loser)
    huts.world.settle()
    services.dismiss(huts.world.issue("two_customers"), "Ada")
    huts.world.later()
    huts.world.sandbox.control("POST", "bigin/restore", {"module": "Accounts", "id": huts.loser})
    huts.world.settle()
    assert huts.world.link(huts.loser).state == Link.State.LINKED
    huts.world.remotes.update("Pipelines", deal, Account_Name={"id": huts.loser})
    huts.delete(huts.loser)
    huts.world.settle()
    assert huts.world.customer_names() == ["Alpine Huts AG"]


def test_rule_5_3_a_deal_that_another_organisation_saw_is_not_asked(huts: Huts) -> None:
    deal = huts.deal(huts.loser, seen=False)
    other: Installation = make_installation()
    customers.remember(other, RecordFacts("Pipelines", deal, "Winter", company=Ref(huts.loser, "")))
    huts.delete(huts.loser)
    huts.world.sync()
    assert huts.asked() == 0


def test_rule_5_3_a_deletion_that_was_planned_before_waits_too_while_bigin_does_not_show_a_deal(
    huts: Huts, settings: Settings
) -> None:
    settings.SYNC_DELETE_WAIT_SECONDS = 3600
    deal = huts.deal(huts.loser)
    huts.delete(huts.loser)
    huts.world.sync()
    assert [write.state for write in huts.world.writes(op="delete")] == ["pending"]
    Write.objects.update(not_before=timezone.now())
    Record.objects.filter(remote_id=huts.loser).update(dirty=True)  # as when it leaves Bigin's bin, or is retried
    path = f"^/Pipelines/{deal}$"
    huts.world.sandbox.fault("error_before", product="bigin", method="GET", path=path, times=0, status=503)
    huts.world.sync()
    assert "Nothing was changed in Books" in huts.world.issue("deals_unreadable").reason
    assert huts.world.customer_names() == ["Alpine Huts", "Alpine Huts AG"]
    assert [write.state for write in huts.world.writes(op="delete")] == ["withdrawn"]


def test_whoever_tells_of_deals_is_asked_once_though_registered_twice() -> None:
    before = list(deals._sources)
    deals.told_by(seen_deals.of_company)
    assert deals._sources == before
    assert seen_deals.of_company in before


def test_rule_5_3_a_deal_that_bigin_fails_to_show_holds_up_the_deletion_alone_and_heals(huts: Huts) -> None:
    deal = huts.deal(huts.loser)
    huts.world.remotes.update("Pipelines", deal, Account_Name={"id": huts.survivor})
    path = f"^/Pipelines/{deal}$"
    huts.world.sandbox.fault("error_before", product="bigin", method="GET", path=path, times=0, status=503)
    huts.delete(huts.loser)
    huts.world.remotes.company("Kestrel Tours")
    assert huts.world.sync().state == "done"
    assert "Whether it was merged is not known" in huts.world.issue("deals_unreadable").reason
    assert huts.world.sync().state == "done"
    assert huts.world.writes(op="delete") == []
    assert huts.world.customer_names() == ["Alpine Huts", "Alpine Huts AG", "Kestrel Tours"]
    huts.world.sandbox.control("DELETE", "faults")
    huts.world.settle()
    assert huts.world.issues("deals_unreadable") == []
    assert "merged into Alpine Huts AG" in huts.world.issue("two_customers").reason
