"""The part of Settings › Authentication that says how the rollout goes about it."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from chargers.rollout.policy import CAREFUL, FASTEST_PER_MINUTE, FIRST_ALONE, Start
from chargers.rollout.window import DAYS

SELECT = {"class": "form-select"}
CHECK = {"class": "form-check-input"}
DAY_NAMES = (_("Mon"), _("Tue"), _("Wed"), _("Thu"), _("Fri"), _("Sat"), _("Sun"))
AT_ONCE = "all"
WAVES = [
    ("", _("As recommended for this site")),
    (",".join(FIRST_ALONE), _("The first one alone, then the rest")),
    (",".join(CAREFUL), _("The first one alone, then a tenth, then the rest")),
    (AT_ONCE, _("All of them, without waves")),
]


class PolicyForm(forms.Form):
    """Every field may stay empty: then the default for the mode and the number of chargers counts."""

    start = forms.ChoiceField(
        label=_("When to begin"),
        required=False,
        choices=[
            (Start.AS_READY, _("Each charger as soon as it is online and idle")),
            (Start.TOGETHER, _("All together, once every charger is online and idle")),
        ],
        widget=forms.Select(attrs=SELECT),
    )
    waves = forms.ChoiceField(
        label=_("In waves"),
        required=False,
        choices=WAVES,
        widget=forms.Select(attrs=SELECT),
        help_text=_("The next wave begins when the last one has landed; too many failures stop the rollout."),
    )
    window_days = forms.MultipleChoiceField(
        label=_("Only on these days"),
        required=False,
        choices=list(zip(DAYS, DAY_NAMES, strict=True)),
        widget=forms.CheckboxSelectMultiple(attrs=CHECK),
    )
    window_from = forms.TimeField(
        label=_("from"), required=False, widget=forms.TimeInput(attrs={"class": "form-control", "type": "time"})
    )
    window_to = forms.TimeField(
        label=_("to"), required=False, widget=forms.TimeInput(attrs={"class": "form-control", "type": "time"})
    )
    per_minute = forms.IntegerField(
        label=_("At most so many chargers per minute"),
        required=False,
        min_value=1,
        max_value=FASTEST_PER_MINUTE,
        widget=forms.NumberInput(attrs={"class": "form-control", "inputmode": "numeric"}),
    )

    def clean(self) -> dict[str, Any]:
        """Days and times go together: half a window is a mistake, not a window."""
        data = super().clean() or {}
        parts = [bool(data.get("window_days")), data.get("window_from") is not None, data.get("window_to") is not None]
        if any(parts) and not all(parts) and not self.errors:
            self.add_error("window_days", _("A window has days, a beginning and an end: fill in all three, or none."))
        return data

    def policy(self) -> dict[str, Any]:
        """As ``read_policy`` takes it."""
        data = self.cleaned_data
        plain: dict[str, Any] = {"start": data["start"] or Start.AS_READY, "per_minute": data["per_minute"]}
        if data["waves"]:
            plain["waves"] = [] if data["waves"] == AT_ONCE else data["waves"].split(",")
        if data["window_days"]:
            begins, ends = f"{data['window_from']:%H:%M}", f"{data['window_to']:%H:%M}"
            plain["windows"] = [{"days": data["window_days"], "from": begins, "to": ends}]
        return plain
