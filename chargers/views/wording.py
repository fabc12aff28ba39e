"""Counts of a preview, and the policy of a rollout, in sentences. Pure."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext, ngettext

from chargers.rollout.policy import Policy, Start
from chargers.rollout.window import DAYS
from chargers.services.preview_values import Summary


def summary_sentence(summary: Summary) -> str:
    """For instance: 38 chargers change, 2 match already, 3 must wait (2 charging, 1 offline), 1 cannot."""
    if not summary.total:
        return gettext("This installation has no charger yet: the setting is kept for those to come.")
    parts = [ngettext("%(n)d charger changes", "%(n)d chargers change", summary.change) % {"n": summary.change}]
    if summary.match:
        parts.append(ngettext("%(n)d matches already", "%(n)d match already", summary.match) % {"n": summary.match})
    waits = (
        (summary.wait_charging, gettext("%(n)d charging")),
        (summary.wait_busy, gettext("%(n)d in use")),
        (summary.wait_offline, gettext("%(n)d offline")),
    )
    waiting = sum(count for count, _words in waits)
    if waiting:
        told = ", ".join(words % {"n": count} for count, words in waits if count)
        sentence = ngettext("%(n)d must wait (%(why)s)", "%(n)d must wait (%(why)s)", waiting)
        parts.append(sentence % {"n": waiting, "why": told})
    if summary.cannot:
        parts.append(ngettext("%(n)d cannot", "%(n)d cannot", summary.cannot) % {"n": summary.cannot})
    return ", ".join(parts) + "."


def policy_sentences(policy: Policy, time_zone: str) -> list[str]:
    """How the rollout goes about it; never empty."""
    return [*_beginning(policy), *_waves(policy), *_bounds(policy, time_zone)]


def asked_sentences(plain: Mapping[str, Any]) -> list[str]:
    """What a policy for many installations asks of each; empty where all of it is left to the defaults."""
    policy = Policy.of(plain)
    waves = _waves(policy) if plain.get("waves") is not None else []
    told = [*_beginning(policy), *waves, *_bounds(policy, gettext("each site's own clocks"))]
    return [*told, gettext("This counts for each installation by itself.")] if told else []


def _beginning(policy: Policy) -> list[str]:
    return (
        [gettext("Nothing is sent before every charger is online and idle.")] if policy.start is Start.TOGETHER else []
    )


def _waves(policy: Policy) -> list[str]:
    if not policy.waves:
        return [gettext("Each charger gets it as soon as it is online and idle.")]
    waves = ", ".join(policy.waves)
    return [gettext("In waves: %(waves)s, then the rest; each when the last one has landed.") % {"waves": waves}]


def _bounds(policy: Policy, time_zone: str) -> list[str]:
    told = []
    for window in policy.windows:
        days = ", ".join(day_name(day) for day in DAYS if day in window.days)
        words = {"days": days, "begins": f"{window.begins:%H:%M}", "ends": f"{window.ends:%H:%M}", "zone": time_zone}
        told.append(gettext("Only %(days)s from %(begins)s to %(ends)s (%(zone)s).") % words)
    if policy.per_minute is not None:
        told.append(
            ngettext("At most %(n)d charger per minute.", "At most %(n)d chargers per minute.", policy.per_minute)
            % {"n": policy.per_minute}
        )
    return told


def day_name(day: str) -> str:
    names = [gettext(name) for name in ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")]
    return names[DAYS.index(day)]
