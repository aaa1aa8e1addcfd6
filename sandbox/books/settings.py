"""Organisations, users, currencies, taxes: the settings area of the API, as rows and as changes."""

from __future__ import annotations

import re
from typing import Any

from sandbox.books import errors, intake, money, times
from sandbox.books.organization import BooksOrg
from sandbox.books.records import Authority, BooksUser, Currency, Exemption, Rate, Tax
from sandbox.books.tables import fold

CURRENCY_FORMATS = {0: "1,234,567", 2: "1,234,567.89", 3: "1,234,567.899"}


def organization_row(org: BooksOrg) -> dict[str, Any]:
    """Types drift between endpoints and products: switch `books_organization_types` (books-api.md 2.3)."""
    profile = org.profile
    base = org.base_currency
    drifted = org.switch("books_organization_types") == "drifted"
    return {
        "organization_id": profile.organization_id,
        "name": profile.name,
        "contact_name": profile.contact_name,
        "email": profile.email,
        "is_default_org": str(profile.is_default).lower() if drifted else profile.is_default,
        "is_org_active": str(profile.is_active).lower() if drifted else profile.is_active,
        "language_code": profile.language_code,
        "fiscal_year_start_month": profile.fiscal_year_start_month if drifted else str(profile.fiscal_year_start_month),
        "account_created_date": times.day_of(profile.created, profile.time_zone),
        "account_created_date_formatted": times.long_day(profile.created, profile.time_zone),
        "time_zone": profile.time_zone,
        "is_dst_active": False,
        "date_format": profile.date_format,
        "field_separator": " ",
        "industry_type": profile.industry_type,
        "industry_size": "",
        "company_id_label": "",
        "company_id_value": "",
        "tax_id_label": "",
        "tax_id_value": "",
        "currency_id": base.currency_id,
        "currency_code": base.code,
        "currency_symbol": base.symbol,
        "currency_format": CURRENCY_FORMATS[base.price_precision],
        "price_precision": base.price_precision,
        "plan_type": 12,
        "plan_name": profile.plan_name,
        "plan_period": "Monthly",
        "country_code": profile.country_code,
        "country": profile.country,
        "country_name": profile.country,
        "portal_name": profile.portal_name,
        "tax_group_enabled": True,
        "zi_migration_status": 0,
        "org_settings": {"is_org_active": profile.is_active},
    }


def organization_detail(org: BooksOrg) -> dict[str, Any]:
    address = {"street_address1": "", "street_address2": "", "city": "", "state": "", "zip": ""}
    return {
        **organization_row(org),
        "org_address": "",
        "remit_to_address": "",
        "phone": "",
        "fax": "",
        "website": "",
        "address": {**address, "country": org.profile.country},
        "custom_fields": [],
    }


def update_organization(org: BooksOrg, given: intake.Body) -> None:
    name = intake.text(given, "name", 100) if "name" in given else org.profile.name
    if not name:
        raise errors.missing("name")
    others = ("contact_name", "industry_type", "portal_name", "email")
    fresh = {key: intake.text(given, key, 100) for key in others if key in given}
    for key, value in {"name": name, **fresh}.items():
        setattr(org.profile, key, value)


def user_row(org: BooksOrg, user: BooksUser) -> dict[str, Any]:
    return {
        "user_id": user.user_id,
        "name": user.name,
        "email": user.email,
        "email_ids": [{"email": user.email, "is_selected": True}],
        "status": user.status,
        "user_role": user.role,
        "role_id": f"{org.profile.id_prefix}000000000001",
        "user_type": "zoho",
        "photo_url": "",
        "is_employee": False,
        "cost_rate": "",
        "created_time": org.stamp(user.created),
        "custom_fields": [],
    }


def create_user(org: BooksOrg, given: intake.Body) -> BooksUser:
    """Invited until somebody makes it active."""
    name, email = intake.text(given, "name", 100), intake.text(given, "email", 100)
    if not name or not intake.ADDRESS.match(email):
        raise errors.invalid_value("email" if name else "name")
    if org.user_by_email(email) is not None:
        raise errors.already_exists(f"A user with the e-mail address {email} already exists.")
    role = intake.text(given, "user_role") or "staff"
    if role not in ("staff", "admin", "timesheetstaff"):
        raise errors.invalid_value("user_role")
    user = BooksUser(org.new_id(), name, email, role, "invited", org.now())
    org.users.append(user)
    return user


def user_of(org: BooksOrg, user_id: str) -> BooksUser:
    user = org.user(user_id)
    if user is None:
        raise errors.does_not_exist("User")
    return user


def currency_row(currency: Currency) -> dict[str, Any]:
    newest = max((rate.effective_date for rate in currency.rates), default="")
    return {
        "currency_id": currency.currency_id,
        "currency_code": currency.code,
        "currency_name": currency.name,
        "currency_name_formatted": f"{currency.code}- {currency.name}",
        "currency_symbol": currency.symbol,
        "price_precision": currency.price_precision,
        "currency_format": CURRENCY_FORMATS[currency.price_precision],
        "is_base_currency": currency.is_base,
        "exchange_rate": 0 if currency.is_base else money.shown(currency.exchange_rate),
        "effective_date": newest,
        "auto_exchange_rate_enabled": False,
    }


def create_currency(org: BooksOrg, given: intake.Body) -> Currency:
    code = intake.text(given, "currency_code", 100).upper()
    if not re.fullmatch("[A-Z]{3}", code):
        raise errors.invalid_value("currency_code")
    if any(held.code == code for held in org.currencies.values()):
        raise errors.already_exists(f"Currency {code} already exists.")
    precision = given.get("price_precision", 2)
    places = money.whole_number(precision, "price_precision")
    if places not in CURRENCY_FORMATS:
        raise errors.invalid_value("price_precision")
    symbol = intake.text(given, "currency_symbol", 10) or code
    name = intake.text(given, "currency_name", 100) or code
    currency = Currency(org.new_id(), code, name, symbol, places)
    org.currencies[currency.currency_id] = currency
    return currency


def update_currency(currency: Currency, given: intake.Body) -> None:
    symbol = intake.text(given, "currency_symbol", 10) if "currency_symbol" in given else currency.symbol
    if not symbol:
        raise errors.missing("currency_symbol")
    currency.symbol = symbol


def currency_of(org: BooksOrg, currency_id: str) -> Currency:
    found = org.currencies.get(currency_id)
    if found is None:
        raise errors.does_not_exist("Currency")
    return found


def delete_currency(org: BooksOrg, currency: Currency) -> None:
    used = any(contact.currency_id == currency.currency_id for contact in org.contacts.all())
    if currency.is_base or used:
        raise errors.BooksError(400, 36, "The currency is in use and cannot be deleted.")
    del org.currencies[currency.currency_id]


def add_rate(org: BooksOrg, currency: Currency, given: intake.Body) -> Rate:
    if currency.is_base:
        raise errors.invalid_value("currency_id")
    day = times.parse_day(given.get("effective_date"), "effective_date")
    rate = money.positive_number(given.get("rate"), "rate")
    if not rate:
        raise errors.invalid_value("rate")
    fresh = Rate(org.new_id(), day, rate)
    currency.rates.append(fresh)
    return fresh


def rate_row(rate: Rate) -> dict[str, Any]:
    return {
        "exchange_rate_id": rate.exchange_rate_id,
        "effective_date": rate.effective_date,
        "rate": money.shown(rate.rate),
    }


def tax_row(org: BooksOrg, tax: Tax) -> dict[str, Any]:
    authority = org.authorities.get(tax.authority_id)
    return {
        "tax_id": tax.tax_id,
        "tax_name": tax.name,
        "tax_percentage": money.shown(tax.percentage),
        "tax_type": "tax_group" if tax.members else tax.tax_type,
        "tax_factor": "rate",
        "tax_specific_type": "",
        "tax_authority_id": tax.authority_id,
        "tax_authority_name": authority.name if authority else "",
        "output_tax_account_name": "Tax Payable",
        "purchase_tax_account_name": "",
        "tax_account_id": "",
        "purchase_tax_account_id": "",
        "is_value_added": tax.is_value_added,
        "is_default_tax": tax.is_default,
        "is_editable": True,
        "is_inactive": tax.status != "Active",
        "status": tax.status,
        "last_modified_time": org.stamp(tax.modified),
    }


def group_row(org: BooksOrg, tax: Tax) -> dict[str, Any]:
    members = [org.tax(member) for member in tax.members]
    return {
        "tax_group_id": tax.tax_id,
        "tax_group_name": tax.name,
        "tax_group_percentage": money.shown(tax.percentage),
        "taxes": [tax_row(org, member) for member in members if member],
    }


def tax_of(org: BooksOrg, tax_id: str, *, group: bool) -> Tax:
    tax = org.tax(tax_id)
    if tax is None or bool(tax.members) is not group:
        raise errors.does_not_exist("Tax group" if group else "Tax")
    return tax


def save_tax(org: BooksOrg, given: intake.Body, held: Tax | None = None) -> Tax:
    name = intake.text(given, "tax_name", 100) if "tax_name" in given or held is None else held.name
    percentage = given.get("tax_percentage", held.percentage if held else None)
    kind = intake.text(given, "tax_type") or (held.tax_type if held else "tax")
    if kind not in ("tax", "compound_tax"):
        raise errors.invalid_value("tax_type")
    _check_tax_name(org, name, held)
    rate = money.positive_number(percentage, "tax_percentage")
    if rate > 100:
        raise errors.invalid_value("tax_percentage")
    value_added = intake.flag(given.get("is_value_added", held.is_value_added if held else False), "is_value_added")
    authority = intake.id_text(given.get("tax_authority_id"), "tax_authority_id")
    tax = held or Tax(org.new_id(), name, rate)
    tax.name, tax.percentage, tax.tax_type, tax.modified = name, rate, kind, org.now()
    tax.is_value_added = value_added
    tax.authority_id = authority if authority in org.authorities else tax.authority_id
    org.taxes.add(tax.tax_id, tax)
    return tax


def save_group(org: BooksOrg, given: intake.Body, held: Tax | None = None) -> Tax:
    """`taxes` is a comma-separated text of tax ids, or a list of them."""
    name = intake.text(given, "tax_group_name", 100) or (held.name if held else "")
    _check_tax_name(org, name, held)
    ids = _member_ids(given, held)
    members = [org.tax(tax_id) for tax_id in ids]
    if not members or any(member is None or member.members for member in members) or len(set(ids)) != len(ids):
        raise errors.invalid_value("taxes")
    percentage = sum((member.percentage for member in members if member), money.ZERO)
    group = held or Tax(org.new_id(), name, percentage)
    group.name, group.members, group.percentage, group.modified = name, ids, percentage, org.now()
    org.taxes.add(group.tax_id, group)
    return group


def _member_ids(given: intake.Body, held: Tax | None) -> list[str]:
    if given.get("taxes") is None and held is not None:
        return list(held.members)
    if isinstance(given.get("taxes"), str):
        return [part.strip() for part in given["taxes"].split(",")]
    return intake.texts_in(given, "taxes")


def _check_tax_name(org: BooksOrg, name: str, held: Tax | None) -> None:
    if not name:
        raise errors.missing("tax_name")
    if any(other is not held for other in org.taxes.find("name", fold(name))):
        raise errors.already_exists(f'Tax "{name}" already exists.')


def delete_tax(org: BooksOrg, tax: Tax) -> None:
    """Refused while a group, an item, a customer or a line uses it (code 36: has dependants)."""
    used = any(tax.tax_id in other.members for other in org.taxes.all())
    used = used or any(item.tax_id == tax.tax_id for item in org.items.all())
    used = used or any(contact.tax_id == tax.tax_id for contact in org.contacts.all())
    used = used or any(
        line.tax_id == tax.tax_id for table in org.documents.values() for one in table.all() for line in one.lines
    )
    if used:
        raise errors.BooksError(400, 36, "The tax is associated with transactions and cannot be deleted.")
    org.taxes.remove(tax.tax_id)


def authority_row(authority: Authority) -> dict[str, Any]:
    return {
        "tax_authority_id": authority.tax_authority_id,
        "tax_authority_name": authority.name,
        "description": authority.description,
        "registration_number": "",
        "registration_number_label": "",
    }


def exemption_row(exemption: Exemption) -> dict[str, Any]:
    return {
        "tax_exemption_id": exemption.tax_exemption_id,
        "tax_exemption_code": exemption.code,
        "description": exemption.description,
        "type": exemption.kind,
    }
