"""Small pieces of markup used on every page."""

import re
from datetime import datetime

from django import template
from django.templatetags.static import static
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext

register = template.Library()


@register.simple_tag
def icon(name: str, label: str = "") -> SafeString:
    """An icon of the vendored set; without ``label`` it is decoration and hidden from screen readers."""
    hidden = format_html('role="img" aria-label="{}"', label) if label else SafeString('aria-hidden="true"')
    return format_html('<svg class="icon" {}><use href="{}#{}"></use></svg>', hidden, static("vendor/icons.svg"), name)


@register.filter
def breakable(url: str) -> SafeString:
    """A URL whose lines break before its path's parts rather than inside of a serial number."""
    return mark_safe(re.sub(r"(?<![:/])/", "/<wbr>", conditional_escape(url)))  # noqa: S308  escaped just here


@register.simple_tag
def moment(at: datetime | None) -> str:
    """Date and time in the zone of the page, which stands in the title; a dash for None."""
    if at is None:
        return "–"
    local = timezone.localtime(at)
    short = date_format(local, gettext("j M Y, H:i"))
    return format_html('<time datetime="{}" title="{} ({})">{}</time>', at.isoformat(), short, local.tzname(), short)


@register.simple_tag
def day(at: datetime | None) -> str:
    if at is None:
        return "–"
    return date_format(timezone.localtime(at), gettext("j M Y"))
