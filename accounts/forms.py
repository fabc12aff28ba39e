"""Forms of the account pages."""

from datetime import timedelta
from typing import Any

from django import forms
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.password_validation import password_validators_help_texts, validate_password
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.permissions import Scope

SCOPE_LABELS = {
    Scope.READ: _("Read everything I can see"),
    Scope.INSTALLATIONS: _("Change installations and circuits"),
    Scope.LOAD: _("Tell what a building takes (for a meter)"),
    Scope.AUTHENTICATION: _("Change authentication settings"),
    Scope.ROLLOUTS: _("Retry and cancel rollouts"),
    Scope.CHARGERS: _("Register and change chargers"),
    Scope.COMMANDS: _("Send commands to chargers"),
    Scope.CARDS: _("Add, change and import charge cards"),
    Scope.ACCESS: _("Give and take access"),
    Scope.WEBHOOKS: _("Set up webhooks"),
    Scope.TOKENS: _("Make and revoke tokens"),
    Scope.ORGANISATIONS: _("Add, change and remove members of organisations"),
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


def _password(label: Any, *, new: bool, help_text: Any = "") -> forms.CharField:
    attributes = {"autocomplete": "new-password" if new else "current-password", "class": "form-control"}
    return forms.CharField(
        label=label, strip=False, help_text=help_text, widget=forms.PasswordInput(attrs=attributes), max_length=1000
    )


class ProofForm(forms.Form):
    """Only the person's own password proves it."""

    password = _password(_("Your password"), new=False)


class CodeForm(forms.Form):
    passcode = forms.CharField(
        label=_("Code"),
        max_length=40,
        help_text=_("The six digits that your authenticator app shows now, or one of your recovery codes."),
        widget=forms.TextInput(
            attrs={"autocomplete": "one-time-code", "class": "form-control", "autocapitalize": "none"}
        ),
    )


class NewPasswordForm(forms.Form):
    """``user``: whose password it will be, None: not known; the rules compare it with the person's name and address."""

    new = _password(_("New password"), new=True)
    again = _password(_("New password once more"), new=True)

    def __init__(self, *args: Any, user: User | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user
        self.fields["new"].help_text = " ".join(password_validators_help_texts())

    def clean_new(self) -> str:
        new: str = self.cleaned_data["new"]
        validate_password(new, self.user)
        return new

    def clean_again(self) -> str:
        again: str = self.cleaned_data["again"]
        if "new" in self.cleaned_data and again != self.cleaned_data["new"]:
            raise ValidationError(_("The two new passwords differ: type the same one twice."))
        return again


class PasswordForm(NewPasswordForm):
    current = _password(_("Password now"), new=False)

    field_order = ["current", "new", "again"]


class InvitationForm(NewPasswordForm):
    code = forms.CharField(
        label=_("Code"),
        max_length=100,
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "class": "form-control", "data-from-fragment": "", "spellcheck": "false"}
        ),
    )

    field_order = ["code", "new", "again"]


def _text(label: Any, *, length: int = 150, required: bool = False) -> forms.CharField:
    return forms.CharField(
        label=label, max_length=length, required=required, widget=forms.TextInput(attrs={"class": "form-control"})
    )


def _email() -> forms.EmailField:
    return forms.EmailField(
        label=_("E-mail address"), widget=forms.EmailInput(attrs={"class": "form-control", "autocomplete": "off"})
    )


def _check(label: Any) -> forms.BooleanField:
    return forms.BooleanField(
        label=label, required=False, widget=forms.CheckboxInput(attrs={"class": "form-check-input"})
    )


class OrganisationForm(forms.Form):
    name = _text(_("Name"), length=200, required=True)


class MemberForm(forms.Form):
    email = _email()
    name = _text(_("Name, of somebody who is new here"))
    is_admin = _check(_("Admin: adds and removes members"))


class NewPersonForm(forms.Form):
    email = _email()
    name = _text(_("Name"))


class PersonForm(forms.Form):
    name = _text(_("Name"))
    is_active = _check(_("May sign in and use API tokens"))
    is_staff = _check(_("Platform staff: sees and does everything, audited"))

    @staticmethod
    def initial_of(user: User) -> dict[str, Any]:
        return {"name": user.name, "is_active": user.is_active, "is_staff": user.is_staff}


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
