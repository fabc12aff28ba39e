"""Currents, bars and reasons on the pages that show a site's load."""

from collections.abc import Mapping
from typing import Any

from django import template

from chargers import load_words
from chargers.balancing.site import Why
from chargers.site_load import FuseLoad, Holder, LineLoad

register = template.Library()

LOOKS: Mapping[Why | None, tuple[str, str]] = {
    Why.SATISFIED: ("good", "check-circle-fill"),
    Why.SHARED: ("busy", "arrow-left-right"),
    Why.TURN: ("wait", "hourglass-split"),
    Why.BACKEND: ("wait", "pause-circle-fill"),
    Why.UNREACHABLE: ("off", "wifi-off"),
    Why.UNMANAGED: ("off", "slash-circle"),
    Why.IDLE: ("quiet", "plug-fill"),
}


@register.filter
def amps(value: float | None) -> str:
    return "–" if value is None else load_words.amps(value)


@register.filter
def clock(at: Any) -> str:
    return load_words.clock(at)


@register.filter
def why(holder: Holder) -> str:
    return load_words.explain_share(holder)


@register.filter
def look(holder: Holder, part: str) -> str:
    """``tone`` or ``icon`` of the reason."""
    tone, symbol = LOOKS.get(holder.why, ("wait", "hourglass-split"))
    return tone if part == "tone" else symbol


@register.filter
def excess(fuse: FuseLoad) -> str:
    return load_words.explain_excess(fuse)


@register.filter
def lines(fuse: FuseLoad) -> list[tuple[str, LineLoad]]:
    """One for each phase, or one for all of them where they are loaded alike."""
    if fuse.even:
        return [("L1 L2 L3", fuse.lines[0])]
    return [(f"L{number}", line) for number, line in enumerate(fuse.lines, start=1)]


@register.filter
def bars(line: LineLoad, fuse: FuseLoad) -> list[tuple[str, str, str]]:
    """(look, start, width) in percent of the fuse, with a point whatever the language: it goes into SVG."""
    whole = float(fuse.amps or 0)
    found, start = [], 0.0
    for look, current in (("building", line.building), ("over" if fuse.exceeded else "chargers", line.chargers)):
        width = min(current / whole * 100 if whole else 0, 100 - start)
        if width > 0:
            found.append((look, f"{start:.2f}", f"{width:.2f}"))
            start += width
    return found
