"""Forms to register and change chargers."""

from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from chargers.models import PhaseRotation
from installations.models import Circuit, Installation

TEXT = {"class": "form-control", "autocomplete": "off"}


class OneChargerForm(forms.Form):
    """Fields named like the faults' pointers, so that a refusal finds its field."""

    device_id = forms.CharField(
        label=_("Serial number (device id)"),
        max_length=200,
        widget=forms.TextInput(attrs={**TEXT, "autocapitalize": "characters", "spellcheck": "false"}),
        help_text=_("As printed on the charger, for instance ZCS000143."),
    )
    name = forms.CharField(label=_("Name"), required=False, max_length=100, widget=forms.TextInput(attrs=TEXT))
    circuit = forms.ModelChoiceField(
        label=_("Circuit"),
        queryset=Circuit.objects.none(),
        required=False,
        empty_label=_("the main fuse"),
        widget=forms.Select(attrs={"class": "form-select"}),
    )

    def __init__(self, *args: Any, installation: Installation, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["circuit"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = Circuit.objects.filter(installation=installation)


class EditChargerForm(OneChargerForm):
    server_url = forms.CharField(
        label=_("The charger's own server URL"),
        required=False,
        max_length=512,
        widget=forms.TextInput(attrs={**TEXT, "inputmode": "url"}),
        help_text=_("Used only while the installation's URL is empty."),
    )

    max_current = forms.DecimalField(
        label=_("Largest current of a connector (A per phase)"),
        min_value=Decimal(6),
        max_value=Decimal(80),
        decimal_places=1,
        widget=forms.NumberInput(attrs={**TEXT, "inputmode": "decimal"}),
        help_text=_("What it takes when nobody limits it: as set at the charger, or what its cable is good for."),
    )
    phase_rotation = forms.ChoiceField(
        label=_("Phase rotation"),
        choices=PhaseRotation.choices,
        required=False,
        widget=forms.Select(attrs={"class": "form-select"}),
        help_text=_("Which line of the site its L1, L2 and L3 hang on. Not known: it counts on all three."),
    )
    charging_priority = forms.IntegerField(
        label=_("Priority"),
        min_value=0,
        max_value=9,
        widget=forms.NumberInput(attrs={**TEXT, "inputmode": "numeric"}),
        help_text=_("0 to 9. When the site cannot serve everybody, the higher one is served first."),
    )
    never_pause = forms.BooleanField(
        label=_("Never pause: some cars do not wake again"),
        required=False,
        widget=forms.CheckboxInput(attrs={"class": "form-check-input"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        del self.fields["device_id"]


class PasteForm(forms.Form):
    lines = forms.CharField(
        label=_("One charger a line: serial; name; server URL (the last two are optional)"),
        widget=forms.Textarea(
            attrs={"class": "form-control mono", "rows": 8, "spellcheck": "false", "autocapitalize": "characters"}
        ),
        help_text=_("A scanner adds one line after another; what is scanned twice counts once."),
    )
    keep_good = forms.BooleanField(
        label=_("Register the good lines although others have faults"),
        required=False,
        widget=forms.CheckboxInput(attrs={"class": "form-check-input"}),
    )
