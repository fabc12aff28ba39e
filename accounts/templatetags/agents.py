"""Browsers by the names people know."""

from django import template
from django.utils.translation import gettext

register = template.Library()

# What stands in a browser's own description of itself; the first that fits is it.
BROWSERS = (("Edg", "Edge"), ("OPR/", "Opera"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"), ("Safari/", "Safari"))
SYSTEMS = (
    ("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Windows", "Windows"), ("Mac OS", "macOS"),
    ("CrOS", "ChromeOS"), ("Linux", "Linux"),
)  # fmt: skip


@register.simple_tag
def agent(text: str) -> str:
    """For instance "Firefox, Windows"."""
    browser = next((name for mark, name in BROWSERS if mark in text), "")
    system = next((name for mark, name in SYSTEMS if mark in text), "")
    return ", ".join(part for part in (browser, system) if part) or gettext("Unknown browser")
