"""The form of one setting for many installations: that of one, without what only one has."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from chargers.forms.authentication import TEXT, AuthenticationForm
from installations.authentication import NATIVE, Site, review
from installations.doors import configured_doors
from installations.findings import Level


class ChangeForm(AuthenticationForm):
    """What is wrong whatever the installation is told at the field; the rest by each installation's own preview."""

    expected_number = None  # type: ignore[assignment]  # each installation has its own
    confirm_name = None  # type: ignore[assignment]  # the count is typed instead, when it is applied

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        if self.errors:
            return data
        anywhere = Site(chargers=[], password_set=False, current_mode=NATIVE, usable_cards=1, doors=configured_doors())
        for finding in review(self.draft(), anywhere).findings:
            field = finding.pointer.strip("/")
            if finding.level is Level.PROBLEM:
                self.add_error(field if field in self.fields else None, str(finding.detail))
        return data


class ApplyForm(forms.Form):
    """The number of installations is typed, so that a click is not enough."""

    count = forms.IntegerField(
        label=_("Type how many installations change"),
        widget=forms.TextInput(attrs={**TEXT, "inputmode": "numeric"}),
    )

    def __init__(self, *args: Any, expected: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._expected = expected

    def clean_count(self) -> int:
        count: int = self.cleaned_data["count"]
        if count != self._expected:
            raise forms.ValidationError(_("Type the number that stands above."))
        return count
