"""Why a record may stand without a counterpart, and that none stands twice: each by a setting, by something people did
that the ledger saw, or by an issue.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import cached_property

from django.db.models import Q, QuerySet

from sync.issues import CHANGED_SINCE, OTHERS_STAY
from sync.models import Decision, Issue, Link
from tests.sync_proof.ledger import Key, Ledger, module_of
from tests.sync_proof.people import Row
from tests.sync_proof.values import KINDS, SIDES, company_of, label

_VERDICTS = {"skip": ("skipped",), "clone": ("apart",), "overwrite": ()}  # what each duplicate policy decides


@dataclass
class Reasons:
    ledger: Ledger

    def check(self) -> None:
        for key, row in self.ledger.rows.items():
            if key not in self.paired:
                self._alone(key, row)
        self._twins()
        self._doubles()

    @cached_property
    def paired(self) -> set[Key]:
        return self._ids("linked")

    def _ids(self, *states: str) -> set[Key]:
        links = self._links().filter(state__in=states)
        rows = links.values_list("bigin__kind", "bigin__remote_id", "books__kind", "books__remote_id")
        return {(str(kind), str(one)) for a, b, c, d in rows for kind, one in ((a, b), (c, d)) if one}

    def _links(self) -> QuerySet[Link]:
        return Link.objects.filter(installation=self.ledger.installation).select_related("bigin", "books")

    # One that stands alone

    def _alone(self, key: Key, row: Row) -> None:
        issues = self._issues(key)
        if len(issues) > 1 and not self._is_told_of_an_undo_too(issues):
            self.ledger.say("more than one issue:", *key, label(key[0], row), issues)
        if issues or key in self.ledger.dismissed:
            return
        if not self._parted(key) and not self._skipped(key) and not self._excluded(key, row):
            self.ledger.say("no reason:", *key, label(key[0], row), self._told(key))

    @staticmethod
    def _is_told_of_an_undo_too(issues: list[tuple[str, str]]) -> bool:
        """The run that left an undo found a merge or a deletion behind it as well, or the persons for whose sake its
        customer stays without its contact: what became of the undo, and what is asked."""
        codes = [code for _, code in issues]
        others = {"merge", "two_customers", "vanished", OTHERS_STAY}
        return len(codes) == 2 and CHANGED_SINCE in codes and bool(others.intersection(codes))

    def _issues(self, key: Key) -> list[tuple[str, str]]:
        kind, one = key
        of_link = Q(link__bigin__remote_id=one, link__bigin__kind=kind)
        of_link |= Q(link__books__remote_id=one, link__books__kind=kind)
        its = of_link | Q(record__remote_id=one, record__kind=kind)
        rows = Issue.objects.filter(its, installation=self.ledger.installation, state="open")
        return list(rows.values_list("kind", "code"))

    def _own(self, key: Key) -> QuerySet[Link]:
        kind, one = key
        mine = Q(bigin__kind=kind, bigin__remote_id=one) | Q(books__kind=kind, books__remote_id=one)
        return self._links().filter(mine)

    def _told(self, key: Key) -> list[tuple[str, str, str]]:
        return list(self._own(key).values_list("kind", "state", "reason"))

    def _parted(self, key: Key) -> bool:
        """Its pair was ended by what people did: the ledger says so, not the link alone."""
        return any(
            (link.state == "closed" and self._was_closed(link))
            or (link.state == "apart" and link.pk in self.ledger.unlinked)
            or (link.state == "beside" and self._has_another(link))
            for link in self._own(key)
        )

    def _was_closed(self, link: Link) -> bool:
        ledger = self.ledger
        left, right = (
            (kind, record.remote_id) if record is not None else None
            for kind, record in zip(KINDS[link.kind], (link.bigin, link.books), strict=True)
        )
        if left is None and right is not None:  # let go: its contact has or had another company
            return ledger.modes() > 1 or bool(ledger.partners_of(right) & ledger.moved)
        if left is None or left in ledger.rows:
            return right not in ledger.rows
        return right is None or self._was_taken_back(link) or not self._should_follow(left, right)

    def _was_taken_back(self, link: Link) -> bool:
        """Undone last of all: what its creation was made from stays, also where a person was quicker to delete that,
        and what its deletion had ended is there again."""
        last = link.writes.order_by("pk").last()
        if link.pk not in self.ledger.unlinked or last is None or last.undoes is None:
            return False
        return last.state == "done" and (last.op, last.undoes.op) in (("delete", "create"), ("create", "delete"))

    def _should_follow(self, left: Key, right: Key) -> bool:
        """Whether the survivor in Books was to be deleted or made inactive, and nobody says why it was not."""
        ledger = self.ledger
        row, deleted = ledger.rows.get(right), ledger.deleted.get(left)
        if row is None or deleted is None or left in ledger.merged or ledger.modes() > 1:
            return False
        policies = {choice.delete_policy for choice in ledger.since(deleted, module_of(left[0]))}
        if right[0] == "person":  # there is no inactive one; it goes with its customer, or stays for the same reason
            customer = ("customer", str(row["contact_id"]))
            return policies == {"delete"} and customer in self.paired
        return policies == {"delete"} or (policies == {"inactive"} and row.get("status") == "active")

    def _has_another(self, link: Link) -> bool:
        return self._links().filter(bigin=link.bigin, state="linked").exclude(pk=link.pk).exists()

    def _skipped(self, key: Key) -> bool:
        """The policy skip was in force once, and met this record and its namesake; or, cloning, the original."""
        side = "bigin_id" if SIDES[key[0]] == "bigin" else "books_id"
        made = Decision.objects.filter(**{side: key[1]}, installation=self.ledger.installation)
        policies = {choice.duplicates for choice in self.ledger.choices}
        if "skip" in policies and made.filter(verdict="skipped").exists():
            return True
        return "clone" in policies and side == "books_id" and made.filter(verdict="apart").exists()

    def _excluded(self, key: Key, row: Row) -> bool:
        """By the settings alone."""
        kind, setting = key[0], self.ledger.setting()
        if kind == "company":
            return setting.mode == "contacts" or self.ledger.is_out(key)
        if kind == "person":  # only those of a linked company are kept in step by themselves
            customer = str(row["contact_id"])
            own = self._own(("customer", customer)).filter(kind="company-customer", state="linked")
            return setting.mode != "both" or not own.exists() or setting.create_in_bigin == "none"
        if kind == "contact":
            return self._contact_excluded(setting.mode, row, include=setting.include_unattached)
        if kind == "customer":
            return self._customer_excluded(setting.mode, row, include=setting.include_unattached)
        return kind == "item" and (row.get("status") == "inactive" or not row.get("can_be_sold"))

    def _contact_excluded(self, mode: str, row: Row, *, include: bool) -> bool:
        if mode != "both":
            return mode == "companies"
        company = company_of(row)
        return ("company", company) not in self.paired if company else not include

    def _customer_excluded(self, mode: str, row: Row, *, include: bool) -> bool:
        if row.get("status") == "inactive" or row.get("contact_type") != "customer":
            return True
        individual = row.get("customer_sub_type") == "individual"
        if individual and mode != "contacts" and (mode == "companies" or not include):
            return True
        is_outside = not individual and mode != "contacts" and self._is_called_like_one_outside(row)
        return is_outside or self.ledger.setting().create_in_bigin == "none"

    def _is_called_like_one_outside(self, row: Row) -> bool:
        """A company that is in no chosen list view and has no pair: it is not made a second time (rules 2.1, 3.1)."""
        name = label("customer", row)
        outside = {key for key in self.ledger.rows if self.ledger.is_out(key)} - self.paired
        return any(label(kind, self.ledger.rows[kind, one]) == name for kind, one in outside)

    # Nothing twice

    def _twins(self) -> None:
        """Two strangers of one name were not each given a counterpart of their own."""
        ledger = self.ledger
        for (left, right), order in list(ledger.twins.items()):
            cells = [event for key in (left, right) for event in ledger.events.get((*key, "name"), [])]
            if not {left, right} <= ledger.rows.keys() or any(event.order > order for event in cells):
                del ledger.twins[left, right]
            elif len({choice.mode for choice in ledger.since(order)}) == 1 and not self._met(left, right):
                ledger.say("two of one name, and nobody was asked:", left, right, label(left[0], ledger.rows[left]))

    def _met(self, left: Key, right: Key) -> bool:
        """Together, apart by the policy, or a person was asked (rules 3.1 to 3.3)."""
        ledger, policies = self.ledger, self._duplicates(left, right)
        if ledger.rows[right].get("status") == "inactive":
            return True
        if any(kind == "duplicate" for key in (left, right) for kind, _ in self._issues(key)):
            return True
        made = Decision.objects.filter(installation=ledger.installation, bigin_id=left[1], books_id=right[1])
        verdicts = set(made.values_list("verdict", flat=True))
        if verdicts or not self._links().filter(bigin__remote_id=left[1], books__remote_id=right[1]).exists():
            return bool(verdicts & {"different"}.union(*(_VERDICTS[policy] for policy in policies)))
        return "overwrite" in policies or any(link.pk in ledger.by_hand for link in self._own(left))

    def _duplicates(self, left: Key, right: Key) -> set[str]:
        """Policies in force when the two met, or later."""
        met = self.ledger.twins[left, right]
        return {choice.duplicates for choice in self.ledger.since(met, module_of(left[0]))}

    def _doubles(self) -> None:
        """What the sync made belongs to a pair, and no name that it made stands twice."""
        known = self._ids("linked", "half", "closed", "apart", "beside", "retired")
        renamed = self._renamed()
        groups: Counter[tuple[str, str, str]] = Counter()
        for key, row in self.ledger.rows.items():
            if key in self.ledger.ours:
                groups[key[0], _family(key[0], row), label(key[0], row)] += key not in renamed
                places = {key, ("customer", str(row.get("contact_id")))}
                if not places & (known | self.ledger.freed):
                    self.ledger.say("an orphan of ours:", *key, label(key[0], row), self._told(key))
        for place, number in groups.items():
            if number > 1:
                self.ledger.say("twice:", *place, number)

    def _renamed(self) -> set[Key]:
        """What a person linked with another record than it was made from is called like that one by now."""
        links = self._links().filter(pk__in=self.ledger.by_hand, bigin__isnull=False, books__isnull=False)
        rows = links.values_list("bigin__kind", "bigin__remote_id", "books__kind", "books__remote_id")
        pairs = [((str(a), str(b)), (str(c), str(d))) for a, b, c, d in rows]
        return {key for pair in pairs for key in pair if self.ledger.firsts.get(key, key) not in (key, *pair)}


def _family(kind: str, row: Row) -> str:
    if kind == "person":
        return str(row["contact_id"])
    return company_of(row) if kind == "contact" else ""
