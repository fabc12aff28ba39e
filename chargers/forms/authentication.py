"""The form of Settings › Authentication. It collects; the rules are those of installations.authentication."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from chargers.forms.policy import PolicyForm
from installations.authentication import (
    CLOUD,
    DIRECT,
    NATIVE,
    ClearPassword,
    Draft,
    KeepPassword,
    NewPassword,
    Password,
)
from installations.models import AuthenticationRevision

TEXT = {"class": "form-control", "autocomplete": "off", "spellcheck": "false"}
CHECK = {"class": "form-check-input"}


def said(field: str) -> dict[str, str]:
    """Besides its help text, a field is described by what the check says below it."""
    return {"aria-describedby": f"id_{field}_helptext said-{field}"}


class AuthenticationForm(PolicyForm):
    mode = forms.ChoiceField(
        choices=[(NATIVE, _("Native")), (CLOUD, _("OCPP cloud")), (DIRECT, _("OCPP direct"))], widget=forms.RadioSelect
    )
    server_url = forms.CharField(
        label=_("Server URL"),
        required=False,
        max_length=2000,
        strip=False,
        widget=forms.TextInput(
            attrs={**TEXT, **said("server_url"), "inputmode": "url", "placeholder": "wss://ocpp.example.com/{deviceId}"}
        ),
        help_text=_("Write {deviceId} where the charger's serial number goes. Empty: every charger uses its own URL."),
    )
    initial_device_password = forms.CharField(
        label=_("Initial device password"),
        required=False,
        strip=False,
        max_length=200,
        widget=forms.PasswordInput(attrs={**TEXT, **said("initial_device_password"), "autocomplete": "new-password"}),
        help_text=_(
            "16 to 40 characters, never shown again after saving. OCPP direct: given to each charger once. OCPP cloud:"
            " used by this portal to sign in for each charger; chargers never get it."
        ),
    )
    clear_password = forms.BooleanField(
        label=_("Remove the password"), required=False, widget=forms.CheckboxInput(attrs=CHECK)
    )
    authorization_required = forms.BooleanField(
        label=_("A card or app is required to charge"), required=False, widget=forms.CheckboxInput(attrs=CHECK)
    )
    default_id_tag = forms.CharField(
        label=_("Default tag"),
        required=False,
        strip=False,
        max_length=100,
        widget=forms.TextInput(attrs={**TEXT, **said("default_id_tag")}),
        help_text=_("Sent by the charger when no card is required. 1 to 20 characters."),
    )
    legacy_identity = forms.BooleanField(
        label=_("Legacy identity: chargers with their own URL sign in with their serial number"),
        required=False,
        widget=forms.CheckboxInput(attrs=CHECK),
    )
    note = forms.CharField(
        label=_("Why? (kept in the history)"), required=False, max_length=500, widget=forms.TextInput(attrs=TEXT)
    )
    expected_number = forms.IntegerField(widget=forms.HiddenInput)
    confirm_name = forms.CharField(required=False, max_length=200, widget=forms.TextInput(attrs=TEXT))

    @classmethod
    def initial_of(cls, revision: AuthenticationRevision) -> dict[str, Any]:
        return {
            "mode": revision.mode,
            "server_url": revision.server_url,
            "authorization_required": revision.authorization_required,
            "default_id_tag": revision.default_id_tag,
            "legacy_identity": revision.legacy_identity,
            "expected_number": revision.number,
        }

    def draft(self) -> Draft:
        data = self.cleaned_data
        return Draft(
            mode=data["mode"],
            server_url=data["server_url"],
            password=self._password(),
            default_id_tag=data["default_id_tag"],
            authorization_required=data["authorization_required"],
            legacy_identity=data["legacy_identity"],
        )

    def _password(self) -> Password:
        text: str = self.cleaned_data["initial_device_password"]
        if text:
            return NewPassword(text)
        return ClearPassword() if self.cleaned_data["clear_password"] else KeepPassword()
