"""Commands of one charger: ordered with a click, followed until the charger's own word is there."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect

from accounts.permissions import Action
from accounts.refusals import Refusal
from accounts.web import actor_of, page
from chargers.command_fields import command_rows
from chargers.commands import COMMANDS, Moment, Parameter, Whole
from chargers.models import Charger
from chargers.request_states import RequestKind
from chargers.requests import recent_commands
from chargers.selectors import find_charger
from chargers.services.asking import end_overdue
from chargers.services.commanding import command
from installations.access import may, require

TEMPLATE = "chargers/commands.html"


@login_required
def commands(request: HttpRequest, device_id: str) -> HttpResponse:
    found = find_charger(actor_of(request), device_id)
    if found is None:
        raise Http404
    require(actor_of(request), found.installation, Action.VIEW)
    if request.method != "POST":
        return _show(request, found)
    require(actor_of(request), found.installation, Action.COMMAND_CHARGERS)
    kind = request.POST.get("command", "")
    try:
        command(
            charger=found,
            kind=kind,
            parameters=_parameters(kind, request.POST, found.installation.time_zone),
            actor=actor_of(request),
        )
    except Refusal as refusal:
        faults = [str(fault.detail) for fault in refusal.faults]
        return _show(request, found, kind, faults, typed=request.POST, status=422)
    return redirect("charger_commands", found.device_id)


def _parameters(kind: str, typed: QueryDict, zone: str) -> dict[str, Any]:
    """What was typed, as the rules take it; what is empty was not given."""
    known = COMMANDS.get(RequestKind(kind)) if kind in set(RequestKind) else None
    if known is None:
        return {}
    if known.kind is RequestKind.CHANGE_CONFIGURATION:
        return {"settings": {typed.get("key", "").strip(): typed.get("value", "")}}
    given = {one.name: _value(one, typed.get(one.name, "").strip(), zone) for one in known.parameters}
    return {name: value for name, value in given.items() if value != ""}


def _value(parameter: Parameter, text: str, zone: str) -> Any:
    if isinstance(parameter.rule, Whole) and text.isascii() and text.isdigit() and len(text) < 19:
        return int(text)
    if isinstance(parameter.rule, Moment) and text:
        try:
            return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone))
        except ValueError:
            return text
    return text


def _show(
    request: HttpRequest,
    charger: Charger,
    opened: str = "",
    faults: list[str] | None = None,
    *,
    typed: QueryDict | None = None,
    status: int = 200,
) -> HttpResponse:
    rows = recent_commands(charger)
    if any(not row.ended for row in rows):
        end_overdue()
        rows = recent_commands(charger)
    context = {
        "section": "installations",
        "installation": charger.installation,
        "charger": charger,
        "command_rows": rows,
        "commands": command_rows(charger, opened, typed or {}),
        "faults": faults or [],
        "may_command": may(actor_of(request), charger.installation, Action.COMMAND_CHARGERS),
    }
    return page(request, TEMPLATE, context, partial="results", status=status)
