"""Forms of the installation pages."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.refusals import Invalid
from installations.card_file import LARGEST_FILE, decode
from installations.card_input import FIELDS
from installations.cards import Owner
from installations.models import DriftPolicy, NetworkType, OfflineAuthorization, Role

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
    offline_authorization = forms.ChoiceField(
        label=_("OCPP cloud: who may charge while the backend is away"),
        choices=OfflineAuthorization.choices,
        initial=OfflineAuthorization.KNOWN,
        widget=forms.Select(attrs=SELECT),
        help_text=_(
            "The chargers go on working, and every session is delivered to the backend when it is back. Cards accepted"
            " before: by the backend, and not expired; the default tag counts as one. If the backend later refuses a"
            " card, its session is ended."
        ),
    )
    backend_maintenance = forms.ChoiceField(
        label=_("OCPP cloud: firmware and diagnostics"),
        choices=[("no", _("not for the backend")), ("yes", _("the backend may update firmware and fetch diagnostics"))],
        initial="no",
        widget=forms.Select(attrs=SELECT),
        help_text=_("An update restarts a charger at a time of the backend's choosing."),
    )

    def clean_backend_maintenance(self) -> bool:
        return bool(self.cleaned_data["backend_maintenance"] == "yes")


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


class OwnedForm(forms.Form):
    """A form about cards that may belong to one of several owners; with one owner nothing is asked."""

    owner = forms.ChoiceField(
        label=_("Belongs to"),
        widget=forms.Select(attrs=SELECT),
        help_text=_("A card of an organisation is accepted at every installation the organisation owns."),
    )

    def __init__(self, *args: Any, owners: Sequence[Owner], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.owners = {f"{owner._meta.model_name}-{owner.pk}": owner for owner in owners}
        if len(owners) > 1:
            field = self.fields["owner"]
            assert isinstance(field, forms.ChoiceField)
            field.choices = [(key, str(owner)) for key, owner in self.owners.items()]
        else:
            del self.fields["owner"]

    def chosen_owner(self) -> Owner:
        return self.owners[self.cleaned_data.get("owner", next(iter(self.owners)))]


class CardForm(OwnedForm):
    """Fields named like the faults' pointers, so that a refusal finds its field."""

    id_tag = forms.CharField(
        label=_("Card number"),
        max_length=100,
        widget=forms.TextInput(attrs={**TEXT, "autocapitalize": "characters", "spellcheck": "false"}),
        help_text=_("As the charger reads it, up to 20 characters; capitals do not count."),
    )
    holder = forms.CharField(label=_("Holder"), required=False, max_length=100, widget=forms.TextInput(attrs=TEXT))
    label = forms.CharField(label=_("Label"), required=False, max_length=100, widget=forms.TextInput(attrs=TEXT))
    expires_at = forms.DateTimeField(
        label=_("Ends (empty: never)"),
        required=False,
        widget=forms.DateTimeInput(attrs={**TEXT, "type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        input_formats=["%Y-%m-%dT%H:%M"],
    )
    parent_id_tag = forms.CharField(
        label=_("Group"),
        required=False,
        max_length=100,
        widget=forms.TextInput(attrs=TEXT),
        help_text=_("Cards of one group may stop each other's sessions."),
    )
    blocked = forms.TypedChoiceField(
        label=_("State"),
        coerce=lambda value: value == "yes",
        choices=[("no", _("open")), ("yes", _("blocked"))],
        initial="no",
        widget=forms.Select(attrs=SELECT),
    )
    expected_version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def values(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in FIELDS}


class CardFileForm(OwnedForm):
    """First with a file, for the report; then with its text and the choice what to apply."""

    file = forms.FileField(
        label=_("CSV file"), required=False, widget=forms.FileInput(attrs={**TEXT, "accept": ".csv,text/csv"})
    )
    text = forms.CharField(required=False, strip=False, widget=forms.HiddenInput)
    apply = forms.ChoiceField(
        required=False, choices=[("all", "all"), ("partial", "partial")], widget=forms.HiddenInput
    )

    def read(self) -> str:
        """The text of the file, however it came. Raises Invalid."""
        upload = self.cleaned_data["file"]
        if upload is not None:
            return decode(upload.read(LARGEST_FILE + 1))
        text: str = self.cleaned_data["text"]
        if not text:
            raise Invalid("required", _("Choose a file."), pointer="/file")
        return decode(text.encode())
