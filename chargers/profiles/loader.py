"""Reads and checks the profiles; a wrong file stops the start and names the file and the field."""

import dataclasses
import tomllib
from collections.abc import Mapping
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any

from chargers.charging.profile import Unit
from chargers.links.base import Encoding, Reopen
from chargers.profiles.profile import (
    HAND_FORMS,
    AuthKeys,
    Example,
    FreeVendKeys,
    Grade,
    Match,
    Profile,
    Setup,
    UrlForm,
    UrlKeys,
)

FOLDER = Path(__file__).parent
ENUMS: Mapping[str, type[StrEnum]] = {
    "grade": Grade,
    "form": UrlForm,
    "encoding": Encoding,
    "reopen": Reopen,
    "rate_unit": Unit,
}
PARTS: Mapping[str, type] = {
    "url": UrlKeys,
    "auth": AuthKeys,
    "free_vend": FreeVendKeys,
    "example": Example,
    "setup": Setup,
}


class ProfileError(ValueError):
    """A profile file breaks a rule; the message names the file, the field and the rule."""


def _build(file: str, kind: type, table: Mapping[str, Any]) -> Any:
    fields = {field.name: field for field in dataclasses.fields(kind)}
    values: dict[str, Any] = {}
    for name, value in table.items():
        if name not in fields:
            raise ProfileError(f"{file}: {name} is not a field of {kind.__name__}")
        try:
            values[name] = _value(file, name, value)
        except ValueError as error:
            raise ProfileError(f"{file}: {name}: {error}") from error
    try:
        return kind(**values)
    except TypeError as error:
        raise ProfileError(f"{file}: {error}") from error


def _value(file: str, name: str, value: Any) -> Any:
    if name in ENUMS:
        return ENUMS[name](value)
    if name in PARTS:
        return _build(file, PARTS[name], value)
    if name == "match":
        return tuple(_build(file, Match, one) for one in value)
    return tuple(value) if isinstance(value, list) else value


def read_profile(path: Path) -> Profile:
    try:
        table = tomllib.loads(path.read_text())
    except tomllib.TOMLDecodeError as error:
        raise ProfileError(f"{path.name}: {error}") from error
    profile: Profile = _build(path.name, Profile, {"name": path.stem, **table})
    if profile.url is None and not profile.manual:
        raise ProfileError(f"{path.name}: manual is needed where there is no URL key")
    if profile.setup.form not in {None, *HAND_FORMS}:
        raise ProfileError(f"{path.name}: setup: form is one of {', '.join(HAND_FORMS)}")
    if profile.setup.where and not profile.setup.source:
        raise ProfileError(f"{path.name}: setup: source is needed")
    if profile.keeps_portal_link and profile.reopen is not Reopen.AT_END:
        raise ProfileError(f"{path.name}: a charger that stays with us is opened again at the end")
    return profile


@cache
def all_profiles() -> Mapping[str, Profile]:
    return {path.stem: read_profile(path) for path in sorted(FOLDER.glob("*.toml"))}


def profile_named(name: str) -> Profile:
    """Raises KeyError for a name nobody wrote a file for."""
    return all_profiles()[name]


@cache
def profile_for(vendor: str, model: str, firmware: str) -> Profile:
    """The most specific profile for what a charger said at its boot; ``generic`` where none fits."""
    best, best_weight = all_profiles()["generic"], 0
    for profile in all_profiles().values():
        weight = max((match.weight(vendor, model, firmware) for match in profile.match), default=-1)
        if weight > best_weight:
            best, best_weight = profile, weight
    return best
