"""What is known about contacts, one test per assumption. "n" in a docstring is a section of reference/books-api.md."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox_books.api import Books, Json, refused, told

ANN = {"first_name": "Ann", "email": "ann@a.example"}
BOB = {"first_name": "Bob", "email": "bob@a.example"}


def person(books: Books, contact_id: str, **given: Any) -> Json:
    return books.made("/contacts/contactpersons", {"contact_id": contact_id, **given}, "contact_person")


def names(contact: Json) -> list[str]:
    return [one["first_name"] for one in contact["contact_persons"]]


def test_create_answers_201_with_a_location(books: Books) -> None:
    """2.1 [REC]."""
    answer = books.post("/contacts", {"contact_name": "Alder"})
    contact = answer.json()["contact"]
    assert answer.status_code == 201
    assert answer.headers["Location"] == f"/api/v3/contacts/{contact['contact_id']}"
    assert told(answer) == "The contact has been added."


def test_update_and_delete_messages(books: Books) -> None:
    """0.3 [REC]."""
    contact_id = books.contact()["contact_id"]
    assert told(books.put(f"/contacts/{contact_id}", {"notes": "x"})) == "Contact information has been saved."
    assert told(books.delete(f"/contacts/{contact_id}")) == "The customer has been deleted."


def test_partial_put_merges_the_top_level(books: Books) -> None:
    """0.3: `{"notes": "..."}` alone works and the rest keeps [REC][LIVE-a]."""
    before = books.contact(website="https://northwind.example", payment_terms=30)
    books.put(f"/contacts/{before['contact_id']}", {"notes": "quiet"})
    after = books.read("contact", before["contact_id"])
    assert after == {**before, "notes": "quiet", "last_modified_time": after["last_modified_time"]}


def test_create_get_and_update_show_the_same_object(books: Books) -> None:
    """3.4: create == get == update key set [REC]."""
    made = books.contact()
    assert books.read("contact", made["contact_id"]) == made
    updated = books.put(f"/contacts/{made['contact_id']}", {"notes": ""}).json()["contact"]
    assert set(updated) == set(made)


def test_top_level_email_and_phone_are_ignored(books: Books) -> None:
    """3.3: silently ignored; the contact's are its primary person's [NAN]."""
    made = books.made("/contacts", {"contact_name": "Alder", "email": "x@y.example", "phone": "1"}, "contact")
    assert (made["email"], made["phone"], made["contact_persons"]) == ("", "", [])
    made = books.made(
        "/contacts", {"contact_name": "Birch", "email": "no@b.example", "contact_persons": [ANN]}, "contact"
    )
    assert (made["email"], made["first_name"]) == ("ann@a.example", "Ann")


def test_first_person_becomes_primary(books: Books) -> None:
    """3.3 [REC-I]."""
    contact = books.made("/contacts", {"contact_name": "Alder", "contact_persons": [ANN, BOB]}, "contact")
    assert [one["is_primary_contact"] for one in contact["contact_persons"]] == [True, False]
    assert contact["primary_contact_id"] == contact["contact_persons"][0]["contact_person_id"]
    lonely = books.made("/contacts", {"contact_name": "Birch"}, "contact")["contact_id"]
    person(books, lonely, first_name="Cyd")
    assert books.read("contact", lonely)["contact_persons"][0]["is_primary_contact"] is True


def test_is_primary_contact_true_chooses_and_false_is_refused(books: Books) -> None:
    """3.3: only accepts true inside contact bodies [NAN]."""
    body = {"contact_name": "Alder", "contact_persons": [ANN, {**BOB, "is_primary_contact": True}]}
    assert [one["is_primary_contact"] for one in books.made("/contacts", body, "contact")["contact_persons"]] == [
        False,
        True,
    ]
    body = {"contact_name": "Birch", "contact_persons": [{**ANN, "is_primary_contact": False}]}
    assert refused(books.post("/contacts", body)) == (400, 2)
    assert books.ids("contact", contact_name="Birch") == set()


def test_put_with_contact_persons_replaces_the_list(books: Books) -> None:
    """3.3: omitted persons are deleted [OAS][NAN]."""
    contact = books.made("/contacts", {"contact_name": "Alder", "contact_persons": [ANN, BOB]}, "contact")
    bob = contact["contact_persons"][1]["contact_person_id"]
    kept = {"contact_person_id": bob, "phone": "77"}
    body = {"contact_persons": [kept, {"first_name": "Cyd"}]}
    after = books.put(f"/contacts/{contact['contact_id']}", body).json()["contact"]
    assert names(after) == ["Bob", "Cyd"]
    assert after["contact_persons"][0] == {
        **contact["contact_persons"][1],
        "phone": "77",
        "is_primary_contact": True,
    }


def test_put_without_contact_persons_leaves_them(books: Books) -> None:
    """3.3 [OAS]."""
    contact = books.made("/contacts", {"contact_name": "Alder", "contact_persons": [ANN, BOB]}, "contact")
    books.put(f"/contacts/{contact['contact_id']}", {"company_name": "Alder Ltd"})
    assert names(books.read("contact", contact["contact_id"])) == ["Ann", "Bob"]


def test_person_create_update_primary_and_delete(books: Books) -> None:
    """3.1 and 3.3 [REC-I]; omitted fields keep, an empty text clears [OAS]."""
    contact_id = books.contact()["contact_id"]
    answer = books.post("/contacts/contactpersons", {"contact_id": contact_id, **BOB, "phone": "1"})
    made = answer.json()["contact_person"]
    assert (answer.status_code, told(answer)) == (201, "Contact person's information has been saved.")
    path = f"/contacts/contactpersons/{made['contact_person_id']}"
    changed = books.put(path, {"phone": "", "designation": "Buyer"}).json()["contact_person"]
    assert changed == {**made, "phone": "", "designation": "Buyer"}
    message = "This contact person has been marked as your primary contact person."
    assert told(books.post(f"{path}/primary")) == message
    assert books.read("contact", contact_id)["email"] == "bob@a.example"
    assert books.get(f"/contacts/{contact_id}/contactpersons/{made['contact_person_id']}").json()["contact_person"] == {
        **changed,
        "is_primary_contact": True,
    }
    books.delete(path)
    assert refused(books.delete(path)) == (404, 1002)
    assert names(books.read("contact", contact_id)) == ["Ann"]


def test_person_put_rejects_is_primary_contact(books: Books) -> None:
    """3.3 [NAN]."""
    made = person(books, books.contact()["contact_id"], **BOB)
    path = f"/contacts/contactpersons/{made['contact_person_id']}"
    assert refused(books.put(path, {"is_primary_contact": True, "phone": "9"})) == (400, 2)
    assert books.get(f"/contacts/{made['contact_id']}/contactpersons").json()["contact_persons"][1] == made


def test_person_needs_a_first_name(books: Books) -> None:
    """3.3: POST and PUT of a contact person require it [OAS]."""
    contact = books.contact()
    assert refused(
        books.post("/contacts/contactpersons", {"contact_id": contact["contact_id"], "email": "q@q.example"})
    ) == (
        400,
        15,
    )
    path = f"/contacts/contactpersons/{contact['contact_persons'][0]['contact_person_id']}"
    assert refused(books.put(path, {"first_name": ""})) == (400, 15)
    assert books.read("contact", contact["contact_id"]) == contact


def test_persons_are_listed_in_pages(books: Books) -> None:
    """3.1 and books-operations.txt."""
    everyone = [{"first_name": f"P{n}"} for n in range(5)]
    contact = books.made("/contacts", {"contact_name": "Alder", "contact_persons": everyone}, "contact")
    answer = books.get(f"/contacts/{contact['contact_id']}/contactpersons", page=2, per_page=2).json()
    assert [one["first_name"] for one in answer["contact_persons"]] == ["P2", "P3"]
    assert answer["page_context"]["has_more_page"] is True


def test_deleted_contact_is_unknown_and_a_replayed_delete_looks_like_failure(books: Books) -> None:
    """3.5 [NAN]."""
    contact_id = books.contact()["contact_id"]
    books.delete(f"/contacts/{contact_id}")
    assert refused(books.delete(f"/contacts/{contact_id}")) == (404, 1002)
    assert refused(books.get(f"/contacts/{contact_id}")) == (404, 1002)
    assert books.rows("contact") == []


def test_contact_with_transactions_cannot_be_deleted(books: Books) -> None:
    """3.5: code 3000 [NAN]."""
    contact_id = books.contact()["contact_id"]
    estimate = books.document("estimate", contact_id)
    assert refused(books.delete(f"/contacts/{contact_id}")) == (400, 3000)
    assert books.read("contact", contact_id)["has_transaction"] is True
    books.delete(f"/estimates/{estimate['estimate_id']}")
    assert books.delete(f"/contacts/{contact_id}").status_code == 200


def test_marking_inactive_is_idempotent(books: Books) -> None:
    """3.5: repeat = success [OAS][NAN]."""
    contact_id = books.contact()["contact_id"]
    for _ in range(2):
        assert told(books.post(f"/contacts/{contact_id}/inactive")) == "The contact has been marked as inactive."
    assert books.read("contact", contact_id)["status"] == "inactive"
    assert told(books.post(f"/contacts/{contact_id}/active")) == "The contact has been marked as active."
    assert books.read("contact", contact_id)["status"] == "active"


def test_inactive_contacts_stay_in_status_all(books: Books) -> None:
    """0.4 and 10: Status.All is the default."""
    books.contact("Alder")
    contact_id = books.contact("Birch")["contact_id"]
    books.post(f"/contacts/{contact_id}/inactive")
    assert [row["status"] for row in books.rows("contact")] == ["active", "inactive"]
    assert books.ids("contact", filter_by="Status.Inactive") == {contact_id}
    answer = books.get("/contacts", filter_by="Status.Active").json()
    assert [row["contact_name"] for row in answer["contacts"]] == ["Alder"]
    assert answer["page_context"]["applied_filter"] == "Status.Active"


def test_transactions_and_balances_do_not_touch_last_modified_time(books: Books) -> None:
    """0.4 [REC] against [REC-I]."""
    contact = books.contact()
    books.sandbox.advance(600)
    books.sent("invoice", customer_id=contact["contact_id"])
    after = books.read("contact", contact["contact_id"])
    assert after["outstanding_receivable_amount"] == 100
    assert after["last_modified_time"] == contact["last_modified_time"]


def test_unknown_and_empty_filters_filter_nothing(books: Books) -> None:
    """0.4 [LIVE-a][COM]."""
    books.contact("Alder")
    books.contact("Birch")
    assert len(books.rows("contact", contact_name="")) == 2
    assert len(books.rows("contact", last_modifed_time="2031-01-01T00:00:00+0000")) == 2
    answer = books.get("/contacts", filter_by="Status.Nonsense").json()
    assert (len(answer["contacts"]), answer["page_context"]["applied_filter"]) == (2, "Status.All")


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({"contact_name": "alder"}, {"Alder"}),
        ({"contact_name": "alde"}, set()),
        ({"contact_name_startswith": "al"}, {"Alder", "Alder Creek"}),
        ({"contact_name_contains": "cr"}, {"Alder Creek"}),
        ({"email": "ann@birch.example"}, {"Birch"}),
        ({"first_name": "Ann", "contact_name_startswith": "B"}, {"Birch"}),
        ({"phone_contains": "55"}, {"Birch"}),
        ({"company_name": "Birch Ltd"}, {"Birch"}),
        ({"search_text": "BIRCH"}, {"Birch"}),
        ({"contact_type": "vendor"}, {"Wren"}),
        ({"zcrm_account_id": "77"}, {"Birch"}),
        ({"email": "second@birch.example"}, set()),
    ],
)
def test_filters_of_the_list(books: Books, filters: dict[str, str], expected: set[str]) -> None:
    """3.2; e-mail, names and phone are the primary person's."""
    books.contact("Alder")
    books.contact("Alder Creek")
    persons = [
        {"first_name": "Ann", "email": "ann@birch.example", "phone": "5551"},
        {"first_name": "Sam", "email": "second@birch.example"},
    ]
    books.contact("Birch", company_name="Birch Ltd", contact_persons=persons, zcrm_account_id="77")
    books.made("/contacts", {"contact_name": "Wren", "contact_type": "vendor"}, "contact")
    assert {row["contact_name"] for row in books.rows("contact", **filters)} == expected


def test_default_order_and_page_context(books: Books) -> None:
    """2.2 [REC]: contact_name, ascending, regardless of case."""
    for name in ("birch", "Alder", "Cedar"):
        books.contact(name)
    answer = books.get("/contacts").json()
    assert [row["contact_name"] for row in answer["contacts"]] == ["Alder", "birch", "Cedar"]
    assert list(answer["page_context"].items()) == [
        ("page", 1),
        ("per_page", 200),
        ("has_more_page", False),
        ("report_name", "Contacts"),
        ("applied_filter", "Status.All"),
        ("custom_fields", []),
        ("sort_column", "contact_name"),
        ("sort_order", "A"),
    ]


def test_paging_and_descending_order(books: Books) -> None:
    """2.2: sort_order A|D; stop when has_more_page is false."""
    for number in range(5):
        books.contact(f"N{number}")
    seen = []
    for page, more in ((1, True), (2, True), (3, False)):
        answer = books.get("/contacts", page=page, per_page=2, sort_column="contact_name", sort_order="D").json()
        seen += [row["contact_name"] for row in answer["contacts"]]
        assert answer["page_context"]["has_more_page"] is more
    assert seen == ["N4", "N3", "N2", "N1", "N0"]
    beyond = books.get("/contacts", page=9, per_page=2).json()
    assert (beyond["contacts"], beyond["page_context"]["has_more_page"]) == ([], False)


def test_changed_since_is_an_inclusive_lower_bound(books: Books) -> None:
    """10 [NAN]: inclusive, with sort_column=last_modified_time."""
    times = []
    for number in range(3):
        times.append(books.contact(f"N{number}")["last_modified_time"])
        books.sandbox.advance(60)
    answer = books.get(
        "/contacts", last_modified_time=times[1], sort_column="last_modified_time", sort_order="A"
    ).json()
    assert [row["contact_name"] for row in answer["contacts"]] == ["N1", "N2"]
    assert answer["page_context"]["sort_column"] == "last_modified_time"


@pytest.mark.parametrize("wrong", ["2026-06-09T13:16:32Z", "2026-06-09", "2026-06-09T13:16:32-04:00", "yesterday"])
def test_changed_since_takes_only_an_offset_without_colon(books: Books, wrong: str) -> None:
    """10 [LIVE-a][NAN]."""
    answer = books.get("/contacts", last_modified_time=wrong)
    assert refused(answer) == (400, 2)
    assert answer.json()["message"] == "Invalid value passed for last_modified_time"


def test_times_are_in_the_organisations_zone_without_a_colon(sandbox: Any) -> None:
    """2.1 [REC]: Lisbon and New York in October."""
    second = Books(sandbox, organization="60021234502").contact()
    first = Books(sandbox).contact()
    assert first["created_time"][10:11] + first["created_time"][-5:] == "T+0100"
    assert second["created_time"][-5:] == "-0400"
    assert second["created_date"] == "09 Oct 2026"


def test_addresses(books: Books) -> None:
    """3.1 [OAS]: more addresses beside billing and shipping."""
    contact_id = books.contact(billing_address={"city": "Porto", "zip": "4000"})["contact_id"]
    path = f"/contacts/{contact_id}/address"
    assert [one["city"] for one in books.get(path).json()["addresses"]] == ["Porto", ""]
    made = books.post(path, {"city": "Faro", "attention": "Rui"}).json()["address_info"]
    changed = books.put(f"{path}/{made['address_id']}", {"city": "Lagos"}).json()["address_info"]
    assert changed == {**made, "city": "Lagos"}
    assert [one["city"] for one in books.read("contact", contact_id)["addresses"]] == ["Lagos"]
    books.delete(f"{path}/{made['address_id']}")
    assert refused(books.delete(f"{path}/{made['address_id']}")) == (404, 1002)
    billing = books.get(path).json()["addresses"][0]["address_id"]
    assert refused(books.delete(f"{path}/{billing}")) == (400, 2)


def test_lengths_are_checked_and_nothing_is_stored(books: Books) -> None:
    """3.3 and books-fields.txt; code 15 [MEM]."""
    assert refused(books.post("/contacts", {"contact_name": "x" * 201})) == (400, 15)
    assert refused(books.post("/contacts", {"contact_name": "   "})) == (400, 15)
    long: Json = {"contact_name": "Alder", "billing_address": {"address": "x" * 501}}
    assert refused(books.post("/contacts", long)) == (400, 15)
    long = {"contact_name": "Alder", "contact_persons": [{"first_name": "x" * 101}]}
    assert refused(books.post("/contacts", long)) == (400, 15)
    assert books.rows("contact") == []


def test_refused_update_changes_nothing(books: Books) -> None:
    contact = books.contact()
    body = {"company_name": "New", "contact_persons": [], "currency_id": "1"}
    assert refused(books.put(f"/contacts/{contact['contact_id']}", body)) == (400, 2)
    assert books.read("contact", contact["contact_id"]) == contact


def test_currency_stays_once_there_are_transactions(books: Books) -> None:
    """A customer's currency is fixed by its documents."""
    pounds = books.get("/settings/currencies").json()["currencies"][1]["currency_id"]
    contact_id = books.contact()["contact_id"]
    assert told(books.put(f"/contacts/{contact_id}", {"currency_id": pounds}))
    books.document("invoice", contact_id)
    euros = books.get("/settings/currencies").json()["currencies"][0]["currency_id"]
    assert refused(books.put(f"/contacts/{contact_id}", {"currency_id": euros})) == (400, 2)


def test_invoice_shows_the_same_customers_without_vendors_and_payables(books: Books, invoice: Books) -> None:
    """1.3 and 5.7: one engine, same ids; rows lack *_payable_*, track_1099, tags [REC-I]."""
    contact = books.contact("Alder")
    vendor = books.made("/contacts", {"contact_name": "Wren", "contact_type": "vendor"}, "contact")["contact_id"]
    row = invoice.rows("contact")[0]
    assert (len(invoice.rows("contact")), row["contact_id"]) == (1, contact["contact_id"])
    assert not [key for key in row if "payable" in key or key in ("track_1099", "tags")]
    assert refused(invoice.get(f"/contacts/{vendor}")) == (404, 1002)
    assert invoice.read("contact", contact["contact_id"])["contact_name"] == "Alder"


def test_flags_and_reads_that_most_clients_never_meet(books: Books) -> None:
    """books-operations.txt."""
    contact_id = books.contact()["contact_id"]
    told(books.post(f"/contacts/{contact_id}/paymentreminder/disable"))
    told(books.post(f"/contacts/{contact_id}/track1099"))
    told(books.post(f"/contacts/{contact_id}/portal/enable", {"contact_persons": []}))
    contact = books.read("contact", contact_id)
    assert (contact["payment_reminder_enabled"], contact["track_1099"], contact["portal_status"]) == (
        False,
        True,
        "enabled",
    )
    told(books.post(f"/contacts/{contact_id}/paymentreminder/enable"))
    told(books.post(f"/contacts/{contact_id}/untrack1099"))
    assert books.read("contact", contact_id)["payment_reminder_enabled"] is True
    assert books.get(f"/contacts/{contact_id}/comments").json()["contact_comments"] == []
    assert books.get(f"/contacts/{contact_id}/refunds").json()["creditnote_refunds"] == []
    assert books.get(f"/contacts/{contact_id}/receivables/unusedretainerpayments").status_code == 200


def test_mail_and_statement_to_a_contact(books: Books) -> None:
    """books-operations.txt: without a recipient nothing is sent."""
    contact_id = books.contact()["contact_id"]
    assert books.get(f"/contacts/{contact_id}/statements/email").json()["data"]["to_contacts"][0]["first_name"] == "Ann"
    told(books.post(f"/contacts/{contact_id}/statements/email", {"to_mail_ids": ["ann@northwind.example"]}))
    assert refused(books.post(f"/contacts/{contact_id}/email", {"subject": "Hi"})) == (400, 15)
    assert refused(books.post(f"/contacts/{contact_id}/email", {"to_mail_ids": ["not an address"]})) == (400, 2)
