"""Forms of the installation pages."""

from datetime import datetime
from decimal import Decimal
from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.utils.translation import gettext_lazy as _

from installations.models import DriftPolicy, NetworkType, Role

TEXT = {"class": "form-control"}
SELECT = {"class": "form-select"}


def _time_zones() -> list[tuple[str, str]]:
    return [(name, name) for name in sorted(available_timezones()) if "/" in name or name == "UTC"]


class InstallationForm(forms.Form):
    name = forms.CharField(label=_("Name"), max_length=200, widget=forms.TextInput(attrs=TEXT))
    address = forms.CharField(label=_("Address"), max_length=400, required=False, widget=forms.TextInput(attrs=TEXT))
    time_zone = forms.ChoiceField(
        label=_("Time zone"), choices=_time_zones, initial="UTC", widget=forms.Select(attrs=SELECT)
    )
    network_type = forms.ChoiceField(
        label=_("Network type"), choices=NetworkType.choices, widget=forms.Select(attrs=SELECT)
    )
    main_fuse_current = forms.DecimalField(
        label=_("Main fuse (A per phase)"),
        required=False,
        min_value=Decimal("0.1"),
        max_digits=7,
        decimal_places=1,
        widget=forms.NumberInput(attrs={**TEXT, "inputmode": "decimal"}),
    )
    drift_policy = forms.ChoiceField(
        label=_("When a charger comes back with another setting"),
        choices=DriftPolicy.choices,
        initial=DriftPolicy.CORRECT,
        widget=forms.Select(attrs=SELECT),
    )


class CircuitForm(forms.Form):
    name = forms.CharField(label=_("Name"), max_length=100, widget=forms.TextInput(attrs=TEXT))
    max_current = forms.DecimalField(
        label=_("Fuse (A per phase)"),
        min_value=Decimal("0.1"),
        max_digits=7,
        decimal_places=1,
        widget=forms.NumberInput(attrs={**TEXT, "inputmode": "decimal"}),
    )
    parent = forms.TypedChoiceField(
        label=_("Hangs on"), required=False, coerce=int, empty_value=None, widget=forms.Select(attrs=SELECT)
    )

    def __init__(self, *args: Any, circuits: list[tuple[int, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["parent"]
        assert isinstance(field, forms.TypedChoiceField)
        field.choices = [("", _("the main fuse")), *circuits]


class GrantForm(forms.Form):
    role = forms.ChoiceField(label=_("Role"), choices=Role.choices, widget=forms.Select(attrs=SELECT))
    email = forms.EmailField(label=_("E-mail address of a person"), required=False, widget=forms.EmailInput(attrs=TEXT))
    organisation = forms.CharField(
        label=_("or name of an organisation"), required=False, max_length=200, widget=forms.TextInput(attrs=TEXT)
    )
    expires_at = forms.DateTimeField(
        label=_("Ends (empty: never)"),
        required=False,
        widget=forms.DateTimeInput(attrs={**TEXT, "type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        input_formats=["%Y-%m-%dT%H:%M"],
    )

    def as_grant(self) -> dict[str, Any]:
        data = self.cleaned_data
        expires_at: datetime | None = data["expires_at"]
        return {
            "role": data["role"],
            "email": data["email"],
            "organisation_name": data["organisation"].strip(),
            "expires_at": expires_at,
        }
