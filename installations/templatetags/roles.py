"""Controls a person may not use are shown disabled and say which role is missing."""

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from accounts.permissions import ROLES, Action
from accounts.templatetags.ui import icon
from installations.access import Missing

register = template.Library()


@register.simple_tag
def needs(action: str) -> str:
    """The sentence a refusal of the same action would give."""
    return str(Missing(ROLES[Action(action)]).detail)


@register.simple_tag
def locked(action: str) -> SafeString:
    return format_html('<p class="locked">{} {}</p>', icon("lock-fill"), needs(action))


@register.simple_tag
def locked_button(label: str, action: str) -> SafeString:
    return format_html(
        '<span class="d-inline-flex flex-wrap gap-2 align-items-center">'
        '<button type="button" class="btn btn-outline-secondary" disabled aria-describedby="needs-{}">{}</button>'
        '<span class="locked" id="needs-{}">{} {}</span></span>',
        action, label, action, icon("lock-fill"), needs(action),
    )  # fmt: skip
