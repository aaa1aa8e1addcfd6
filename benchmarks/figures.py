"""What a benchmark found, and how it is printed and judged."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    """One number. `bound` is checked where it does not depend on the machine's speed; `exact` says == instead of <=."""

    name: str
    value: float
    unit: str
    bound: float | None = None
    exact: bool = False

    @property
    def kept(self) -> bool:
        if self.bound is None:
            return True
        return self.value == self.bound if self.exact else self.value <= self.bound

    @property
    def promise(self) -> str:
        if self.bound is None:
            return ""
        return f"{'exactly' if self.exact else 'at most'} {self.bound:,.6g}" + ("" if self.kept else "  BROKEN")


def table(figures: Iterable[Figure]) -> str:
    return "\n".join(f"{one.name:<58} {one.value:>12,.6g} {one.unit:<8} {one.promise}".rstrip() for one in figures)
