"""What every move of a trial stands on: the world, the ledger, and what people have met and may choose from."""

from __future__ import annotations

from sync.models import Run
from tests.sync_proof.claims import compare
from tests.sync_proof.ledger import Ledger
from tests.sync_proof.world import World

BIGIN = {"company": "Accounts", "contact": "Contacts", "product": "Products"}
KINDS = ("company", "contact", "product", "customer", "person", "item")


class Stage:
    """`known` lists what people have met of each kind, in the order in which they met it; choices go by index."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.ledger = Ledger(world.installation)
        self.number = 0
        self.known: dict[str, list[str]] = {kind: [] for kind in KINDS}
        self.runs = 0
        self.binned: list[tuple[str, str]] = []

    def before(self) -> None:
        """What differs by now is what people did."""
        self.ledger.people_did(self.world.look())
        self.runs = Run.objects.filter(installation=self.world.installation).count()

    def remember(self) -> None:
        """What differs by now is what the sync did, and people see it."""
        snapshot = self.world.look()
        self.ledger.sync_did(snapshot, self.read())
        compare(self.ledger)
        for kind, ids in self.known.items():
            ids += [one for one in snapshot.of(kind) if one not in ids]

    def read(self) -> set[str]:
        """The modules that a run since `before` has read to the end."""
        runs = Run.objects.filter(installation=self.world.installation).order_by("started_at", "pk")
        return {module for run in runs[self.runs :] if run.state in ("done", "held") for module in run.modules}

    def pick(self, kind: str, which: int) -> str | None:
        ids = self.known[kind]
        return ids[which % len(ids)] if ids else None

    def fresh(self, word: str) -> str:
        self.number += 1
        return f"{word} {self.number:03d}"

    def made(self, kind: str, remote_id: str) -> str:
        self.known[kind].append(remote_id)
        return remote_id
