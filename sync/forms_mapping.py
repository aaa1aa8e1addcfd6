"""The mapping rows of a Configure form: one row for each pair of fields, checked against what both sides offer."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

from django import forms
from django.forms.utils import ErrorDict
from django.http import QueryDict
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from sync import mapping
from sync.configure import ConfigureInput
from sync.fields import FieldType
from sync.forms import POLICIES, CustomersForm, ProductsForm, SettingForm
from sync.mapping import Direction, FieldInfo, Kind, Row, RowError, Unfilled
from sync.metadata import Offered
from sync.models import Mode, Module, ModuleSetting

DIRECTIONS = (
    (Direction.BOTH, _("both ways")),
    (Direction.TO_BOOKS, _("to Books")),
    (Direction.TO_BIGIN, _("to Bigin")),
)
ROW_POLICIES = (("", _("as above")), *POLICIES)
ROW_POLICIES_OF_GUARDED = (("", _("asks (as said above)")), *POLICIES)
KIND_LABELS = {
    Kind.COMPANY_CUSTOMER: (_("Companies and customers"), _("Company"), _("Customer")),
    Kind.CONTACT_PERSON: (_("Contacts and contact persons"), _("Contact"), _("Contact person")),
    Kind.CONTACT_CUSTOMER: (_("Contacts and individual customers"), _("Contact"), _("Customer")),
    Kind.PRODUCT_ITEM: (_("Products and items"), _("Product"), _("Item")),
}
MAX_ROWS = 200


class RowForm(forms.Form):
    bigin = forms.ChoiceField()
    books = forms.ChoiceField()
    direction = forms.ChoiceField(choices=DIRECTIONS)
    policy = forms.ChoiceField(choices=ROW_POLICIES, required=False)
    removed = forms.BooleanField(required=False)

    def __init__(self, kind: Kind, offered: Offered, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.kind, self.offered = kind, offered
        words = KIND_LABELS[kind]
        for side, label in (("bigin", words[1]), ("books", words[2])):
            field = self.fields[side]
            field.label = label
            field.choices = choices_of(offered.infos(side, kind), str(self[side].value() or ""))  # type: ignore[attr-defined]
        self.fields["direction"].label, self.fields["policy"].label = _("Direction"), _("When both changed")
        self.fields["removed"].label = _("Remove")
        if self["books"].value() in mapping.GUARDED[kind]:
            self.fields["policy"].choices = ROW_POLICIES_OF_GUARDED  # type: ignore[attr-defined]

    @property
    def is_required(self) -> bool:
        return (self["bigin"].value(), self["books"].value()) == mapping.REQUIRED[self.kind]

    @property
    def is_blank(self) -> bool:
        """A row that was added and never filled in counts as none."""
        return not self["bigin"].value() and not self["books"].value()

    def gaps(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Picklist values that (Books lacks, Bigin lacks)."""
        left = self.offered.find("bigin", self.kind, str(self["bigin"].value() or ""))
        right = self.offered.find("books", self.kind, str(self["books"].value() or ""))
        return mapping.missing_values(left, right) if left and right else ((), ())

    def row(self) -> Row:
        """After is_valid."""
        left, right = (str(self.cleaned_data[side]) for side in ("bigin", "books"))
        types = [info.type for side, name in (("bigin", left), ("books", right)) if (info := self._info(side, name))]
        kind = mapping.common_type(types[0], types[1]) if len(types) == 2 else FieldType.TEXT
        return Row(
            self.kind, left, right, kind, Direction(self.cleaned_data["direction"]), self.cleaned_data["policy"] or ""
        )

    def _info(self, side: str, name: str) -> FieldInfo | None:
        return self.offered.find(side, self.kind, name)


def choices_of(infos: Iterable[FieldInfo], present: str) -> list[tuple[str, str | Promise]]:
    """A field that is mapped and no longer there stays in its list, so that the error can be said beside it."""
    choices: list[tuple[str, str | Promise]] = [("", "–")]
    choices += sorted(((info.name, info.label) for info in infos), key=lambda choice: str(choice[1]).casefold())
    if present and all(name != present for name, _label in choices):
        choices.append((present, present))
    return choices


@dataclass(frozen=True)
class Group:
    kind: Kind
    title: str | Promise
    bigin: str | Promise
    books: str | Promise
    rows: Sequence[RowForm]


class ConfigureScreen:
    """The whole screen: its form and its rows, unbound for GET, bound for POST."""

    def __init__(self, setting: ModuleSetting, offered: Offered, data: QueryDict | None = None) -> None:
        form_class = ProductsForm if setting.module == Module.PRODUCTS else CustomersForm
        self.setting, self.offered, self.data = setting, offered, data
        self.form: SettingForm = form_class(setting, offered, data)
        self.rows = self._posted(data) if data is not None else self._stored()
        self.problems: list[str] = []

    @property
    def module(self) -> str:
        return self.setting.module

    def _stored(self) -> list[RowForm]:
        return [
            RowForm(row.kind, self.offered, initial=row.to_json(), prefix=f"row-{number}")
            for number, row in enumerate(mapping.load(self.setting.module, self.setting.mapping))
        ]

    def _posted(self, data: QueryDict) -> list[RowForm]:
        rows = []
        for number in range(MAX_ROWS):
            kind = data.get(f"row-{number}-kind")
            if kind is None:
                break
            if kind in mapping.KINDS_OF_MODULE[self.module]:
                rows.append(RowForm(Kind(kind), self.offered, data, prefix=f"row-{number}"))
        return rows

    def add_row(self, kind: str) -> None:
        if kind in mapping.KINDS_OF_MODULE[self.module] and len(self.rows) < MAX_ROWS:
            blank = {"direction": Direction.BOTH.value, "policy": ""}
            self.rows.append(RowForm(Kind(kind), self.offered, initial=blank, prefix=f"row-{len(self.rows)}"))

    def kinds(self) -> tuple[Kind, ...]:
        """Kinds of pairs the chosen mode makes: only their rows are on the screen, the others are kept as they are."""
        if self.module == Module.PRODUCTS:
            return (Kind.PRODUCT_ITEM,)
        mode = self.form["mode"].value()
        if mode == Mode.CONTACTS:
            return (Kind.CONTACT_CUSTOMER,)
        if mode == Mode.COMPANIES:
            return (Kind.COMPANY_CUSTOMER,)
        both = (Kind.COMPANY_CUSTOMER, Kind.CONTACT_PERSON)
        return (*both, Kind.CONTACT_CUSTOMER) if self.form["include_unattached"].value() else both

    def groups(self) -> list[Group]:
        return [
            Group(kind, *KIND_LABELS[kind], [row for row in self.rows if row.kind is kind]) for kind in self.kinds()
        ]

    def hidden_rows(self) -> list[RowForm]:
        return [row for row in self.rows if row.kind not in self.kinds()]

    def is_valid(self) -> bool:
        kept = self._kept()
        well = [row.is_valid() for row in kept]
        if not self.form.is_valid() or not all(well):
            return False
        self.show_errors(mapping.check([row.row() for row in kept], self.offered.bigin, self.offered.books))
        if self.problems or any(row.errors for row in kept):
            return False
        unfilled = self._unfilled([row.row() for row in kept])
        for one in unfilled:
            self._ask_for(one, kept)
        return not unfilled

    def _unfilled(self, rows: Sequence[Row]) -> list[Unfilled]:
        """What the sides on which this form has records created insist on. After the form and its rows are valid."""
        sides = ("books",) if self.form.cleaned_data["create_in_bigin"] == "none" else ("books", "bigin")
        found: list[Unfilled] = []
        for kind, side in product(self.kinds(), sides):
            found += mapping.unfilled(rows, kind, side, self.offered.infos(side, kind))
        return found

    def _ask_for(self, one: Unfilled, kept: Sequence[RowForm]) -> None:
        """Said beside the row that maps it the wrong way, or in a row made for it, whose other half is to be chosen."""
        name = {"field": one.info.label, "side": "Bigin" if one.side == "bigin" else "Books"}
        if one.index >= 0:
            words = _("%(side)s insists on %(field)s in each new record: choose a direction that fills it there.")
            kept[one.index].add_error("direction", words % name)
            return
        words = _("%(side)s insists on %(field)s in each new record: choose the field that fills it.")
        if len(self.rows) >= MAX_ROWS:
            self.problems.append(words % name)
            return
        prefix, other = f"row-{len(self.rows)}", "books" if one.side == "bigin" else "bigin"
        data = {f"{prefix}-{one.side}": one.info.name, f"{prefix}-direction": Direction.BOTH.value}
        row = RowForm(one.kind, self.offered, data, prefix=prefix)
        row.errors[other] = row.error_class([words % name])
        self.rows.append(row)

    def _kept(self) -> list[RowForm]:
        return [row for row in self.rows if not row["removed"].value() and not row.is_blank]

    def show_errors(self, errors: Iterable[RowError]) -> None:
        """Beside the field of the row they are about, or at the top."""
        kept = self._kept()
        for error in errors:
            if 0 <= error.index < len(kept) and error.field in ("bigin", "books"):
                kept[error.index].add_error(error.field, error.message)
            else:
                self.problems.append(error.message)

    def cleaned(self) -> ConfigureInput:
        """After is_valid."""
        data = self.form.cleaned_data
        plain = (
            "mode",
            "include_unattached",
            "duplicates",
            "policy",
            "delete_policy",
            "create_in_bigin",
            "recent_months",
        )
        rows = [row.row() for row in self._kept()]
        return ConfigureInput(
            mapping=rows,
            views=self.form.views(),
            defaults={**self.setting.defaults, **{name: data[name] for name in self.form.DEFAULTS}},
            interval_minutes=data["interval_minutes"],
            picklists={side: self._picklists(side, rows) for side in ("bigin", "books")},
            **{name: data[name] for name in plain if name in data},
        )

    def _picklists(self, side: str, rows: Iterable[Row]) -> dict[str, list[str]]:
        """What the picklists in use offer, so that the sync knows a value the other side lacks (rules 4.5)."""
        named = [(row.kind, row.bigin if side == "bigin" else row.books) for row in rows]
        infos = [info for kind, name in named if (info := self.offered.find(side, kind, name)) is not None]
        return {info.name: list(info.values) for info in infos if info.type is FieldType.PICKLIST}

    @property
    def row_errors(self) -> bool:
        return any(row.is_bound and row.errors for row in self.rows)

    @property
    def version(self) -> int:
        """After is_valid: the version this form was drawn from."""
        return int(self.form.cleaned_data["version"])

    def renewed(self) -> "ConfigureScreen":
        """The same entries over the version that stands now, so that a second Save is deliberate."""
        self.setting.refresh_from_db()
        data = self.data.copy() if self.data is not None else QueryDict(mutable=True)
        data["version"] = str(self.setting.version)
        return ConfigureScreen(self.setting, self.offered, data)

    def unjudged(self) -> None:
        """Draws what was typed without saying what is wrong with it yet: a row was added, or the mode changed."""
        for form in (self.form, *self.rows):
            form._errors = ErrorDict()  # type: ignore[attr-defined]
