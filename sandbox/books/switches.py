"""What is unknown or contested about Zoho Books, one switch each. "n" in a source is a section of books-api.md."""

from __future__ import annotations

from sandbox.switches import Switch


def _switch(name: str, values: str, source: str, text: str) -> Switch:
    """`values` separated by blanks, the default first."""
    positions = tuple(values.split())
    return Switch(name, positions[0], positions, source, text)


_ENTRANCE = [
    _switch(
        "books_missing_organization",
        "only_one error",
        "1.3: Books without organization_id is unverified",
        "only_one: the person's only organisation is taken, several are error 9017; error: always 9017",
    ),
    _switch(
        "invoice_missing_organization",
        "error only_one",
        "1.3: Invoice answered 9017 [NAN]",
        "as books_missing_organization, for /invoice/v3",
    ),
    _switch(
        "books_invalid_token_code",
        "57 14",
        "7: 57 in four code bases, 14 in zohopy's table",
        "the code of a call with a token that is unknown or has expired",
    ),
    _switch(
        "books_wrong_method",
        "405/37 404/5",
        "7: HTTP 405 is official, its code unverified",
        "what a known path answers to a method it does not have",
    ),
    _switch(
        "books_organization_types",
        "recorded drifted",
        "2.3: types drift between endpoints and products",
        "drifted: fiscal_year_start_month is a number, booleans are text",
    ),
    _switch(
        "books_v4",
        "off on",
        "0.2: a v4 root with the same envelope exists [PAGE]",
        "on: /books/v4 answers as /books/v3 does; off: 404 code 5",
    ),
    _switch(
        "books_minute_block",
        "rest_of_window 60 300",
        "8: the length of the block after code 44 is not documented",
        "until the oldest call of the window is a minute old, or so many seconds from the refusal",
    ),
    _switch(
        "books_retry_after",
        "absent present",
        "8: no Retry-After was seen; clients honour one",
        "whether a 429 carries Retry-After: 60",
    ),
    _switch(
        "books_empty_object_body",
        "accepted refused",
        "1.3 and 11: one report of 401 for {} where no body is expected [COM]",
        "refused: a status call or conversion with the body {} is 401 code 57",
    ),
]

_LISTS = [
    _switch(
        "books_per_page_over_200",
        "cap error honour",
        "2.2: max 200 for most lists; chartofaccounts returned 5000",
        "cap: 200 rows; error: code 2; honour: as many as asked, up to 5000",
    ),
    _switch(
        "books_contacts_changed_since",
        "honoured ignored",
        "10: undocumented on Books, used in production",
        "last_modified_time as a filter of /contacts; ignored looks like success",
    ),
    _switch(
        "books_items_changed_since",
        "honoured ignored",
        "10: undocumented on Books, used in production",
        "last_modified_time as a filter of /items",
    ),
    _switch(
        "books_estimates_changed_since",
        "honoured ignored",
        "10 and 5.1: works live on Invoice",
        "last_modified_time as a filter of /estimates",
    ),
    _switch(
        "books_undocumented_sort",
        "honoured ignored",
        "5.1 and 4: sort columns seen live or guessed, absent from the documents",
        "ignored: such a sort_column falls back to the list's default, and page_context says so",
    ),
    _switch(
        "books_unknown_sort_column",
        "ignored error",
        "0.4: unknown parameters are ignored; a bad sort_column is unverified",
        "error: code 2",
    ),
    _switch(
        "books_text_filter_case",
        "insensitive sensitive",
        "3.2: plain filters are exact [NAN]; upper and lower case is unverified",
        "whether text filters tell upper from lower case",
    ),
    _switch(
        "books_reference_number_filter",
        "exact contains",
        "5.1: not guaranteed exact [LIVE-a]",
        "how the filter reference_number of documents compares",
    ),
    _switch(
        "books_contact_type_filter",
        "honoured ignored",
        "3.2 lists it; 0.4: an unknown filter is ignored silently",
        "contact_type as a filter of /contacts on Books",
    ),
    _switch(
        "invoice_contacts_default",
        "customers all",
        "3.2: Invoice lists customers by default [NAN]",
        "all: vendors of the shared organisation show up under /invoice/v3/contacts too",
    ),
    _switch(
        "books_tax_percentage_in_rows",
        "number text",
        '11: list tax_percentage may be "70%"',
        "type of tax_percentage in item rows",
    ),
    _switch(
        "books_item_row_custom_fields",
        "present absent",
        "10: not in recorded item rows, but no field was defined there",
        "whether item rows carry custom fields that have values",
    ),
]

_RECORDS = [
    _switch(
        "books_duplicate_contact_names",
        "allow refuse",
        "3.6: an organisation's preference, on by default [PAGE]",
        "refuse: an equal display name is 400 code 3062, on create and on update",
    ),
    _switch(
        "books_person_email_unique",
        "contact organization off",
        "3.3: a duplicate person e-mail inside the org/contact is rejected [NAN]",
        "where an e-mail address may stand only once",
    ),
    _switch(
        "books_person_touches_contact",
        "yes no",
        "rules 8.2: unknown",
        "whether editing a person moves its contact's last_modified_time",
    ),
    _switch(
        "books_contact_maker",
        "recorded id absent",
        "3.4: recorded details have created_by_name and last_modified_by_id; created_by_id only documents",
        "what a contact's detail says about who made it. id: created_by_id too; absent: none of the three",
    ),
    _switch(
        "books_delete_primary_person",
        "promote refuse",
        "3.3 does not say",
        "promote: the next person becomes primary; refuse: code 36 while there are others",
    ),
    _switch(
        "books_nested_person_writes",
        "on off",
        "12: zohopy posts to /contacts/{id}/contactpersons, which the operations list does not have",
        "off: that path is 404 code 5",
    ),
    _switch(
        "books_address_update",
        "replace merge",
        "3.3 does not say what a partial billing_address does on PUT",
        "replace: fields that are not sent become empty; merge: they keep",
    ),
    _switch(
        "books_custom_fields_update",
        "merge replace",
        "0.3 says that the top level merges; contact_persons and line_items, lists too, are replaced (3.3, 5.2)",
        "replace: custom fields that a write with custom_fields does not name become empty; merge: they keep",
    ),
    _switch(
        "books_contact_in_use_code",
        "3000 1004",
        "3.5: 3000 [NAN]; older clients list 1004",
        "the code for deleting a contact with transactions",
    ),
    _switch(
        "books_bulk_delete_contacts",
        "off on",
        "3.9: the newer page names it, parameters unknown",
        "on: DELETE /contacts?contact_ids=a,b deletes all or none",
    ),
    _switch(
        "books_duplicate_sku",
        "1001 4 allow",
        "4: unique by the documents, code unknown; organisations with duplicates exist",
        "the code for a second item with a SKU, or no refusal",
    ),
    _switch(
        "books_missing_item_code",
        "2006 1002",
        "4: 2006 or 1002",
        "the code for an item that does not exist",
    ),
    _switch(
        "books_edition",
        "standard gcc india",
        "3.3 and 5.2: tax fields by edition; which are mandatory is from memory",
        "what a customer must say: gcc tax_treatment (and tax_reg_no if registered), india gst_treatment and "
        "place_of_contact (and gst_no if registered)",
    ),
    _switch(
        "books_plan_full",
        "off on",
        "5.2 and 7: a plan's quota can reject a valid create, code 1009",
        "on: new contacts, items and documents are refused",
    ),
    _switch(
        "books_custom_field_keys",
        "all id_and_label id_and_api_name",
        "3.7: one integrator tries api_name, then label on 400",
        "by what a written custom field may be named; anything else is code 2",
    ),
    _switch(
        "books_duplicate_unique_value",
        "refuse allow",
        "9.1: implied by the setting [MEM]",
        "a plain write with a value another record has in a field that prevents duplicates: 1001, or taken",
    ),
]

_UPSERTS = [
    _switch(
        "books_upsert_no_match",
        "404/1002 400/2",
        "9.1: the code is unknown",
        "a keyed write without X-Upsert that matches nothing",
    ),
    _switch(
        "books_upsert_created_status",
        "201 200",
        "9.1: unknown; one integrator assumes 201",
        "the status of a keyed write that created",
    ),
    _switch(
        "books_upsert_writes_key",
        "no yes",
        "9.1: unknown whether the key value is written by itself",
        "yes: the record gets the key's value without sending it in custom_fields",
    ),
    _switch(
        "books_upsert_create_scope",
        "update create",
        "9.1: scope UPDATE by the documents; creation may also need CREATE",
        "create: a keyed write that would create needs the CREATE scope too",
    ),
    _switch(
        "invoice_upsert",
        "refused honoured",
        "5.7: announced for Books and Inventory only",
        "refused: PUT on a collection under /invoice/v3 is 405",
    ),
]

_DOCUMENTS = [
    _switch(
        "books_plain_discount",
        "amount percent",
        '5.2: number, percent or amount; also "10%"',
        "what a discount without a per cent sign is",
    ),
    _switch(
        "books_tax_rounding",
        "entity_level item_level",
        '5.3: live says tax_rounding "entity_level"; a preference',
        "whether taxes are rounded once per tax or once per line",
    ),
    _switch(
        "books_inclusive_sub_total",
        "exclusive inclusive",
        "5.3: the formula is from memory, inclusive documents were not recorded",
        "whether item_total and sub_total of a document with inclusive taxes show without or with them",
    ),
    _switch(
        "books_approval",
        "off on",
        "5.4: submit and approve exist; a preference",
        "on: a draft must be submitted and approved before it is sent or opened",
    ),
    _switch(
        "books_edit_needs_reason",
        "no yes",
        "5.4: edits of sent invoices may need `reason` [NAN]",
        "yes: without one, code 15",
    ),
    _switch(
        "books_fromestimates_refusal",
        "error code_zero",
        "5.6: two teams saw different answers",
        "error: 400 code 1002; code_zero: 200, code 0, the refusal inside data",
    ),
    _switch(
        "books_order_billed_again",
        "again refuse",
        "5.6 does not say what a second fromsalesorder does",
        "again: the whole order is billed once more; refuse: an order that is fully invoiced is refused",
    ),
    _switch(
        "books_estimate_id_query",
        "honoured ignored",
        "5.6: ?estimate_id= on POST /invoices [COM]",
        "whether it links the estimate as invoiced_estimate_id does",
    ),
    _switch(
        "books_sales_order_wording",
        "sentence capitals",
        "13: the wording in Books is unknown; Inventory's is recorded",
        'sentence: "Sales order ..."; capitals: "Sales Order ..."',
    ),
]

_WEBHOOKS = [
    _switch(
        "books_webhook_payload",
        "json form",
        "6 and 13: the wrapper of the default payload is from memory; older ones post a form field",
        'json: {"invoice": {...}} as the body; form: the same text in the form field JSONString',
    ),
    _switch(
        "books_webhook_retries",
        "none two",
        "6 and 13: retries of Books' webhooks are unverified",
        "how often a delivery that was not answered with 2xx is tried again",
    ),
]

SWITCHES = [*_ENTRANCE, *_LISTS, *_RECORDS, *_UPSERTS, *_DOCUMENTS, *_WEBHOOKS]
