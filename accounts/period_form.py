"""A stretch of time to look at, for forms that filter a list."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

MOMENT = {"class": "form-control", "type": "datetime-local"}
AS_TYPED = "%Y-%m-%dT%H:%M"


class PeriodForm(forms.Form):
    """Either end may stay open. Times are those of the page's time zone."""

    since = forms.DateTimeField(
        label=_("From"), required=False, widget=forms.DateTimeInput(attrs=MOMENT, format=AS_TYPED)
    )
    until = forms.DateTimeField(
        label=_("Before"), required=False, widget=forms.DateTimeInput(attrs=MOMENT, format=AS_TYPED)
    )

    def readable(self) -> dict[str, Any]:
        """What could be read; the other fields carry their errors."""
        self.is_valid()
        return self.cleaned_data
