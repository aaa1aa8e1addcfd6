"""What an installation keeps in step: its settings, resolved once per run into kinds, feeds and mapping rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from accounts.models import Installation
from sync import mapping
from sync.mapping import Kind, Row
from sync.models import Duplicates, Feed, Mode, Module, ModuleSetting, Record, RecordKind, Side
from sync.plan import First

MODULE_OF = {kind: module for module, kinds in mapping.KINDS_OF_MODULE.items() for kind in kinds}
# Order matters: a contact's company comes before the contact.
ORDER = (Kind.PRODUCT_ITEM, Kind.COMPANY_CUSTOMER, Kind.CONTACT_CUSTOMER, Kind.CONTACT_PERSON)
RECORD_KINDS: Mapping[Kind, tuple[str, str]] = {
    Kind.PRODUCT_ITEM: (RecordKind.PRODUCT, RecordKind.ITEM),
    Kind.COMPANY_CUSTOMER: (RecordKind.COMPANY, RecordKind.CUSTOMER),
    Kind.CONTACT_CUSTOMER: (RecordKind.CONTACT, RecordKind.CUSTOMER),
    Kind.CONTACT_PERSON: (RecordKind.CONTACT, RecordKind.PERSON),
}
FEEDS_OF: Mapping[Kind, tuple[str, ...]] = {
    Kind.PRODUCT_ITEM: (Feed.BIGIN_PRODUCTS, Feed.BOOKS_ITEMS),
    Kind.COMPANY_CUSTOMER: (Feed.BIGIN_COMPANIES, Feed.BOOKS_CUSTOMERS),
    Kind.CONTACT_CUSTOMER: (Feed.BIGIN_CONTACTS, Feed.BOOKS_CUSTOMERS),
    Kind.CONTACT_PERSON: (Feed.BIGIN_CONTACTS, Feed.BOOKS_CUSTOMERS),
}
FEED_KINDS: Mapping[str, str] = {
    Feed.BIGIN_COMPANIES: RecordKind.COMPANY,
    Feed.BIGIN_CONTACTS: RecordKind.CONTACT,
    Feed.BIGIN_PRODUCTS: RecordKind.PRODUCT,
    Feed.BOOKS_CUSTOMERS: RecordKind.CUSTOMER,
    Feed.BOOKS_ITEMS: RecordKind.ITEM,
}
BIGIN_MODULES: Mapping[str, str] = {
    RecordKind.COMPANY: "Accounts",
    RecordKind.CONTACT: "Contacts",
    RecordKind.PRODUCT: "Products",
}
KIND_OF_BIGIN_MODULE = {api_name: kind for kind, api_name in BIGIN_MODULES.items()}
DETAIL_ONLY = ("billing_address.", "shipping_address.", "person.designation", "person.department", "notes")


@dataclass(frozen=True)
class Shape:
    """`modules` are those this run works on; rows are resolved with the defaults and without money where it is off."""

    installation: Installation
    settings: Mapping[str, ModuleSetting]
    modules: Sequence[str]
    rows: Mapping[Kind, tuple[Row, ...]] = field(default_factory=dict)
    extra: frozenset[Kind] = frozenset()  # kinds that an explicit act needs beside those of the settings

    @cached_property
    def kinds(self) -> tuple[Kind, ...]:
        return tuple(kind for kind in ORDER if MODULE_OF[kind] in self.modules and kind in self.active)

    @cached_property
    def active(self) -> frozenset[Kind]:
        """Kinds that the settings keep in step, whatever this run works on."""
        return self.extra | {kind for setting in self.settings.values() for kind in kinds_of(setting)}

    @cached_property
    def feeds(self) -> tuple[str, ...]:
        """In the order they are read: Bigin first, so that its deletions are known before Books is judged."""
        wanted = {feed for kind in self.kinds for feed in FEEDS_OF[kind]}
        return tuple(feed for feed in Feed.values if feed in wanted)

    def setting(self, kind: Kind) -> ModuleSetting:
        return self.settings[MODULE_OF[kind]]

    @property
    def mode(self) -> str:
        setting = self.settings.get(Module.CUSTOMERS)
        return setting.mode if setting else Mode.BOTH

    @cached_property
    def include_unattached(self) -> bool:
        setting = self.settings.get(Module.CUSTOMERS)
        return bool(setting and setting.include_unattached)

    def kinds_with(self, record_kind: str) -> tuple[Kind, ...]:
        """Active kinds of link that a record of this kind may be part of."""
        return tuple(kind for kind in ORDER if kind in self.active and record_kind in RECORD_KINDS[kind])

    def wanted(self, record_kind: str) -> frozenset[str]:
        """Names of the mapped fields that the mirror keeps of such records (rules 8.4)."""
        side = side_of(record_kind)
        return frozenset(
            row.bigin if side == Side.BIGIN else row.books
            for kind in self.kinds_with(record_kind)
            for row in self.rows[kind]
        )

    @cached_property
    def customers_need_detail(self) -> bool:
        if Kind.CONTACT_PERSON in self.active or Kind.CONTACT_CUSTOMER in self.active:
            return True
        return any(name.startswith(DETAIL_ONLY) for name in self.wanted(RecordKind.CUSTOMER))

    @cached_property
    def has_zcrm_ids(self) -> bool:
        """Whether customers name records of Zoho's own CRM; asked once a run (rules 1.4)."""
        customers = Record.objects.filter(
            installation=self.installation, side=Side.BOOKS, kind=RecordKind.CUSTOMER, gone_at=None
        )
        return customers.filter(meta__has_any_keys=["zcrm_account_id", "zcrm_contact_id"]).exists()

    def views(self, record_kind: str) -> tuple[str, ...]:
        """Ids of the list views that records of Bigin come from; () for all."""
        name = {"company": "companies", "contact": "contacts", "product": "products"}[record_kind]
        setting = self.settings.get(Module.PRODUCTS if record_kind == RecordKind.PRODUCT else Module.CUSTOMERS)
        return tuple(setting.views.get(name) or ()) if setting else ()

    def view_rules(self, record_kind: str) -> list[Mapping[str, Any] | None]:
        """Criteria of those views; [] where one of them is not known, so that only its ids can tell."""
        setting = self.settings.get(Module.PRODUCTS if record_kind == RecordKind.PRODUCT else Module.CUSTOMERS)
        views = self.views(record_kind)
        if setting is None or any(view not in setting.view_rules for view in views):
            return []
        return [setting.view_rules[view] for view in views]

    def first(self, kind: Kind) -> First:
        """How a fresh pair is brought together (rules 3.2 and design section 4)."""
        if kind is Kind.CONTACT_CUSTOMER and self.mode == Mode.CONTACTS:
            return "fill"
        return "bigin"

    def duplicates(self, kind: Kind) -> str:
        if kind in (Kind.CONTACT_PERSON, Kind.CONTACT_CUSTOMER):
            return Duplicates.OVERWRITE
        return self.setting(kind).duplicates


def side_of(record_kind: str) -> str:
    return Side.BIGIN if record_kind in BIGIN_MODULES else Side.BOOKS


def kinds_of(setting: ModuleSetting) -> tuple[Kind, ...]:
    if setting.module == Module.PRODUCTS:
        return (Kind.PRODUCT_ITEM,)
    if setting.mode == Mode.CONTACTS:
        return (Kind.CONTACT_CUSTOMER,)
    if setting.mode == Mode.COMPANIES:
        return (Kind.COMPANY_CUSTOMER,)
    both = (Kind.COMPANY_CUSTOMER, Kind.CONTACT_PERSON)
    return (*both, Kind.CONTACT_CUSTOMER) if setting.include_unattached else both


def money_is_off(installation: Installation) -> bool:
    """The two organisations count in different currencies (rules 6.1)."""
    left, right = installation.bigin_currency, installation.books_currency
    return bool(left and right and left != right)


def load(installation: Installation, modules: Sequence[str] | None = None) -> Shape:
    """Reads the settings; no network."""
    settings = {setting.module: setting for setting in ModuleSetting.objects.filter(installation=installation)}
    rows = [row for module in settings for row in mapping.load(module, settings[module].mapping)]
    if money_is_off(installation):
        rows = mapping.without_money(rows)
    by_kind = {kind: mapping.of_kind(rows, kind) for kind in Kind}
    chosen = [module for module in (modules or list(settings)) if module in settings]
    return Shape(installation, settings, chosen, by_kind)
