"""What of the audit trail to show."""

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.period_form import PeriodForm
from installations.audit_trail import Wanted
from installations.audit_words import ACTIONS

SEARCH = {"class": "form-control", "type": "search"}


class AuditFilterForm(PeriodForm):
    """Every field may stay empty. Times are those of the page."""

    field_order = ("action", "person", "charger")

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

    def wanted(self) -> Wanted:
        data = self.readable()
        return Wanted(
            action=data.get("action", ""),
            person=data.get("person", ""),
            charger=data.get("charger", ""),
            since=data.get("since"),
            until=data.get("until"),
        )
