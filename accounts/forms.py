"""The forms of Setup."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.setup import Organization


class OrganizationForm(forms.Form):
    """The last step: one organisation of those the account can open, and who gets the alerts (rules 8.3)."""

    alert_email = forms.EmailField(
        label=_("E-mail address"),
        max_length=254,
        help_text=_("Of an active user of that organisation. Alerts go there: access lost, sync held, quota used up."),
    )

    def __init__(
        self, data: Mapping[str, Any] | None, *, organizations: Sequence[Organization], initial: Mapping[str, Any]
    ) -> None:
        super().__init__(data, initial=dict(initial))
        choices = [(one.id, f"{one.name} ({one.currency})" if one.currency else one.name) for one in organizations]
        if len(organizations) > 1:
            choices.insert(0, ("", str(_("Choose …"))))
        self.fields["organization"] = forms.ChoiceField(label=_("Organisation"), choices=choices)
        self.order_fields(["organization", "alert_email"])
