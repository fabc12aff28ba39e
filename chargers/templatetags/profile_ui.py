"""Sentences of the vendor profiles in the reader's language."""

from django import template
from django.utils.translation import gettext

register = template.Library()


@register.filter
def sentence(text: str) -> str:
    return gettext(text) if text else ""
