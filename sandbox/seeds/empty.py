"""Organisations and people, no records."""

from __future__ import annotations

from sandbox.seeds import travel_agency_books
from sandbox.seeds.cast import Cast
from sandbox.seeds.orgs import make_orgs
from sandbox.world import World


def fill(world: World) -> None:
    _, people = make_orgs(world)
    travel_agency_books.fill(world, Cast(people[0], people))
