"""The table's kept orders and lookups against plain sorting, whatever is written in between."""

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.books.store import Table


@dataclass
class Thing:
    thing_id: str
    size: int
    colours: tuple[str, ...] = ()


steps = st.lists(
    st.tuples(
        st.sampled_from(["put", "drop"]),
        st.integers(0, 12),
        st.integers(0, 4),
        st.lists(st.sampled_from("rgb"), max_size=2).map(tuple),
    ),
    max_size=60,
)


def table() -> Table[Thing]:
    made: Table[Thing] = Table(
        lambda thing: thing.thing_id, {"size": lambda thing: thing.size}, {"colour": lambda thing: thing.colours}
    )
    assert made.order("size").entries == []
    assert made.find("colour", "r") == []
    return made


@settings(max_examples=200, deadline=None)
@given(steps=steps, start=st.integers(0, 14), count=st.integers(0, 14), descending=st.booleans())
def test_pages_are_slices_of_the_sorted_whole(
    steps: list[tuple[str, int, int, tuple[str, ...]]], start: int, count: int, descending: bool
) -> None:
    made = table()
    for step, number, size, colours in steps:
        thing_id = f"{number:02d}"
        if step == "drop" and thing_id in made:
            made.remove(thing_id)
        elif thing_id in made:
            made.records[thing_id].size, made.records[thing_id].colours = size, colours
            made.changed(thing_id)
        elif step == "put":
            made.add(thing_id, Thing(thing_id, size, colours))
    everything = sorted(made.all(), key=lambda thing: (thing.size, thing.thing_id), reverse=descending)
    ids = [thing.thing_id for thing in everything]
    assert list(made.order("size").ids(descending)) == ids
    assert made.order("size").page(start, count, descending) == ids[start : start + count]
    large = [thing.thing_id for thing in everything if thing.size >= 2]
    assert made.order("size").page(start, count, descending, lowest=2) == large[start : start + count]
    for colour in "rgb":
        held = {thing.thing_id for thing in made.all() if colour in thing.colours}
        assert {thing.thing_id for thing in made.find("colour", colour)} == held
    assert made.order("size").position(2) == sum(thing.size < 2 for thing in made.all())
