"""Configure, drawn from the sandbox's live fields: saved whole or not at all, errors beside their field."""

import re
from typing import Any

import pytest
from django.core.cache import cache
from django.template.loader import render_to_string
from django.test import Client
from django.utils import timezone

from accounts.models import Connection, Installation
from sandbox.testing import Sandbox
from sync import mapping, metadata, services
from sync.fields import FieldType
from sync.forms_mapping import ConfigureScreen
from sync.mapping import FieldInfo, Kind
from sync.models import ModuleSetting, Record, Run
from tests.factories import connected_installation, make_member, signed_in_client
from tests.sync_screens.conftest import Queued

pytestmark = pytest.mark.django_db
CUSTOMERS, PRODUCTS = "/embed/sync/customers/configure/", "/embed/sync/products/configure/"


@pytest.fixture
def connected(sandbox: Sandbox) -> Installation:
    cache.clear()
    return connected_installation(sandbox)


@pytest.fixture
def ada(connected: Installation, queued: Queued) -> Client:
    return signed_in_client(make_member(connected, name="Ada Keller"))


def typed(connected: Installation, module: str) -> dict[str, Any]:
    """The form as the browser would send it, untouched."""
    setting = services.settings_of(connected)[module]
    screen = ConfigureScreen(setting, metadata.offered(connected, module))
    body = {field.html_name: field.value() for field in screen.form if field.value() not in (None, False, [])}
    for row in screen.rows:
        body[f"{row.prefix}-kind"] = row.kind.value
        body |= {field.html_name: field.value() for field in row if field.value() not in (None, False)}
    return body


def setting_of(connected: Installation, module: str = "customers") -> ModuleSetting:
    return ModuleSetting.objects.get(installation=connected, module=module)


def test_the_screen_offers_the_modes_the_views_and_live_fields(ada: Client, connected: Installation) -> None:
    text = ada.get(CUSTOMERS).content.decode()
    assert "Which modules need to be synchronized with the Customer?" in text
    assert "Include Contacts which are not associated with any Companies" in text
    assert "Companies in Portugal" in text
    assert "My Companies (changes with the user or the day)" in text
    assert 'data-test="mapping-company-customer"' in text
    assert 'data-test="mapping-contact-person"' in text
    assert "Billing ZIP code" in text


def test_saving_the_defaults_works_at_once(ada: Client, connected: Installation) -> None:
    for module, path in (("customers", CUSTOMERS), ("products", PRODUCTS)):
        answer = ada.post(path, typed(connected, module))
        assert answer.status_code == 302, answer.content.decode()
        assert answer.headers["Location"] == "/embed/sync/"
        setting = setting_of(connected, module)
        assert setting.version == 2
        stored = [mapping.Row.from_json(row) for row in setting.mapping]
        assert {(row.kind, row.bigin, row.books) for row in stored} == {
            (row.kind, row.bigin, row.books) for row in mapping.defaults(module)
        }
    assert "Saved." in ada.get("/embed/sync/").content.decode()


@pytest.mark.django_db(transaction=True)
def test_rule_1_1_a_save_before_start_makes_a_new_preview(ada: Client, connected: Installation, queued: Queued) -> None:
    ada.post(PRODUCTS, typed(connected, "products"))
    assert queued.of("run_preview") == [
        (str(connected.pk), ["customers", "products"], "person", None, None, "Ada Keller")
    ]
    assert "Both sides are read for a new preview" in ada.get("/embed/sync/").content.decode()
    ModuleSetting.objects.filter(module="products").update(started_at=timezone.now())
    ada.post(PRODUCTS, typed(connected, "products"))
    assert len(queued.of("run_preview")) == 1
    assert queued.of("run_sync") == []


def test_choices_are_saved(ada: Client, connected: Installation) -> None:
    ada.get(CUSTOMERS)
    offered = metadata.offered(connected, "customers")
    view, (owner, _name) = offered.views["company"][-1], offered.owners[-1]
    body = typed(connected, "customers") | {
        "include_unattached": "on", "duplicates": "clone", "policy": "ask", "delete_policy": "keep",
        "create_in_bigin": "recent", "recent_months": "6", "interval_minutes": "60", "views_companies": [view.id],
        "owner_id": owner, "row-1-direction": "to_books", "row-1-policy": "bigin",
    }  # fmt: skip
    assert ada.post(CUSTOMERS, body).status_code == 302
    setting = setting_of(connected)
    assert (setting.include_unattached, setting.duplicates, setting.policy) == (True, "clone", "ask")
    assert (setting.delete_policy, setting.create_in_bigin, setting.recent_months) == ("keep", "recent", 6)
    assert (setting.interval_minutes, setting.views, setting.defaults["owner_id"]) == (
        60, {"companies": [view.id]}, owner,
    )  # fmt: skip
    row = mapping.Row.from_json(setting.mapping[1])
    assert (row.direction, row.policy) == ("to_books", "bigin")


def test_the_owner_of_what_is_born_in_books_is_chosen_by_name(
    ada: Client, connected: Installation, sandbox: Sandbox
) -> None:
    text = ada.get(CUSTOMERS).content.decode()
    (chosen, words), *_others = metadata.offered(connected, "customers").owners
    assert f'<option value="{chosen}">{words}</option>' in text
    assert "@" in words
    refused = ada.post(CUSTOMERS, typed(connected, "customers") | {"owner_id": "nobody"})
    assert refused.status_code == 422
    assert 'id="id_owner_id_error"' in refused.content.decode()
    ModuleSetting.objects.filter(installation=connected, module="customers").update(defaults={"owner_id": "5500001"})
    assert "5500001, not active any more" in ada.get(CUSTOMERS).content.decode()
    sandbox.fault("error_before", product="bigin", path="^/users", status=404, times=0)
    assert '<input type="text" name="owner_id" value="5500001"' in ada.get(CUSTOMERS).content.decode()


def test_a_row_that_asks_by_default_says_so(ada: Client, connected: Installation) -> None:
    text = ada.get(CUSTOMERS).content.decode()
    assert text.count("asks (as said above)") == 3  # a company's name, a person's name and e-mail
    assert "asks (as said above)" in ada.get(PRODUCTS).content.decode()


def test_errors_stand_beside_their_field_and_nothing_is_saved(ada: Client, connected: Installation) -> None:
    ada.get(CUSTOMERS)
    body = typed(connected, "customers") | {
        "row-2-books": "billing_address.phone",
        "recent_months": "0",
        "policy": "dice",
    }
    answer = ada.post(CUSTOMERS, body)
    text = answer.content.decode()
    assert answer.status_code == 422
    assert "Nothing was saved yet" in text
    assert 'id="id_recent_months_error"' in text
    assert "Select a valid choice. dice is not one of the available choices." in text
    again = ada.post(CUSTOMERS, body | {"recent_months": "12", "policy": "newest"})
    assert again.status_code == 422
    cell = again.content.decode()
    assert "billing_address.phone is mapped twice" in cell[cell.index('id="id_row-2-books"') :][:9000]
    assert not ModuleSetting.objects.filter(version__gt=1).exists()


@pytest.mark.parametrize(
    ("path", "module", "field", "value"),
    [
        (PRODUCTS, "products", "account_id", "Sales"),
        (CUSTOMERS, "customers", "tax_treatment", "VAT registered"),
        (CUSTOMERS, "customers", "gst_treatment", "18 %"),
        (CUSTOMERS, "customers", "vat_treatment", "UK"),
        (CUSTOMERS, "customers", "interval_minutes", "1"),
        (CUSTOMERS, "customers", "recent_months", ""),
        (CUSTOMERS, "customers", "delete_policy", "shred"),
        (CUSTOMERS, "customers", "views_companies", "404"),
    ],
)
def test_each_wrong_choice_is_said_beside_its_own_field(
    ada: Client, connected: Installation, path: str, module: str, field: str, value: str
) -> None:
    answer = ada.post(path, typed(connected, module) | {field: value})
    assert answer.status_code == 422
    text = answer.content.decode()
    assert re.findall(r'id="(id_\w+_error)"', text) == [f"id_{field}_error"]
    assert setting_of(connected, module).version == 1


def test_a_chosen_view_that_bigin_has_no_more_stays_until_somebody_takes_it_out(
    ada: Client, connected: Installation
) -> None:
    """Left out silently, it would turn one view into all records (rules 2.1)."""
    services.settings_of(connected)
    ModuleSetting.objects.filter(module="customers").update(views={"companies": ["404"]})
    text = ada.get(CUSTOMERS).content.decode()
    assert "404, not in Bigin any more" in text
    assert re.search(r'<input type="checkbox" name="views_companies" value="404"[^>]* checked', text)
    assert ada.post(CUSTOMERS, typed(connected, "customers")).status_code == 302
    assert setting_of(connected).views == {"companies": ["404"]}
    body = {name: value for name, value in typed(connected, "customers").items() if name != "views_companies"}
    assert ada.post(CUSTOMERS, body).status_code == 302
    assert setting_of(connected).views == {}


def test_types_that_do_not_fit_are_refused(ada: Client, connected: Installation) -> None:
    ada.get(PRODUCTS)
    body = typed(connected, "products")
    price = next(key for key, value in body.items() if value == "Unit_Price")
    answer = ada.post(PRODUCTS, body | {price.replace("bigin", "books"): "description"})
    assert answer.status_code == 422
    assert "cannot be stored in" in answer.content.decode()


def test_the_name_must_stay_mapped(ada: Client, connected: Installation) -> None:
    ada.get(PRODUCTS)
    body = typed(connected, "products") | {"row-0-removed": "on"}
    answer = ada.post(PRODUCTS, body)
    assert answer.status_code == 422
    assert "must stay mapped" in answer.content.decode()


def test_a_row_is_added_and_removed(ada: Client, connected: Installation) -> None:
    ada.get(CUSTOMERS)
    body = typed(connected, "customers")
    drawn = ada.post(CUSTOMERS, body | {"add": "company-customer", "recent_months": "0"})
    text = drawn.content.decode()
    number = len(mapping.defaults("customers"))
    assert drawn.status_code == 200
    assert f'name="row-{number}-bigin"' in text
    assert "Nothing was saved yet" not in text  # a row was added; nobody pressed Save
    assert 'name="recent_months" value="0"' in text
    fresh = {
        f"row-{number}-kind": "company-customer", f"row-{number}-bigin": "Description", f"row-{number}-books": "notes",
        f"row-{number}-direction": "both", "row-7-removed": "on",
    }  # fmt: skip
    assert ada.post(CUSTOMERS, body | fresh).status_code == 302
    stored = {row["bigin"] for row in setting_of(connected).mapping if row["kind"] == "company-customer"}
    assert "Description" in stored
    assert "Billing_Country" not in stored


def test_contacts_mode_says_why_duplicates_are_not_offered_and_keeps_the_other_rows(
    ada: Client, connected: Installation
) -> None:
    ada.get(CUSTOMERS)
    body = typed(connected, "customers")
    drawn = ada.post(CUSTOMERS, body | {"mode": "contacts", "redraw": "1"}).content.decode()
    assert 'data-test="no-duplicates"' in drawn
    assert 'data-test="mapping-contact-customer"' in drawn
    assert 'data-test="mapping-company-customer"' not in drawn
    assert 'value="Billing_Country"' in drawn  # hidden, not lost
    del body["duplicates"]
    assert ada.post(CUSTOMERS, body | {"mode": "contacts"}).status_code == 302
    setting = setting_of(connected)
    assert (setting.mode, setting.duplicates) == ("contacts", "overwrite")
    assert {row["kind"] for row in setting.mapping} == {"company-customer", "contact-person", "contact-customer"}


def test_a_change_of_mode_says_what_it_means(ada: Client, connected: Installation) -> None:
    ada.get(CUSTOMERS)
    ada.post(CUSTOMERS, typed(connected, "customers") | {"mode": "contacts"})
    assert "Both sides are read from the beginning" in ada.get("/embed/sync/").content.decode()


def test_a_field_that_is_mapped_no_more_is_named(ada: Client, connected: Installation, queued: Queued) -> None:
    services.settings_of(connected)
    now = timezone.now()
    ModuleSetting.objects.update(started_at=now, last_sync_at=now)
    ada.get(CUSTOMERS)
    assert ada.post(CUSTOMERS, typed(connected, "customers")).status_code == 302
    assert "any more" not in ada.get("/embed/sync/").content.decode()
    body = typed(connected, "customers") | {"row-7-removed": "on", "row-1-direction": "to_books"}
    answer = ada.post(CUSTOMERS, body)
    assert answer.headers["Location"] == "/embed/sync/"
    text = ada.get("/embed/sync/").content.decode()
    first, gone = (body[f"row-{number}-bigin"].replace("_", " ") for number in (1, 7))
    assert f"Not brought to Bigin any more: {', '.join(sorted((first, gone)))}. What stands there stays" in text
    assert f"Not brought to Books any more: {gone}. What stands there stays" in text


def test_rule_5_4_a_mode_that_makes_more_leads_to_the_preview_and_names_it(
    ada: Client, connected: Installation, queued: Queued
) -> None:
    services.settings_of(connected)
    now = timezone.now()
    ModuleSetting.objects.update(started_at=now, last_sync_at=now)
    ada.get(CUSTOMERS)
    answer = ada.post(CUSTOMERS, typed(connected, "customers") | {"mode": "contacts"})
    assert answer.headers["Location"] == "/embed/sync/customers/preview/"
    text = ada.get(answer.headers["Location"]).content.decode()
    assert "More is kept in step from now on: contacts as customers of their own." in text
    assert "no preview shows yet what that does" in text
    assert queued.calls == {}
    assert ada.post(CUSTOMERS, typed(connected, "customers")).headers["Location"] == "/embed/sync/customers/preview/"
    ModuleSetting.objects.update(changed={})
    assert ada.post(CUSTOMERS, typed(connected, "customers")).headers["Location"] == "/embed/sync/"


@pytest.mark.django_db(transaction=True)
def test_read_only_is_chosen_before_start_and_start_then_makes_previews_only(
    ada: Client, connected: Installation, queued: Queued
) -> None:
    services.settings_of(connected)
    text = ada.get(CUSTOMERS).content.decode()
    assert 'data-test="read-only-on"' in text
    assert "It may be chosen before Start sync" in text
    ada.post("/embed/sync/customers/read-only/", {"on": "1"})
    Run.objects.create(
        installation=connected, kind="preview", state="done", trigger="person", modules=["customers", "products"]
    )
    ada.post("/embed/sync/start/", {"module": ["customers"]})
    assert "Started read-only" in ada.get("/embed/sync/").content.decode()
    assert queued.of("run_sync") == []
    assert queued.of("run_preview") == [(str(connected.pk), ["customers"], "person")]
    begun = setting_of(connected).started_at
    assert begun is not None
    ada.post("/embed/sync/customers/read-only/", {"on": "0"})
    allowed = setting_of(connected).started_at
    assert allowed is not None
    assert allowed > begun
    assert "It may be chosen before Start sync" not in ada.get(CUSTOMERS).content.decode()


def test_two_administrators_cannot_overwrite_each_other_unknowingly(
    ada: Client, connected: Installation, queued: Queued
) -> None:
    bea = signed_in_client(make_member(connected, name="Bea Lindqvist"))
    ada.get(CUSTOMERS)
    hers = his = typed(connected, "customers")
    assert bea.post(CUSTOMERS, hers | {"interval_minutes": "30"}).status_code == 302
    answer = ada.post(CUSTOMERS, his | {"interval_minutes": "360"})
    text = answer.content.decode()
    assert answer.status_code == 409
    assert "Somebody else saved these settings while you were editing." in text
    assert '<option value="360" selected>' in text  # nothing typed is lost
    assert setting_of(connected).interval_minutes == 30
    assert 'name="version" value="2"' in text
    assert ada.post(CUSTOMERS, his | {"interval_minutes": "360", "version": "2"}).status_code == 302
    assert setting_of(connected).interval_minutes == 360


def test_a_second_click_on_save_is_not_a_second_save(ada: Client, connected: Installation) -> None:
    ada.get(CUSTOMERS)
    body = typed(connected, "customers")
    assert ada.post(CUSTOMERS, body).status_code == 302
    assert ada.post(CUSTOMERS, body).status_code == 409
    assert setting_of(connected).version == 2


def test_zoho_out_of_reach_says_so_and_loses_nothing(ada: Client, connected: Installation, sandbox: Sandbox) -> None:
    Connection.objects.filter(product="bigin").update(access_token="1000.revoked", refresh_token="1000.gone")
    answer = ada.get(CUSTOMERS)
    assert answer.status_code == 503
    assert "The fields cannot be read at the moment" in answer.content.decode()
    assert setting_of(connected).version == 1


@pytest.mark.parametrize("path", ["/embed/sync/deals/configure/", "/embed/sync/Customers/configure/"])
def test_there_is_no_other_screen(ada: Client, path: str) -> None:
    assert ada.get(path).status_code == 404


def test_picklists_are_compared_before_the_first_run(connected: Installation) -> None:
    setting = services.settings_of(connected)["products"]
    left = FieldInfo("Product_Category", "Category", FieldType.PICKLIST, values=("Tour", "Flight"))
    right = FieldInfo("cf_category", "Category", FieldType.PICKLIST, values=("Tour", "Hotel"))
    live = metadata.offered(connected, "products")
    offered = metadata.Offered(
        {Kind.PRODUCT_ITEM: (*(one for one in live.infos("bigin", Kind.PRODUCT_ITEM) if one.name != left.name), left)},
        {Kind.PRODUCT_ITEM: (*live.infos("books", Kind.PRODUCT_ITEM), right)},
    )
    setting.mapping = [mapping.Row(Kind.PRODUCT_ITEM, left.name, right.name, FieldType.PICKLIST).to_json()]
    screen = ConfigureScreen(setting, offered)
    assert screen.rows[0].gaps() == (("Flight",), ("Hotel",))
    text = render_to_string("sync/_gaps.html", {"gaps": screen.rows[0].gaps(), "books": "Zoho Books"})
    assert "Zoho Books lacks: Flight. Records with these values are skipped" in text
    assert "Bigin lacks: Hotel." in text


def test_nothing_of_the_mirror_is_touched_by_looking(ada: Client, connected: Installation) -> None:
    ada.get(CUSTOMERS)
    ada.get(PRODUCTS)
    assert Record.objects.count() == 0
