"""Forms of the account pages."""

from datetime import timedelta
from typing import Any

from django import forms
from django.contrib.auth.forms import AuthenticationForm
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.permissions import Scope

SCOPE_LABELS = {
    Scope.READ: _("Read everything I can see"),
    Scope.INSTALLATIONS: _("Change installations and circuits"),
    Scope.AUTHENTICATION: _("Change authentication settings"),
    Scope.ROLLOUTS: _("Retry and cancel rollouts"),
    Scope.CHARGERS: _("Register and change chargers"),
    Scope.CARDS: _("Add, change and import charge cards"),
    Scope.ACCESS: _("Give and take access"),
    Scope.TOKENS: _("Make and revoke tokens"),
}


class SignInForm(AuthenticationForm):
    username = forms.EmailField(
        label=_("E-mail address"),
        widget=forms.EmailInput(attrs={"autofocus": True, "autocomplete": "username", "class": "form-control"}),
    )
    password = forms.CharField(
        label=_("Password"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password", "class": "form-control"}),
    )
    error_messages = {
        **AuthenticationForm.error_messages,
        "invalid_login": _("E-mail address and password do not fit together. Check both; capitals count."),
    }

    def clean_username(self) -> str:
        email: str = self.cleaned_data["username"]
        return email.strip().lower()


class TokenForm(forms.Form):
    name = forms.CharField(
        label=_("What is it for?"), max_length=100, widget=forms.TextInput(attrs={"class": "form-control"})
    )
    days = forms.TypedChoiceField(
        label=_("Valid for"),
        coerce=int,
        choices=[(30, _("30 days")), (90, _("90 days")), (365, _("One year"))],
        widget=forms.Select(attrs={"class": "form-select"}),
    )
    scopes = forms.MultipleChoiceField(
        label=_("It may"),
        choices=[(scope.value, label) for scope, label in SCOPE_LABELS.items()],
        initial=[Scope.READ.value],
        widget=forms.CheckboxSelectMultiple(attrs={"class": "form-check-input"}),
    )

    def as_token(self) -> dict[str, Any]:
        data = self.cleaned_data
        expires_at = timezone.now() + timedelta(days=data["days"])
        return {"name": data["name"], "scopes": data["scopes"], "expires_at": expires_at}
