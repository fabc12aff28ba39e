"""How a rollout goes about its chargers: all at once or together, in waves, in weekly windows, at a pace. Pure."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import time
from enum import StrEnum
from typing import Any

from django.utils.functional import Promise
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from chargers.rollout.window import DAYS, Window

MOST_WAVES = 5
MOST_WINDOWS = 14
FASTEST_PER_MINUTE = 6000
# From this many chargers on, and for every move into direct mode, a rollout goes in waves unless told otherwise.
WAVES_FROM = 10
FIRST_ALONE: tuple[str, ...] = ("1",)
CAREFUL: tuple[str, ...] = ("1", "10%")
_WAVE = re.compile(r"[1-9][0-9]{0,5}|(?:[1-9][0-9]?)%", re.ASCII)
_CLOCK = re.compile(r"(?:[01][0-9]|2[0-3]):[0-5][0-9]", re.ASCII)


class Start(StrEnum):
    """``together``: nothing is sent until every charger is online and idle, or somebody says to proceed."""

    AS_READY = "as_ready"
    TOGETHER = "together"


@dataclass(frozen=True)
class Policy:
    """``waves``: how many chargers in all each wave reaches, as a number or in percent; the rest follows the last.

    ``windows`` are in the installation's time zone; none: always. ``per_minute`` None: as fast as it goes.
    """

    start: Start = Start.AS_READY
    waves: tuple[str, ...] = ()
    windows: tuple[Window, ...] = ()
    per_minute: int | None = None

    def plain(self) -> dict[str, Any]:
        return {
            "start": str(self.start),
            "waves": list(self.waves),
            "windows": [window.plain() for window in self.windows],
            "per_minute": self.per_minute,
        }

    @classmethod
    def of(cls, plain: Mapping[str, Any]) -> "Policy":
        """Of what ``plain`` made; missing members have their defaults."""
        return cls(
            Start(plain.get("start", Start.AS_READY)),
            tuple(plain.get("waves", ())),
            tuple(Window.of(window) for window in plain.get("windows", ())),
            plain.get("per_minute"),
        )


@dataclass(frozen=True)
class Flaw:
    """What is wrong with one member of a policy; ``pointer`` below the policy, for instance ``/waves/1``."""

    pointer: str
    code: str
    detail: Promise


def default_waves(*, direct: bool, chargers: int) -> tuple[str, ...]:
    if chargers >= WAVES_FROM:
        return CAREFUL
    return FIRST_ALONE if direct and chargers > 1 else ()


def read_policy(plain: Mapping[str, Any], *, direct: bool, chargers: int) -> tuple[Policy, list[Flaw]]:
    """A policy from a form or the API; what is absent has the default for this mode and number of chargers.

    Into direct mode the first charger always goes alone: waves that begin with more are a flaw.
    """
    waves, flaws = default_waves(direct=direct, chargers=chargers), []
    if plain.get("waves") is not None:
        waves = tuple(str(wave).strip() for wave in plain["waves"])
        flaws += _wave_flaws(waves)
        if direct and chargers > 1 and not flaws and waves[:1] != ("1",):
            said = _("Into direct mode the first charger goes alone: begin with a wave of 1.")
            flaws.append(Flaw("/waves", "first_alone", said))
    windows, window_flaws = _windows(plain.get("windows") or ())
    pace = plain.get("per_minute")
    if pace is not None and not 1 <= pace <= FASTEST_PER_MINUTE:
        said = format_lazy(_("Chargers per minute go from 1 to {most}."), most=FASTEST_PER_MINUTE)
        flaws.append(Flaw("/per_minute", "pace", said))
    start = plain.get("start") or Start.AS_READY
    return Policy(Start(start), waves, windows, pace), flaws + window_flaws


def _wave_flaws(waves: Sequence[str]) -> list[Flaw]:
    if len(waves) > MOST_WAVES:
        said = format_lazy(_("At most {most} waves; the rest of the chargers follows the last."), most=MOST_WAVES)
        return [Flaw("/waves", "too_many_waves", said)]
    for place, wave in enumerate(waves):
        if not _WAVE.fullmatch(wave):
            detail = _("A wave is a number of chargers like 1, or a part like 10%.")
            return [Flaw(f"/waves/{place}", "wave", detail)]
    for kind in (False, True):
        sizes = [int(wave.rstrip("%")) for wave in waves if wave.endswith("%") is kind]
        if sizes != sorted(set(sizes)):
            return [Flaw("/waves", "wave_order", _("Each wave reaches more chargers than the one before."))]
    return []


def _windows(plain: Sequence[Mapping[str, Any]]) -> tuple[tuple[Window, ...], list[Flaw]]:
    if len(plain) > MOST_WINDOWS:
        return (), [Flaw("/windows", "too_many_windows", format_lazy(_("At most {most} windows."), most=MOST_WINDOWS))]
    windows, flaws = [], []
    for place, one in enumerate(plain):
        days, begins, ends = one.get("days") or (), str(one.get("from", "")), str(one.get("to", ""))
        if not days or any(day not in DAYS for day in days):
            said = format_lazy(_("Name one or more days out of {days}."), days=", ".join(DAYS))
            flaws.append(Flaw(f"/windows/{place}/days", "days", said))
        for name, text in (("from", begins), ("to", ends)):
            if not _CLOCK.fullmatch(text):
                detail = _("A time of day is written HH:MM, from 00:00 to 23:59.")
                flaws.append(Flaw(f"/windows/{place}/{name}", "time", detail))
        if not flaws:
            windows.append(Window(frozenset(days), time.fromisoformat(begins), time.fromisoformat(ends)))
    return tuple(windows), flaws
