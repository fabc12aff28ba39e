"""Two people changed one setting at once: field by field what both began from and what each made of it. Pure."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from installations.authentication import NATIVE

PASSWORD = "initial_device_password"  # noqa: S105  the name of a field
# What native mode does not have. Of the password only a fingerprint, or empty, is compared.
WITH_BACKEND = ("server_url", PASSWORD, "default_id_tag", "legacy_identity")
FIELDS = ("mode", "server_url", PASSWORD, "authorization_required", "default_id_tag", "legacy_identity")


class Outcome(StrEnum):
    """Whose value a field has after merging; OVERLAP is for a person to decide."""

    THEIRS = "theirs"
    YOURS = "yours"
    SAME = "same"
    OVERLAP = "overlap"


@dataclass(frozen=True)
class Meeting:
    """A field that somebody changed. ``base``: what both began from."""

    field: str
    base: Any
    theirs: Any
    yours: Any
    outcome: Outcome


@dataclass(frozen=True)
class Merged:
    """``values`` holds every field; ``met`` only those that somebody changed, in the order of FIELDS."""

    values: Mapping[str, Any]
    met: tuple[Meeting, ...]

    def takes_theirs(self, field: str) -> bool:
        return any(one.field == field and self.values[field] == one.theirs != one.yours for one in self.met)


def merge(
    base: Mapping[str, Any], theirs: Mapping[str, Any], yours: Mapping[str, Any], chosen: Collection[str] = ()
) -> Merged:
    """What only one of them changed becomes that; what both changed stays yours unless theirs is ``chosen``.

    Whoever went native said nothing about a backend: its fields are not theirs. But where one went native and the other
    changed something that only a backend needs, the mode is not merged by itself: one of the two changes would vanish.
    Each mapping holds all of FIELDS.
    """
    other, own = _said(theirs, base, keeps_password=False), _said(yours, base, keeps_password=True)
    met = tuple(
        Meeting(field, base[field], other[field], own[field], _outcome(base, other, own, field))
        for field in FIELDS
        if other[field] != base[field] or own[field] != base[field]
    )
    taken = {
        one.field: one.theirs
        for one in met
        if one.outcome is Outcome.THEIRS or (one.outcome is Outcome.OVERLAP and one.field in chosen)
    }
    return Merged({**own, **taken}, met)


def _said(settings: Mapping[str, Any], base: Mapping[str, Any], *, keeps_password: bool) -> dict[str, Any]:
    """``keeps_password``: a draft that goes native has not decided about it yet; a saved one has removed it."""
    if settings["mode"] != NATIVE or base["mode"] == NATIVE:
        return dict(settings)
    unsaid = [field for field in WITH_BACKEND if field != PASSWORD or keeps_password]
    return {**settings, **{field: base[field] for field in unsaid}}


def _outcome(base: Mapping[str, Any], theirs: Mapping[str, Any], yours: Mapping[str, Any], field: str) -> Outcome:
    if theirs[field] == yours[field]:
        return Outcome.SAME
    theirs_only, yours_only = yours[field] == base[field], theirs[field] == base[field]
    if field == "mode":
        if theirs_only and _would_vanish(base, theirs, yours):
            return Outcome.OVERLAP
        if yours_only and _would_vanish(base, yours, theirs):
            return Outcome.OVERLAP
    if theirs_only:
        return Outcome.THEIRS
    return Outcome.YOURS if yours_only else Outcome.OVERLAP


def _would_vanish(base: Mapping[str, Any], switched: Mapping[str, Any], edited: Mapping[str, Any]) -> bool:
    """One went native; did the other change what only a backend needs?"""
    return switched["mode"] == NATIVE and any(edited[field] != base[field] for field in WITH_BACKEND)
