"""How a message of the log looks: its moment, its way, its outcome, its JSON."""

import json
from datetime import datetime

from django import template
from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext

from accounts.templatetags.ui import icon
from chargers.message_log import as_json
from chargers.models import Direction, Message, MessageOutcome

register = template.Library()

MOST_CHARACTERS = 8_000
ARROWS = {
    Direction.FROM_CHARGER: "arrow-up",
    Direction.TO_CHARGER: "arrow-down",
    Direction.FROM_BACKEND: "arrow-left",
    Direction.TO_BACKEND: "arrow-right",
}
GOOD = frozenset({"Accepted", "Scheduled", "RebootRequired", "Unlocked"})


@register.simple_tag
def second(at: datetime) -> SafeString:
    """Date and time to the second, in the zone of the page, which stands in the title."""
    local = timezone.localtime(at)
    return format_html(
        '<time datetime="{}" title="{}">{}</time>',
        at.isoformat(), local.tzname(), date_format(local, gettext("j M, H:i:s")),
    )  # fmt: skip


@register.simple_tag
def direction(name: str) -> SafeString:
    found = Direction(name)
    return format_html('<span class="muted">{} {}</span>', icon(ARROWS[found]), found.label)


@register.simple_tag
def outcome(row: Message) -> SafeString:
    """The status of the answer; what went wrong instead where there is none."""
    match row.outcome:
        case MessageOutcome.ANSWERED if not row.status:
            return SafeString()
        case MessageOutcome.ANSWERED:
            look, symbol = ("good", "check-lg") if row.status in GOOD else ("wait", "info-circle-fill")
            words: str = row.status
        case MessageOutcome.ERROR:
            look, symbol, words = "bad", "x-circle-fill", row.status
        case _:
            look, symbol, words = "wait", "question-circle", row.get_outcome_display()
    return format_html('<span class="state state-{}">{} <span>{}</span></span>', look, icon(symbol), words)


@register.simple_tag
def latency(seconds: float) -> str:
    if seconds < 1:
        return f"{number_format(seconds * 1000, 0)} ms"
    return f"{number_format(seconds, 1)} s"


@register.filter
def pretty(text: str) -> str:
    """Indented where it is JSON; what is very long is cut, the download has it whole."""
    value = as_json(text)
    shown = text if value is None or value == text else json.dumps(value, indent=2, ensure_ascii=False)
    more = len(shown) - MOST_CHARACTERS
    if more <= 0:
        return shown
    note = ngettext("… %(n)d more character is in the download.", "… %(n)d more characters are in the download.", more)
    return f"{shown[:MOST_CHARACTERS]}\n{note % {'n': more}}"
