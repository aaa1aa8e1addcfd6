"""Organisations and people, no records."""

from __future__ import annotations

from sandbox.seeds.cast import Cast, fill_books
from sandbox.seeds.orgs import make_orgs
from sandbox.world import World


def fill(world: World) -> None:
    _, people = make_orgs(world)
    fill_books(world, Cast(people[0], people))
