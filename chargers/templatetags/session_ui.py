"""Words and numbers of charging sessions."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from django import template
from django.utils.formats import number_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.templatetags.ui import icon, moment
from chargers.sessions.readings import Reading
from chargers.sessions.selectors import STOP_LOST, SessionState, Shown
from chargers.sessions.timeline import Happening, Step

register = template.Library()

STATES: Mapping[str, tuple[str, str, Any]] = {
    SessionState.RUNNING: ("busy", "lightning-charge-fill", _("running")),
    SessionState.ENDED: ("good", "check-circle-fill", _("ended")),
    SessionState.ORPHAN: ("wait", "question-circle", _("start unknown")),
}
REASONS: Mapping[str, Any] = {
    "": _("ended at the charger"),
    "DeAuthorized": _("the card was refused"),
    "EmergencyStop": _("emergency stop"),
    "EVDisconnected": _("the cable was unplugged from the car"),
    "HardReset": _("the charger was reset (hard)"),
    "Local": _("ended at the charger"),
    "Other": _("another reason"),
    "PowerLoss": _("the power failed"),
    "Reboot": _("the charger restarted"),
    "Remote": _("ended from afar (app or backend)"),
    "SoftReset": _("the charger was reset"),
    "UnlockCommand": _("the connector was unlocked"),
}
REMARKS: Mapping[str, Any] = {
    STOP_LOST: _("The charger never told the end: the next session on this connector began before it did."),
    "stop_contradicted": _("The charger told the end twice, and not the same both times. The first stands."),
    "timestamp_unreadable": _("The charger's time of the start could not be read."),
    "stop_timestamp_unreadable": _("The charger's time of the end could not be read."),
    "meter_start_missing": _(
        "The charger did not tell its meter at the start: the energy cannot be known for certain."
    ),
    "meter_stop_missing": _("The charger did not tell its meter at the end: the energy cannot be known for certain."),
    "register_falling": _("The meter told less at the end than at the start, so the two do not give the energy."),
    "register_jump": _("The meter rose by more than the time allows, so it does not give the energy."),
    "reading_ignored": _("Single readings out of line were left out."),
    "meter_swapped": _(
        "The meter went back for good, as if it had been replaced: what was taken just then is unknown."
    ),
    "no_readings": _("There are too few readings to tell the energy by them."),
    "id_tag_long": _("The card's number is longer than the standard allows."),
    "connector_absurd": _("The charger named a connector that it cannot have."),
}
# How a step of the timeline looks, and what it says.
STEPS: Mapping[str, tuple[str, Any]] = {
    Happening.BEGAN: ("", _("Charging began")),
    Happening.PAUSED: ("tone-wait", _("Paused: no power flowed")),
    Happening.RESUMED: ("", _("Charging went on")),
    Happening.SILENT: ("tone-wait", _("The charger told nothing from here on")),
    Happening.HEARD_AGAIN: ("", _("The charger was heard of again")),
    Happening.ENDED: ("tone-good", _("Charging ended")),
    Happening.END_UNKNOWN: ("tone-wait", _("The end was never told by the charger")),
    Happening.GOES_ON: ("tone-busy", _("It goes on")),
}
MEASURANDS: Mapping[str, Any] = {
    "Energy.Active.Import.Register": _("Energy register"), "Power.Active.Import": _("Power"),
    "Power.Offered": _("Power offered"), "Power.Factor": _("Power factor"), "Current.Import": _("Current"),
    "Current.Offered": _("Current offered"), "Voltage": _("Voltage"), "Frequency": _("Frequency"),
    "Temperature": _("Temperature"), "SoC": _("Charge of the battery"),
}  # fmt: skip
UNITS: Mapping[str, str] = {"Celsius": "°C", "Percent": "%"}


@register.simple_tag
def session_badge(state: str) -> SafeString:
    look, symbol, words = STATES[str(state)]
    return format_html('<span class="state state-{}">{} <span>{}</span></span>', look, icon(symbol), words)


@register.simple_tag
def remark_badge(one: Shown) -> SafeString | str:
    """A sign on a row of a list that there is something to read on the session's page."""
    if not one.remarks:
        return ""
    first = str(remark_words(one.remarks[0]))
    return format_html('<span class="state state-wait" title="{}">{} <span>{}</span></span>',
                       first, icon("exclamation-triangle-fill"), gettext("remark"))  # fmt: skip


@register.filter
def step_tone(step: Step) -> str:
    return STEPS[step.what][0]


@register.filter
def step_words(step: Step) -> str:
    return str(STEPS[step.what][1])


@register.simple_tag
def kwh(watt_hours: Decimal | int | None, digits: int = 1) -> str:
    """A dash for None: not known."""
    return (
        "–" if watt_hours is None else f"{number_format(Decimal(watt_hours) / 1000, digits, force_grouping=True)} kWh"
    )


@register.simple_tag
def kw(watts: Decimal | None, digits: int = 1) -> str:
    return "–" if watts is None else f"{number_format(watts / 1000, digits)} kW"


@register.simple_tag
def axis_label(value: Decimal, digits: int) -> str:
    return number_format(value, digits)


@register.simple_tag
def duration(seconds: int | None) -> str:
    if seconds is None:
        return "–"
    parts = {"hours": seconds // 3600, "minutes": seconds // 60 % 60}
    if seconds < 60:
        return gettext("%(n)d s") % {"n": seconds}
    return (gettext("%(hours)d h %(minutes)d min") if parts["hours"] else gettext("%(minutes)d min")) % parts


@register.simple_tag
def clock(at: datetime | None) -> str:
    """As ``moment``; a charger's clock may show a year that no other zone has."""
    try:
        return moment(at)
    except (OverflowError, ValueError):
        return "–" if at is None else at.isoformat()


@register.filter
def reason_words(reason: str) -> Any:
    return REASONS.get(reason, reason)


@register.filter
def remark_words(code: str) -> Any:
    fallback = gettext("The charger sent something unusual, which was repaired (%(code)s).")
    return REMARKS.get(str(code)) or fallback % {"code": code}


@register.filter
def measurand_words(measurand: str) -> Any:
    return MEASURANDS.get(measurand, measurand)


@register.simple_tag
def reading_value(reading: Reading) -> str:
    value, unit = reading.value, UNITS.get(reading.unit, reading.unit)
    if unit in {"Wh", "W"} and abs(value) >= 1000:
        value, unit = value / 1000, f"k{unit}"
    digits = min(3, max(0, -int(value.normalize().as_tuple().exponent)))
    return f"{number_format(value, digits, force_grouping=True)} {unit}".strip()
