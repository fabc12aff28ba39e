"""Badges of charger and delivery states: colour, shape and words together, so that none stands alone."""

from collections.abc import Mapping
from typing import Any

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.templatetags.ui import icon, moment
from chargers.alarm_rows import alarms_of_charger
from chargers.alarms import AlarmCode
from chargers.backends import upstream_of
from chargers.explain import explain
from chargers.models import Charger, Connector, Delivery, LinkPasswordChange
from chargers.password_words import WORDS
from chargers.request_words import STATES
from chargers.requests import CommandRow
from chargers.selectors import connectors_of, link_state_of

register = template.Library()

LINK_LOOKS: Mapping[str, tuple[str, str, Any]] = {
    "never": ("quiet", "circle", _("never connected")),
    "offline": ("off", "wifi-off", _("offline")),
    "booting": ("wait", "hourglass-split", _("starting")),
    "charging": ("busy", "lightning-charge-fill", _("charging")),
    "busy": ("wait", "plug-fill", _("in use")),
    "idle": ("good", "wifi", _("ready")),
}
DELIVERY_LOOKS: Mapping[str, tuple[str, str, Any]] = {
    "waiting": ("wait", "hourglass-split", _("waiting")),
    "pushing": ("busy", "send", _("sending")),
    "verifying": ("busy", "arrow-repeat", _("checking")),
    "unknown": ("wait", "question-circle", _("unknown")),
    "applied": ("good", "check-circle-fill", _("applied")),
    "handed_over": ("good", "box-arrow-up-right", _("handed over")),
    "rejected": ("bad", "x-circle-fill", _("rejected")),
    "unsupported": ("off", "slash-circle", _("cannot")),
    "failed": ("bad", "exclamation-triangle-fill", _("failed")),
    "superseded": ("quiet", "clock-history", _("superseded")),
    "cancelled": ("quiet", "slash-circle", _("cancelled")),
}
REASONS: Mapping[str, Any] = {
    "offline": _("offline"), "busy": _("in use"), "backoff": _("pause after a failure"), "leaving": _("leaving"),
    "reboot": _("restarting"), "window": _("window closed"), "paused": _("paused"), "wave": _("next wave"),
    "together": _("ready, waits for the others"), "pace": _("next turn"), "drift": _("lost its setting"),
}  # fmt: skip
ALARM_WORDS: Mapping[AlarmCode, Any] = {
    AlarmCode.DUPLICATE_IDENTITY: _("second device"),
    AlarmCode.LOGIN_REFUSED: _("wrong password"),
    AlarmCode.SECURITY_EVENT: _("security event"),
    AlarmCode.CONNECTOR_FAULT: _("fault"),
    AlarmCode.CLOCK_OFF: _("clock off"),
    AlarmCode.BACKEND_REFUSES: _("backend refuses the login"),
    AlarmCode.QUEUE_OLD: _("messages wait"),
}
UPSTREAM_LOOKS: Mapping[str, tuple[str, str, Any]] = {
    "connected": ("good", "arrow-left-right", _("backend connected")),
    "pending": ("wait", "hourglass-split", _("backend has not accepted it yet")),
    "connecting": ("wait", "arrow-repeat", _("dialling the backend")),
    "refused": ("bad", "lock-fill", _("backend refuses the login")),
    "waiting": ("bad", "arrow-repeat", _("backend away, dialled again")),
    "closed": ("off", "wifi-off", _("backend not dialled while the charger is away")),
    "unserved": ("off", "question-circle", _("backend connection unknown")),
}
CONNECTOR_LOOKS: Mapping[str, str] = {
    "Available": "good", "Preparing": "wait", "Charging": "busy", "SuspendedEV": "busy", "SuspendedEVSE": "busy",
    "Finishing": "wait", "Reserved": "wait", "Unavailable": "off", "Faulted": "bad",
}  # fmt: skip

STEP_LOOKS: Mapping[str, tuple[str, str, Any]] = {
    "done": ("good", "check-circle-fill", _("good")),
    "failed": ("bad", "x-circle-fill", _("failed")),
    "needless": ("quiet", "slash-circle", _("not used")),
    "not_reached": ("quiet", "circle", _("not reached")),
}


def _badge(look: str, symbol: str, words: Any, more: Any = "") -> SafeString:
    tail = format_html(": {}", more) if more else ""
    return format_html('<span class="state state-{}">{} <span>{}{}</span></span>', look, icon(symbol), words, tail)


@register.simple_tag
def link_badge(state: str) -> SafeString:
    return _badge(*LINK_LOOKS[str(state)])


@register.simple_tag
def charger_badge(charger: Charger) -> SafeString:
    """For chargers read with their facts."""
    return link_badge(link_state_of(charger))


@register.simple_tag
def upstream_badge(state: str, count: int | None = None) -> SafeString:
    """The connection to a backend, or how many stand like that."""
    return _badge(*UPSTREAM_LOOKS[str(state)], "" if count is None else str(count))


@register.simple_tag
def backend_badge(charger: Charger) -> SafeString | str:
    """Of a charger read with its facts; nothing where this portal dials no backend for it."""
    upstream = upstream_of(charger)
    return "" if upstream is None else format_html(" {}", upstream_badge(upstream.state))


@register.simple_tag
def alarm_badge(charger: Charger) -> SafeString | str:
    """Each alarm of a charger read with its facts; nothing where there is none."""
    badges = [
        (_badge("bad", "exclamation-triangle-fill", ALARM_WORDS[alarm.code]),) for alarm in alarms_of_charger(charger)
    ]
    return format_html_join("", " {}", badges)


@register.simple_tag
def password_badge(state: str) -> SafeString:
    look, symbol, word, _sentence = WORDS[str(state)]
    return _badge(look, symbol, word)


@register.simple_tag
def password_sentence(change: LinkPasswordChange) -> str:
    return str(WORDS[change.state][3])


@register.simple_tag
def delivery_badge(state: str, reason: str = "", count: int | None = None) -> SafeString:
    """The state, with the reason where one is waited for; or with how many there are."""
    if reason == "drift" and state in {"applied", "handed_over"}:
        return _badge("bad", "exclamation-triangle-fill", _("lost its setting"), "" if count is None else str(count))
    more = REASONS.get(str(reason), "") if state in {"waiting", "verifying", "unknown"} else ""
    return _badge(*DELIVERY_LOOKS[str(state)], more if count is None else str(count))


@register.simple_tag
def delivery_tone(state: str) -> str:
    """The class that gives an element the state's colour."""
    return f"tone-{DELIVERY_LOOKS[str(state)][0]}"


@register.simple_tag
def step_badge(state: str) -> SafeString:
    """A step of a backend test."""
    return _badge(*STEP_LOOKS[str(state)])


@register.simple_tag
def command_badge(row: CommandRow) -> SafeString:
    """OCPP's own word where the charger gave one."""
    if not row.ended:
        return _badge("busy", "hourglass-split", STATES[row.request.state])
    if row.request.error:
        return _badge("bad", "x-circle-fill", STATES["failed"])
    return _badge("good" if row.good else "wait", "check-circle-fill" if row.good else "slash-circle", row.status)


@register.filter
def has_open(rows: list[CommandRow]) -> bool:
    """Whether some command has not ended yet."""
    return any(not row.ended for row in rows)


@register.filter
def has_upload(rows: list[CommandRow]) -> bool:
    """Whether some charger may still upload its file."""
    return any(row.diagnostics is not None and row.diagnostics.under_way for row in rows)


@register.filter
def with_standing(charger: Charger) -> list[tuple[Connector, bool]]:
    """The connectors of a charger read with its facts, each with whether it stands as told."""
    return connectors_of(charger)


@register.simple_tag
def connector_badge(connector: Connector, current: bool = True) -> SafeString:
    """Not ``current``: what was told last, and when, in words, with a mark of its own and no colour of a state."""
    status = connector.status
    if not current:
        badge = _badge("quiet", "clock-history", gettext("last known"), status)
        return format_html('{} <span class="muted">{}</span>', badge, moment(connector.status_at))
    look = CONNECTOR_LOOKS.get(status, "quiet")
    return format_html('<span class="state state-{}">{} <span>{}</span></span>', look, icon("plug-fill"), status)


@register.simple_tag
def explained(delivery: Delivery) -> str:
    return explain(delivery.state, delivery.reason, delivery.detail)
