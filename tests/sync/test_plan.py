"""The three-way merge per field and the fate of pairs: pure, example by example and for any values."""

from hypothesis import given
from hypothesis import strategies as st

from sync import plan
from sync.fields import FieldType
from sync.mapping import DEFAULTS, Direction, Kind, Row
from sync.plan import Merge, PairState, Policies, Presence, SideState, decide, merge

CITY = Row(Kind.COMPANY_CUSTOMER, "Billing_City", "billing_address.city")
NAME = Row(Kind.COMPANY_CUSTOMER, "Account_Name", "contact_name")
RATE = Row(Kind.PRODUCT_ITEM, "Unit_Price", "rate", FieldType.NUMBER, Direction.TO_BIGIN)
VALUES = st.one_of(st.none(), st.sampled_from(["York", "Leeds", "Hull"]))
EARLY, LATE = "2026-01-01T00:00:00+00:00", "2026-01-02T00:00:00+00:00"


def sides(
    row: Row, left: tuple[object, ...], right: tuple[object, ...], seen: tuple[str, str] = (EARLY, EARLY)
) -> tuple[SideState, SideState]:
    """(value,) is a side without base, (value, base) one with."""
    return (
        SideState({row.bigin: left[0]}, {row.bigin: left[1]} if len(left) > 1 else {}, {row.bigin: seen[0]}),  # type: ignore[dict-item]
        SideState({row.books: right[0]}, {row.books: right[1]} if len(right) > 1 else {}, {row.books: seen[1]}),  # type: ignore[dict-item]
    )


def merged(row: Row, left: tuple[object, ...], right: tuple[object, ...], **policies: str) -> Merge:
    return merge([row], *sides(row, left, right), Policies(**policies))  # type: ignore[arg-type]


def test_a_change_on_one_side_goes_to_the_other() -> None:
    assert merged(CITY, ("Leeds", "York"), ("York", "York")).to_books == {"billing_address.city": "Leeds"}
    assert merged(CITY, ("York", "York"), ("Leeds", "York")).to_bigin == {"Billing_City": "Leeds"}
    assert merged(CITY, ("York", "York"), ("York", "York")).is_nothing


def test_bases_are_per_side_what_one_side_cut_is_no_change() -> None:
    assert merged(CITY, ("A long city name", "A long city name"), ("A long city", "A long city")).is_nothing


def test_equal_changes_agree_without_a_write() -> None:
    found = merged(CITY, ("Hull", "York"), ("Hull", "York"))
    assert found == Merge(bigin_base={"Billing_City": "Hull"}, books_base={"billing_address.city": "Hull"})


def test_rule_4_2_an_unknown_field_is_no_change_and_never_a_base() -> None:
    left = SideState({}, {"Billing_City": "York"})
    right = SideState({"billing_address.city": "York"}, {"billing_address.city": "York"})
    assert merge([CITY], left, right, Policies()).is_nothing


def test_rule_4_2_an_emptied_field_is_carried_over_a_base() -> None:
    assert merged(CITY, (None, "York"), ("York", "York")).to_books == {"billing_address.city": None}


def test_rule_4_2_an_emptied_name_is_an_issue() -> None:
    found = merged(NAME, (None, "Acme"), ("Acme", "Acme"))
    assert not found.to_books
    assert [(refusal.code, refusal.field) for refusal in found.refusals] == [("cleared", "Account_Name")]


def test_rule_4_2_without_a_base_empty_never_erases() -> None:
    for first in ("bigin", "fill", "policy"):
        assert merged(CITY, (None,), ("York",), first=first).to_bigin == {"Billing_City": "York"}
        assert merged(CITY, ("York",), (None,), first=first).to_books == {"billing_address.city": "York"}


def test_rule_3_2_overwrite_lets_bigin_win_where_both_have_content() -> None:
    found = merged(NAME, ("Acme",), ("ACME",), first="bigin")
    assert found.to_books == {"contact_name": "Acme"}
    assert [lost.value for lost in found.lost] == ["ACME"]


def test_contacts_mode_overwrites_nothing() -> None:
    found = merged(CITY, ("York",), ("Leeds",), first="fill")
    assert not found.to_books
    assert not found.to_bigin
    assert (found.bigin_base, found.books_base) == ({"Billing_City": "York"}, {"billing_address.city": "Leeds"})


def test_rule_4_4_newest_compares_when_each_content_was_first_seen() -> None:
    newer_left = merge([CITY], *sides(CITY, ("Leeds", "York"), ("Hull", "York"), (LATE, EARLY)), Policies())
    assert newer_left.to_books == {"billing_address.city": "Leeds"}
    assert newer_left.lost[0].value == "Hull"
    newer_right = merge([CITY], *sides(CITY, ("Leeds", "York"), ("Hull", "York"), (EARLY, LATE)), Policies())
    assert newer_right.to_bigin == {"Billing_City": "Hull"}


def test_rule_4_4_names_ask_by_default_and_others_do_not() -> None:
    found = merged(NAME, ("Acme", "Old"), ("Apex", "Old"))
    assert [(clash.bigin, clash.books, clash.base) for clash in found.clashes] == [("Acme", "Apex", "Old")]
    assert not merged(CITY, ("Leeds", "York"), ("Hull", "York")).clashes


def test_a_row_overrides_the_policy_of_its_module() -> None:
    books_wins = Row(Kind.COMPANY_CUSTOMER, "Account_Name", "contact_name", policy="books")
    assert merged(books_wins, ("Acme", "Old"), ("Apex", "Old")).to_bigin == {"Account_Name": "Apex"}
    asks = Row(Kind.COMPANY_CUSTOMER, "Billing_City", "billing_address.city", policy="ask")
    assert merged(asks, ("Leeds", "York"), ("Hull", "York"), default="bigin").clashes


def test_an_emptied_name_loses_to_a_new_one_without_a_question() -> None:
    assert merged(NAME, (None, "Acme"), ("Apex", "Acme")).to_bigin == {"Account_Name": "Apex"}


def test_rule_6_4_the_price_flows_from_books_once_linked_and_an_empty_one_does_not() -> None:
    assert merged(RATE, ("50", "40"), ("40", "40")).to_books == {}
    assert merged(RATE, ("40", "40"), ("45", "40")).to_bigin == {"Unit_Price": "45"}
    assert merged(RATE, ("40", "40"), (None, "40")).refusals[0].code == "cleared"


@given(VALUES, VALUES, VALUES, VALUES, st.sampled_from(["newest", "bigin", "books"]))
def test_sending_what_was_planned_leaves_nothing_to_plan(
    left: str | None, left_base: str | None, right: str | None, right_base: str | None, policy: str
) -> None:
    found = merged(CITY, (left, left_base), (right, right_base), default=policy)
    new_left = found.to_bigin.get("Billing_City", left)
    new_right = found.to_books.get("billing_address.city", right)
    if found.is_nothing:
        assert (left, right) == (left_base, right_base) or left == right
        return
    assert new_left == new_right
    assert merged(CITY, (new_left, new_left), (new_right, new_right), default=policy).is_nothing


@given(VALUES, VALUES, VALUES, VALUES)
def test_a_side_that_did_not_change_never_wins(
    left: str | None, base: str | None, right: str | None, right_base: str | None
) -> None:
    found = merged(CITY, (base, base), (right, right_base), default="bigin")
    assert "billing_address.city" not in found.to_books
    mirrored = merged(CITY, (left, base), (right_base, right_base), default="books")
    assert "Billing_City" not in mirrored.to_bigin


# Pairs


def pair(**facts: object) -> PairState:
    return PairState(**{"bigin": Presence.HERE, "books": Presence.HERE, **facts})  # type: ignore[arg-type]


def test_both_here_are_compared() -> None:
    assert decide(pair(), "delete") == plan.Compare()


def test_rule_5_2_deleted_in_bigin_is_deleted_in_books_as_the_policy_says() -> None:
    gone = pair(bigin=Presence.RECYCLED)
    assert decide(gone, "delete") == plan.Remove("books", "delete")
    assert decide(gone, "inactive") == plan.Remove("books", "inactive")
    assert isinstance(decide(gone, "keep"), plan.Close)


def test_rule_5_3_first_seen_as_permanent_is_a_suspected_merge() -> None:
    for policy in ("delete", "inactive", "keep"):
        assert decide(pair(bigin=Presence.PERMANENT), policy) == plan.Suspect()


def test_rule_2_2_what_left_the_view_neither_updates_nor_deletes() -> None:
    assert decide(pair(in_scope=False), "delete") == plan.Nothing("out_of_scope")
    assert isinstance(decide(pair(in_scope=False, bigin=Presence.RECYCLED), "delete"), plan.Close)


def test_deleted_in_books_closes_the_link_and_deletes_nothing() -> None:
    closed = decide(pair(books=Presence.VANISHED), "delete")
    assert isinstance(closed, plan.Close)
    assert closed.code == "vanished"


def test_a_deletion_of_our_own_propagates_nothing() -> None:
    assert isinstance(decide(pair(bigin=Presence.RECYCLED, caused_by_us=True), "delete"), plan.Close)
    own = decide(pair(books=Presence.VANISHED, caused_by_us=True), "delete")
    assert isinstance(own, plan.Close)
    assert not own.code


def test_rule_5_1_a_closed_link_stays_closed_until_the_record_is_back() -> None:
    assert decide(pair(closed=True, bigin=Presence.RECYCLED), "delete") == plan.Nothing("closed")
    assert decide(pair(closed=True, books=Presence.VANISHED), "delete") == plan.Nothing("closed")
    assert decide(pair(closed=True), "delete") == plan.Reopen()


# Creating


def test_rule_4_1_a_person_without_a_name_is_called_after_the_e_mail() -> None:
    assert plan.person_name(None, "ada.okafor@x.example") == "ada.okafor"
    assert plan.person_name("Ada", "x@x.example") == "Ada"
    assert plan.person_name(None, None) is None


def test_rule_4_1_names_are_never_cut() -> None:
    skip = plan.too_long(Kind.CONTACT_PERSON, "bigin", {"Name": f"{'A' * 41}\nOkafor"})
    assert skip is not None
    assert skip.code == "name_too_long"
    assert plan.too_long(Kind.CONTACT_PERSON, "books", {"name": f"{'A' * 41}\nOkafor"}) is None


def test_rule_4_5_a_value_the_list_lacks_skips_the_record() -> None:
    row = Row(Kind.COMPANY_CUSTOMER, "Industry", "cf_industry", FieldType.PICKLIST)
    policies = Policies(picklists={("books", "cf_industry"): frozenset({"Travel"})})
    skip = plan.picklist_gap([row], "books", {"cf_industry": "Mining"}, policies)
    assert skip is not None
    assert "Mining" in skip.reason
    assert plan.picklist_gap([row], "books", {"cf_industry": "Travel"}, policies) is None


def test_a_new_record_gets_what_is_known_and_not_what_is_empty() -> None:
    rows = DEFAULTS[Kind.COMPANY_CUSTOMER]
    fields = {"Account_Name": "Acme", "Phone": None, "Website": "acme.example"}
    assert plan.first_values(rows, fields, "books") == {"contact_name": "Acme", "website": "acme.example"}
