"""Two people at one setting: what the other saved meanwhile beside what was typed, merged into the form.

A choice is a field ``take-<name>`` of the form, so that it counts without scripts too; with them the value stands in
the form at once and may be edited further.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _

from chargers.forms.authentication import AuthenticationForm
from chargers.services.checking import Checked
from installations.authentication import NATIVE, ClearPassword, NewPassword
from installations.merging import FIELDS, PASSWORD, WITH_BACKEND, Meeting, Merged, Outcome, merge
from installations.models import AuthenticationRevision
from installations.services.authentication import settings_of
from installations.services.secrets import fingerprint, shown_fingerprint

CHOICE = "take-"
CLEAR = "clear_password"
# Confirmed was something else: against the new version it is confirmed again.
CONFIRMATIONS = ("acknowledge", "confirm_name")


@dataclass(frozen=True)
class Row:
    """A field for people. ``take``: what the form holds when theirs is taken (never a password)."""

    field: str
    base: Any
    theirs: Any
    yours: Any
    outcome: Outcome
    take: str

    @property
    def is_password(self) -> bool:
        return self.field == PASSWORD


def saved(revision: AuthenticationRevision) -> dict[str, Any]:
    return {**asdict(settings_of(revision)), PASSWORD: revision.secret.fingerprint if revision.secret else ""}


def typed_in(form: AuthenticationForm, checked: Checked, base: Mapping[str, Any]) -> dict[str, Any]:
    """As saved() tells it: the URL as it would be saved, the password by its fingerprint."""
    draft = form.draft()
    values = {**asdict(settings_of(draft)), PASSWORD: base[PASSWORD]}
    values["server_url"] = checked.canonical or draft.server_url
    if isinstance(draft.password, NewPassword):
        values[PASSWORD] = fingerprint(draft.password.text)
    elif isinstance(draft.password, ClearPassword):
        values[PASSWORD] = ""
    return values


def meet(
    form: AuthenticationForm, checked: Checked, began: AuthenticationRevision | None, theirs: AuthenticationRevision
) -> tuple[QueryDict, list[Row]]:
    """The form's data with what is theirs put in, and what to tell. ``began`` None: nobody knows that version."""
    before = began or theirs
    base = saved(before)
    merged = merge(base, saved(theirs), typed_in(form, checked, base))
    data = _filled_in(form, merged)
    data["expected_number"] = str(theirs.number)
    for name in [name for name in data if name in CONFIRMATIONS or name.startswith(CHOICE)]:
        del data[name]
    shown = [_row(one, before, theirs) for one in merged.met]
    return data, shown


def meet_saved(old: AuthenticationRevision, began: AuthenticationRevision, theirs: AuthenticationRevision) -> list[Row]:
    """What others changed since ``began``, beside what going back to ``old`` would make of it."""
    merged = merge(saved(began), saved(theirs), saved(old))
    rows = [
        Row(one.field, one.base, one.theirs, one.yours, one.outcome, "")
        if one.field != PASSWORD
        else Row(one.field, _set(began), _set(theirs), _set(old), one.outcome, "")
        for one in merged.met
    ]
    return [row for row in rows if row.theirs != row.base]


def with_choices(typed: QueryDict, standing: AuthenticationRevision) -> QueryDict:
    """What was sent, with the values of ``standing`` in the fields where somebody chose them."""
    chosen = [field for field in FIELDS if typed.get(CHOICE + field) == Outcome.THEIRS]
    if not chosen or typed.get("expected_number") != str(standing.number):
        return typed
    data, values = typed.copy(), saved(standing)
    for field in chosen:
        _put(data, field, values[field])
    return data


def _filled_in(form: AuthenticationForm, merged: Merged) -> QueryDict:
    assert isinstance(form.data, QueryDict)
    data = form.data.copy()
    for one in merged.met:
        if merged.takes_theirs(one.field):
            _put(data, one.field, one.theirs)
    if merged.values["mode"] == NATIVE:
        for field in WITH_BACKEND:
            _put(data, field, "")
    return data


def _put(data: QueryDict, field: str, value: Any) -> None:
    """Theirs of a password is not to send one."""
    if field == PASSWORD or value in {"", False}:
        data.pop(field, None)
    else:
        data[field] = _as_sent(value)
    if field == PASSWORD:
        data.pop(CLEAR, None)


def _as_sent(value: Any) -> str:
    return ("on" if value else "") if isinstance(value, bool) else str(value)


def _row(one: Meeting, began: AuthenticationRevision, theirs: AuthenticationRevision) -> Row:
    if one.field != PASSWORD:
        return Row(one.field, one.base, one.theirs, one.yours, one.outcome, _as_sent(one.theirs))
    yours = _set(began) if one.yours == one.base else (_("the one you typed") if one.yours else "")
    return Row(one.field, _set(began), _set(theirs), yours, one.outcome, "")


def _set(revision: AuthenticationRevision) -> str:
    """A password as people may know it."""
    known = shown_fingerprint(revision.secret)
    return _("set, fingerprint %(known)s") % {"known": known} if known else ""
