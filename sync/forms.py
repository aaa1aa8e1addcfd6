"""The Configure form without its mapping rows, and the pairs file. The rows are in `sync.forms_mapping`."""

import io
from collections.abc import Iterator, Sequence
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.core.validators import RegexValidator
from django.utils.translation import gettext_lazy as _

from sync.metadata import Offered, View
from sync.models import Duplicates, Mode, Module, ModuleSetting, Policy, RecordKind

INTERVALS = (
    (5, _("every 5 minutes")),
    (15, _("every 15 minutes")),
    (30, _("every 30 minutes")),
    (60, _("every hour")),
    (120, _("every 2 hours")),
    (360, _("every 6 hours")),
    (720, _("every 12 hours")),
    (1440, _("every day")),
)
DELETE_POLICIES = (
    ("delete", _("Delete it there too (made inactive where it has transactions)")),
    ("inactive", _("Mark it inactive (a contact person stays as it is: Books has no inactive ones)")),
    ("keep", _("Leave it as it is")),
)
CREATE_POLICIES = (
    ("none", _("None: records born in Books stay there")),
    ("active", _("Active customers")),
    ("recent", _("Only customers with documents in the last months")),
)
POLICIES = (
    (Policy.NEWEST, _("The newest change")),
    (Policy.BIGIN, _("Bigin")),
    (Policy.BOOKS, _("Books")),
    (Policy.ASK, _("Ask me")),
)
DUPLICATES = (
    (Duplicates.CLONE, _("Clone: a second one is created in Books")),
    (Duplicates.OVERWRITE, _("Overwrite: the two are linked and Bigin's values win")),
    (Duplicates.SKIP, _("Skip: the pair is left alone")),
)
MODES = ((Mode.CONTACTS, _("Contacts")), (Mode.COMPANIES, _("Companies")), (Mode.BOTH, _("Companies & Contacts")))
VIEW_FIELDS = {
    Module.CUSTOMERS: ((RecordKind.COMPANY, _("Companies")), (RecordKind.CONTACT, _("Contacts"))),
    Module.PRODUCTS: ((RecordKind.PRODUCT, _("Products")),),
}
VIEW_KEYS = {RecordKind.COMPANY: "companies", RecordKind.CONTACT: "contacts", RecordKind.PRODUCT: "products"}
IS_ID = RegexValidator(r"^[0-9]+\Z", _("Books' id is a number, as in the address of the account's page."))
IS_NAME = RegexValidator(r"^[a-z][a-z_]*\Z", _("Books names them in small letters and underscores, as vat_registered."))
MAX_PAIRS_FILE = 10 * 1024 * 1024


class SettingForm(forms.Form):
    """What both Configure screens ask. The version travels along: a Save over somebody else's is noticed."""

    DEFAULTS: tuple[str, ...] = ()  # fields that are kept in `ModuleSetting.defaults`

    version = forms.IntegerField(widget=forms.HiddenInput)
    interval_minutes = forms.TypedChoiceField(
        label=_("Sync interval"),
        coerce=int,
        choices=INTERVALS,
        help_text=_("Stretched by itself where the daily quota would not last."),
    )
    policy = forms.ChoiceField(
        label=_("When both sides changed the same field"),
        choices=POLICIES,
        help_text=_("Names, e-mail, tax numbers and prices always ask, unless their row below says otherwise."),
    )
    delete_policy = forms.ChoiceField(
        label=_("When a record is deleted in Bigin, what happens to its counterpart?"),
        choices=DELETE_POLICIES,
        help_text=_("What is deleted in Books is never deleted in Bigin: the pair is closed and reported."),
    )

    def __init__(self, setting: ModuleSetting, offered: Offered, data: Any = None) -> None:
        super().__init__(data, initial=initial_of(setting))
        self.setting = setting
        interval = setting.interval_minutes
        if interval not in dict(INTERVALS):
            choices = sorted([*INTERVALS, (interval, _("every %(minutes)d minutes") % {"minutes": interval})])
            self.fields["interval_minutes"].choices = choices  # type: ignore[attr-defined]
        for kind, label in VIEW_FIELDS[Module(setting.module)]:
            key = VIEW_KEYS[kind]
            self.fields[f"views_{key}"] = views_field(
                str(label), offered.views.get(kind, ()), setting.views.get(key) or ()
            )

    def views(self) -> dict[str, list[str]]:
        return {
            name.removeprefix("views_"): list(chosen)
            for name, chosen in self.cleaned_data.items()
            if name.startswith("views_") and chosen
        }


class ProductsForm(SettingForm):
    duplicates = forms.ChoiceField(
        label=_("When a product meets an item that looks the same"),
        choices=DUPLICATES,
        widget=forms.RadioSelect,
        help_text=_("Once, when the two first meet. Equal codes or names look the same."),
    )
    create_in_bigin = forms.ChoiceField(
        label=_("Items that exist in Books only"),
        choices=(("none", _("Leave them in Books")), ("active", _("Create active items that are sold in Bigin"))),
    )
    product_type = forms.ChoiceField(
        label=_("New items are"),
        required=False,
        choices=(("", _("as Books decides")), ("goods", _("goods")), ("service", _("services"))),
    )
    account_id = forms.CharField(
        label=_("Account id of new items"),
        required=False,
        max_length=40,
        validators=[IS_ID],
        help_text=_("Sales account in Books; empty: Books' default."),
    )

    DEFAULTS = ("product_type", "account_id")


class CustomersForm(SettingForm):
    mode = forms.ChoiceField(
        label=_("Which modules need to be synchronized with the Customer?"),
        choices=MODES,
        widget=forms.RadioSelect,
    )
    include_unattached = forms.BooleanField(
        label=_("Include Contacts which are not associated with any Companies"),
        required=False,
        help_text=_("Each of them becomes an individual customer."),
    )
    duplicates = forms.ChoiceField(
        label=_("When a company meets a customer that looks the same"),
        choices=DUPLICATES,
        widget=forms.RadioSelect,
        required=False,
        help_text=_("Once, when the two first meet. What only resembles is held for you in To do."),
    )
    create_in_bigin = forms.ChoiceField(label=_("Customers that exist in Books only"), choices=CREATE_POLICIES)
    recent_months = forms.IntegerField(label=_("Months that count as recent"), min_value=1, max_value=120)
    owner_id = forms.CharField(
        label=_("Owner of records born in Books"),
        required=False,
        max_length=40,
        help_text=_("Where no user of Bigin has the e-mail address of the record's owner in Books."),
    )
    tax_treatment = forms.CharField(
        label=_("Tax treatment of new customers"),
        required=False,
        max_length=60,
        validators=[IS_NAME],
        help_text=_("As Books names it for your edition; empty where Books does not ask for it."),
    )
    gst_treatment = forms.CharField(
        label=_("GST treatment of new customers"),
        required=False,
        max_length=60,
        validators=[IS_NAME],
        help_text=_("India only."),
    )
    vat_treatment = forms.CharField(
        label=_("VAT treatment of new customers"),
        required=False,
        max_length=60,
        validators=[IS_NAME],
        help_text=_("United Kingdom only."),
    )
    place_of_contact = forms.CharField(label=_("Place of contact of new customers"), required=False, max_length=60)

    DEFAULTS = ("owner_id", "tax_treatment", "gst_treatment", "vat_treatment", "place_of_contact")

    def __init__(self, setting: ModuleSetting, offered: Offered, data: Any = None) -> None:
        super().__init__(setting, offered, data)
        if offered.owners:
            self.fields["owner_id"] = _owner_field(
                self.fields["owner_id"], offered, str(self.initial.get("owner_id") or "")
            )

    def clean_duplicates(self) -> str:
        """Not offered in Contacts mode: what is stored stays, for when the mode comes back."""
        chosen: str = self.cleaned_data.get("duplicates") or self.setting.duplicates
        return chosen

    @property
    def offers_duplicates(self) -> bool:
        return bool(self["mode"].value() != Mode.CONTACTS)

    @property
    def offers_unattached(self) -> bool:
        return bool(self["mode"].value() == Mode.BOTH)


def _owner_field(typed: forms.Field, offered: Offered, present: str) -> forms.ChoiceField:
    """Bigin's users by name; whoever is chosen and is not active any more stays in the list until another is."""
    choices = [("", _("whoever connected Bigin")), *offered.owners]
    if present and present not in dict(offered.owners):
        choices.append((present, _("%(id)s, not active any more") % {"id": present[:40]}))
    return forms.ChoiceField(label=typed.label, help_text=typed.help_text, required=False, choices=choices)


def views_field(label: str, offered: Sequence[View], present: Sequence[str]) -> forms.MultipleChoiceField:
    """A chosen view that Bigin has no more stays ticked: without it, a Save would take all records, unsaid."""
    shifting = _("(changes with the user or the day)")
    choices = [(view.id, f"{view.name} {shifting}" if view.shifting else view.name) for view in offered]
    lost = [view for view in present if all(view != offer.id for offer in offered)]
    choices += [(view, _("%(id)s, not in Bigin any more") % {"id": view[:40]}) for view in lost]
    return forms.MultipleChoiceField(
        label=label,
        choices=choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("None ticked: all records. Several: everything that is in any of them."),
    )


def initial_of(setting: ModuleSetting) -> dict[str, Any]:
    plain = (
        "version", "interval_minutes", "policy", "delete_policy", "duplicates", "create_in_bigin", "mode",
        "include_unattached", "recent_months",
    )  # fmt: skip
    return {
        **{name: getattr(setting, name) for name in plain},
        **{f"views_{name}": ids for name, ids in setting.views.items()},
        **setting.defaults,
    }


class PairsFileForm(forms.Form):
    """A CSV file as the Pairs screen writes it."""

    file = forms.FileField(
        error_messages={
            "required": _("Choose the CSV file first."),
            "empty": _("The file is empty: choose the CSV file you downloaded here."),
        }
    )

    def clean_file(self) -> UploadedFile:
        upload: UploadedFile = self.cleaned_data["file"]
        if (upload.size or 0) > MAX_PAIRS_FILE:
            raise forms.ValidationError(_("The file is larger than 10 MB: is it the right one?"))
        try:
            self.text = upload.read().decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise forms.ValidationError(_("The file is not text: choose the CSV file you downloaded here.")) from error
        return upload

    def lines(self) -> Iterator[str]:
        return iter(io.StringIO(self.text, newline=""))
