"""The form of what a site's load is balanced by. Fields named like the faults' pointers."""

from decimal import Decimal

from django import forms
from django.utils.translation import gettext_lazy as _

NUMBER = {"class": "form-control", "inputmode": "decimal", "autocomplete": "off"}


class LoadForm(forms.Form):
    main_fuse_current = forms.DecimalField(
        label=_("Main fuse (A per phase)"),
        required=False,
        min_value=Decimal("0.1"),
        max_value=Decimal(10_000),
        decimal_places=1,
        widget=forms.NumberInput(attrs=NUMBER),
        help_text=_("What the grid connection gives. Empty: only the circuits are shared out."),
    )
    reserved_current = forms.DecimalField(
        label=_("Kept free for the building (A per phase)"),
        min_value=Decimal(0),
        max_value=Decimal(10_000),
        decimal_places=1,
        widget=forms.NumberInput(attrs=NUMBER),
        help_text=_("What everything beside the chargers takes at most. A meter can tell it by the API instead."),
    )
    unbalance_limit = forms.DecimalField(
        label=_("Unbalance limit (A)"),
        required=False,
        min_value=Decimal(6),
        max_value=Decimal(10_000),
        decimal_places=1,
        widget=forms.NumberInput(attrs=NUMBER),
        help_text=_(
            "The most that single-phase chargers may load one phase with: 20 A in Germany, 16 A in Austria and"
            " Switzerland. Empty: no such limit."
        ),
    )
