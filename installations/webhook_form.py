"""The form of a webhook."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from installations.webhook_models import Webhook
from installations.webhooks.kinds import LABELS, EventKind


class WebhookForm(forms.Form):
    """The rules of the URL are the service's: its faults come back under the field."""

    url = forms.CharField(
        label=_("URL"),
        max_length=2000,
        help_text=_("Your server's address for events: https, and reachable from the internet."),
        widget=forms.TextInput(
            attrs={
                "class": "form-control", "inputmode": "url", "autocapitalize": "none", "spellcheck": "false",
                "placeholder": "https://hooks.example.com/portal",
            }
        ),
    )  # fmt: skip
    description = forms.CharField(
        label=_("Description"),
        max_length=100,
        required=False,
        help_text=_("How people recognise it, for example the system behind it."),
        widget=forms.TextInput(attrs={"class": "form-control"}),
    )
    events = forms.MultipleChoiceField(
        label=_("Tell it when"),
        choices=[(kind.value, LABELS[kind]) for kind in EventKind],
        widget=forms.CheckboxSelectMultiple(attrs={"class": "form-check-input"}),
        error_messages={"required": _("Choose at least one event of the list.")},
    )
    expected_version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def values(self) -> dict[str, Any]:
        """As the service takes them."""
        data = self.cleaned_data
        return {"url": data["url"], "description": data["description"], "kinds": data["events"]}

    @staticmethod
    def standing(webhook: Webhook) -> dict[str, Any]:
        return {
            "url": webhook.url,
            "description": webhook.description,
            "events": webhook.kinds,
            "expected_version": webhook.version,
        }
