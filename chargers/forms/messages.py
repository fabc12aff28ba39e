"""What of a charger's messages to show."""

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.period_form import PeriodForm
from chargers.message_log import ACTIONS, Wanted
from chargers.models import Direction

SELECT = {"class": "form-select"}


class MessageFilterForm(PeriodForm):
    """Every field may stay empty. Times are the site's (use within ``in_site_time``)."""

    field_order = ("q", "action", "direction")

    q = forms.CharField(
        label=_("Text"),
        required=False,
        max_length=100,
        widget=forms.TextInput(attrs={"class": "form-control", "type": "search"}),
    )
    action = forms.ChoiceField(
        label=_("Action"),
        required=False,
        choices=[("", _("Every action")), *((name, name) for name in ACTIONS)],
        widget=forms.Select(attrs=SELECT),
    )
    direction = forms.ChoiceField(
        label=_("Direction"),
        required=False,
        choices=[("", _("Every direction")), *Direction.choices],
        widget=forms.Select(attrs=SELECT),
    )

    def wanted(self) -> Wanted:
        data = self.readable()
        return Wanted(
            action=data.get("action", ""),
            direction=data.get("direction", ""),
            search=data.get("q", ""),
            since=data.get("since"),
            until=data.get("until"),
        )
