"""What an administrator decides on the product's own screens, as moves of a trial: what its views call."""

from __future__ import annotations

from contextlib import suppress

from django.db.models import Q, QuerySet

from sync import hands, services
from sync.models import Issue, Link, Record, RecordKind, Run, Side, Write
from sync.queries.issues import candidates
from tests.sync_proof.stage import Stage
from tests.sync_proof.values import KINDS, SIDES

WHO = "a test"


class Administrator(Stage):
    """The ledger is told what shows on neither remote: who may go, who stands alone, what may differ."""

    def open_issues(self, **those: object) -> QuerySet[Issue]:
        rows = Issue.objects.filter(installation=self.world.installation, state="open", **those)
        return rows.select_related("link__bigin", "link__books", "record", "installation").order_by("pk")

    def held(self) -> QuerySet[Issue]:
        return self.open_issues(kind="held")

    def lost(self) -> QuerySet[Issue]:
        """Creations of which a person has to say which record is their result."""
        return self.open_issues(code="unknown_create")

    def answer(self, which: int, how: int) -> None:
        """The oldest question."""
        issue = self.open_issues().first()
        if issue is None:
            return
        if issue.kind == "clash":
            side = ("bigin", "books")[how % 2]
            services.resolve_clash(issue, dict.fromkeys(issue.detail, side), WHO)
            if issue.link is not None:
                self.ledger.decided(issue.link, issue.detail, side)
        elif issue.kind == "held":
            services.approve_held(issue, WHO)
        elif issue.code == "unknown_create":
            self.link_to(issue, how)
        elif issue.kind == "duplicate" and how % 2:
            services.create_anyway(issue, WHO)
        elif issue.code == "own_customer" and how % 2:
            with suppress(services.CannotAdd):
                services.add_beside(issue, WHO)
        else:
            services.retry(issue, WHO)

    def refuse(self, which: int, how: int) -> None:
        """A list that is held."""
        issue = self.held().first()
        if issue is None:
            return
        writes = list(self.writes(pk__in=issue.detail.get("writes", []), state="held"))
        services.refuse_held(issue, WHO)
        for write in writes:
            if write.op == "update":
                self.ledger.left_so(write.link, write.fields)
            elif write.op in ("delete", "inactive"):
                self.ledger.unlinked.add(write.link_id)

    def dismiss(self, which: int, how: int) -> None:
        """Any question."""
        issues = list(self.open_issues())
        if not issues:
            return
        issue = issues[which % len(issues)]
        with suppress(services.NeedsAnswer):
            services.dismiss(issue, WHO)
            self.ledger.dismissed_of(issue)

    def create_again(self, which: int, how: int) -> None:
        """What was deleted on the other side, or looks like something there."""
        issues = list(self.open_issues(kind__in=("vanished", "duplicate", "merge")))
        if issues:
            issue = issues[which % len(issues)]
            self.ledger.free([issue.link] if issue.link is not None else [])
            services.create_anyway(issue, WHO)

    def link_candidate(self, which: int, how: int) -> None:
        issues = [issue for issue in self.open_issues(kind__in=("duplicate", "merge")) if candidates(issue)]
        if issues:
            self.link_to(issues[which % len(issues)], how)

    def link_to(self, issue: Issue, how: int) -> None:
        found = candidates(issue)
        if not found:
            return
        chosen = found[how % len(found)].record
        link = issue.link
        mine = [record for record in (issue.record, chosen, link and link.bigin, link and link.books) if record]
        before = self.standing(*mine)
        with suppress(services.NeedsAnswer, hands.CannotLink):
            self.chose(services.link_candidate(issue, chosen, WHO), before)

    def link_by_hand(self, which: int, how: int) -> None:
        left, right = list(KINDS.values())[how % len(KINDS)]
        bigin, books = self.record(left, self.pick(left, which)), self.record(right, self.pick(right, how))
        if bigin is not None and books is not None:
            before = self.standing(bigin, books)
            with suppress(hands.CannotLink):
                self.chose(hands.choose(self.world.installation, bigin, books, WHO).link, before)

    def chose(self, made: Link | None, instead_of: list[Link]) -> None:
        if made is not None and made.books is not None:
            self.ledger.by_hand.add(made.pk)
            self.ledger.occupants.setdefault(made.pk, [made.books.remote_id])
            self.ledger.free(link for link in instead_of if link.pk != made.pk)

    def unlink(self, which: int, how: int) -> None:
        links = list(self.links(state__in=("linked", "closed")))
        if links:
            link = links[which % len(links)]
            services.unlink(link, WHO)
            self.ledger.unlinked.add(link.pk)

    # Taking back

    def undo_one(self, which: int, how: int) -> None:
        done = list(self.writes(state="done", before__isnull=False).order_by("-pk")[: 1 + which])
        if done:
            self.taken_back(done[-1:])
            services.undo_write(done[-1], WHO)

    def undo_run(self, which: int, how: int) -> None:
        wrote = self.writes(state="done", undoes=None, run__isnull=False).values("run")
        runs = list(Run.objects.filter(pk__in=wrote).order_by("-pk")[: 1 + which % 3])
        if runs:
            self.taken_back(list(self.writes(run__series=runs[-1].series, state="done", undoes=None)))
            services.undo_run(runs[-1], WHO)

    def taken_back(self, writes: list[Write]) -> None:
        """Creations are deleted again, a company along with the contacts that its run made below it."""
        for write in writes:
            if write.op == "update":
                continue
            self.ledger.unlinked.add(write.link_id)
            target = write.link.bigin if write.side == Side.BIGIN else write.link.books
            if write.op != "create" or target is None:
                continue
            self.ledger.taken_back.add((target.kind, target.remote_id))
            if target.kind == RecordKind.COMPANY:
                below = Record.objects.filter(installation=self.world.installation, parent_id=target.remote_id)
                self.ledger.taken_back |= set(below.filter(kind="contact").values_list("kind", "remote_id"))

    # Choosing

    def writes(self, **those: object) -> QuerySet[Write]:
        rows = Write.objects.filter(installation=self.world.installation, **those)
        return rows.select_related("link__bigin", "link__books", "installation", "run")

    def links(self, **those: object) -> QuerySet[Link]:
        rows = Link.objects.filter(installation=self.world.installation, **those)
        return rows.select_related("bigin", "books", "installation").order_by("pk")

    def standing(self, *records: Record) -> list[Link]:
        """The pairs they belong to."""
        return list(self.links().filter(Q(bigin__in=records) | Q(books__in=records)).exclude(state__in=Link.DEAD))

    def record(self, kind: str, remote_id: str | None) -> Record | None:
        """As the sync knows it."""
        rows = Record.objects.filter(installation=self.world.installation, side=SIDES[kind], kind=kind)
        return rows.filter(remote_id=remote_id or "").first()
