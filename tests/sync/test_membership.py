"""Rules 2.1: belonging to a list view by its criteria; what cannot be judged here is left to the view's ids. Pure."""

from typing import Any

import pytest

from sync import membership


def rule(name: str, comparator: str, value: Any) -> dict[str, Any]:
    return {"comparator": comparator, "field": {"api_name": name, "id": "1"}, "value": value}


ROW = {"Billing_City": "York", "Phone": None, "Unit_Price": "40", "Account_Name": {"id": "1", "name": "Acme"}}


@pytest.mark.parametrize(
    ("criteria", "answer"),
    [
        (rule("Billing_City", "equal", "york"), True),
        (rule("Billing_City", "not_equal", ["York", "Leeds"]), False),
        (rule("Billing_City", "starts_with", "Yo"), True),
        (rule("Billing_City", "contains", "ee"), False),
        (rule("Phone", "equal", ""), True),
        (rule("Account_Name", "equal", {"name": "Acme"}), True),
        (rule("Unit_Price", "between", ["30", "50"]), True),
        (rule("Unit_Price", "less_than", "40"), False),
        (rule("Unit_Price", "smells_like", "40"), None),
        (rule("Owner", "equal", "${CURRENTUSER}"), None),
        (rule("Billing_City", "equal", "${TODAY}"), None),
        (
            {"group_operator": "and", "group": [rule("Billing_City", "equal", "York"), rule("Phone", "equal", "1")]},
            False,
        ),
        ({"group_operator": "or", "group": [rule("Billing_City", "equal", "York"), rule("Owner", "equal", "1")]}, True),
        (
            {"group_operator": "and", "group": [rule("Billing_City", "equal", "York"), rule("Owner", "equal", "1")]},
            None,
        ),
    ],
)
def test_rule_2_1_criteria(criteria: dict[str, Any], answer: bool | None) -> None:
    assert membership.matches(ROW, criteria) is answer


def test_rule_2_1_several_views_are_their_union() -> None:
    york, leeds = rule("Billing_City", "equal", "York"), rule("Billing_City", "equal", "Leeds")
    assert membership.belongs(ROW, [leeds, york]) is True
    assert membership.belongs(ROW, [leeds]) is False
    assert membership.belongs(ROW, [leeds, rule("Owner", "equal", "1")]) is None
    assert membership.belongs(ROW, [leeds, None]) is True


def test_the_fields_that_judging_needs_are_asked_for() -> None:
    group = {"group_operator": "and", "group": [rule("Billing_City", "equal", "York"), rule("Industry", "equal", "x")]}
    assert membership.fields_of(group) == {"Billing_City", "Industry"}
    assert membership.fields_of(None) == set()
