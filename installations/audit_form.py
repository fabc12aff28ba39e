"""What of the audit trail to show."""

from django import forms
from django.utils.translation import gettext_lazy as _

from installations.audit_trail import Wanted
from installations.audit_words import ACTIONS

SEARCH = {"class": "form-control", "type": "search"}
MOMENT = {"class": "form-control", "type": "datetime-local"}


class AuditFilterForm(forms.Form):
    """Every field may stay empty. Times are those of the page."""

    action = forms.ChoiceField(
        label=_("Action"),
        required=False,
        choices=[("", _("Every action")), *ACTIONS.items()],
        widget=forms.Select(attrs={"class": "form-select"}),
    )
    person = forms.CharField(
        label=_("Person"), required=False, max_length=100, widget=forms.TextInput(attrs=SEARCH),
    )  # fmt: skip
    charger = forms.CharField(
        label=_("Charger"),
        required=False,
        max_length=48,
        widget=forms.TextInput(attrs={**SEARCH, "placeholder": _("Whole serial number")}),
    )
    since = forms.DateTimeField(
        label=_("From"), required=False, widget=forms.DateTimeInput(attrs=MOMENT, format="%Y-%m-%dT%H:%M")
    )
    until = forms.DateTimeField(
        label=_("Before"), required=False, widget=forms.DateTimeInput(attrs=MOMENT, format="%Y-%m-%dT%H:%M")
    )

    def wanted(self) -> Wanted:
        """By the fields that could be read; the others carry their errors."""
        self.is_valid()
        data = self.cleaned_data
        return Wanted(
            action=data.get("action", ""),
            person=data.get("person", ""),
            charger=data.get("charger", ""),
            since=data.get("since"),
            until=data.get("until"),
        )
