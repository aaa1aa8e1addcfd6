"""Malformed JSON, wrong types, huge values, bad ids, wrong methods and bad tokens: never a 500 no fault asked for."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from sandbox.core import Product, Route
from sandbox.products import products
from sandbox.testing import running_sandbox
from tests.sandbox.api import NOW
from tests.sandbox.hostile import (
    BAD_VALUES,
    BODIES,
    CONTENT_TYPES,
    FORM_KEYS,
    METHODS,
    QUERY_KEYS,
    RAW,
    TEXTS,
    TOKENS,
    Target,
    known_values,
    mutated_bodies,
)

# Doors that empty the sandbox, move its clock or end the token: they have tests of their own.
NOT_HERE = {("control", template) for template in ("/reset", "/state", "/clock", "/limits", "/bigin/user")}
PRODUCTS = {product.name: product for product in products() if product.name != "web"}
PAGES = [product for product in products() if product.name == "web"]

SCALE = int(os.environ.get("HOSTILE_SCALE", "1"))  # more than 1 also draws other examples each time


def routes(product: Product) -> list[Route]:
    return [route for route in product.routes if (product.name, route.template) not in NOT_HERE]


@pytest.fixture(scope="module")
def target() -> Iterator[Target]:
    with running_sandbox("travel-agency", now=NOW, lift_limits=True) as sandbox:
        made = Target(sandbox, sandbox.token()["access_token"])
        made.known = known_values(made, str(sandbox.users[0]["books_organizations"][0]))
        yield made
        if made.connection is not None:
            made.connection.close()


def no_bug(target: Target, product: Product, route: Route, status: int) -> None:
    if status >= 500:
        failures = target.sandbox.control("GET", "failures")["failures"]
        raise AssertionError(f"{status} of {product.name} {route.method} {route.template}\n{''.join(failures[-1:])}")


@pytest.mark.parametrize("product", [*PRODUCTS.values(), *PAGES], ids=lambda product: f"{product.name}{product.prefix}")
def test_fixed_nasty_calls_at_every_route(target: Target, product: Product) -> None:
    """Every route meets every bad token, wrong method, raw body and bad path value."""
    for number, route in enumerate(routes(product)):
        good = target.path(product, route, [number, number + 1])
        calls: list[tuple[str, str, dict[str, str], bytes, str, str | None]] = [
            (route.method, good, {}, b"", "", token) for token in TOKENS
        ]
        calls += [(method, good, {}, b"{}", "application/json", "") for method in METHODS]
        calls += [(route.method, target.path(product, route, [bad]), {}, b"", "", None) for bad in BAD_VALUES]
        if route.method in ("GET", "DELETE"):
            calls += [(route.method, good, {key: "(((x"}, b"", "", None) for key in QUERY_KEYS[number % 4 :: 4]]
        else:
            # One content type a body, another for the next route: every pair is met somewhere.
            kinds = [CONTENT_TYPES[(number + one) % len(CONTENT_TYPES)] for one in range(len(RAW))]
            calls += [(route.method, good, {}, raw, kind, None) for raw, kind in zip(RAW, kinds, strict=True)]
        for call in calls:
            no_bug(target, product, route, target.send(*call)[0])


@st.composite
def calls(draw: st.DrawFn, name: str) -> tuple[Product, Route, list[str | int], dict[str, str], Any, dict[str, str]]:
    """A route, path values (most exist), a query, a mutated body and a form."""
    product = draw(st.sampled_from(PAGES)) if name == "web" else PRODUCTS[name]
    route = draw(st.sampled_from([one for one in routes(product) if one.method != "DELETE"]))
    value = st.one_of(st.integers(min_value=0, max_value=60), st.integers(min_value=0, max_value=60), TEXTS)
    values = draw(st.lists(value, min_size=1, max_size=4))
    query = draw(st.dictionaries(st.sampled_from(QUERY_KEYS), TEXTS, max_size=3))
    form = draw(st.dictionaries(st.sampled_from(FORM_KEYS), TEXTS, max_size=4))
    return product, route, values, query, draw(mutated_bodies(name)), form


@pytest.mark.parametrize(
    ("name", "examples"),
    [("bigin", 700), ("books", 700), ("invoice", 150), ("web", 250), ("control", 200), ("accounts", 80)],
)
def test_mutated_calls(target: Target, name: str, examples: int) -> None:
    """Valid calls with something replaced reach behind the first checks."""
    assert BODIES[name]

    @settings(
        max_examples=examples * SCALE,
        deadline=None,
        database=None,
        derandomize=SCALE == 1,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(calls(name))
    def attack(call: Any) -> None:
        product, route, values, query, body, form = call
        path = target.path(product, route, values)
        as_form = name in ("web", "accounts")
        content = (
            "&".join(f"{key}={json.dumps(value)[1:-1]}" for key, value in form.items()) if as_form else json.dumps(body)
        )
        kind = "application/x-www-form-urlencoded" if as_form else "application/json"
        sent = b"" if route.method == "GET" else content.encode("utf-8", "replace")
        no_bug(target, product, route, target.send(route.method, path, query, sent, kind)[0])

    attack()
    target.sandbox.control("DELETE", "faults")
    target.sandbox.control("DELETE", "switches")
