"""Who charges at an installation just now, and what pages that show sessions need for their version tags."""

import json
from collections.abc import Iterable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import get_language

from accounts.web import is_unchanged, page, version_tag
from chargers.sessions.selectors import Shown, running_sessions, shown
from installations.models import Installation

MOST_RUNNING = 8


def running_context(installation: Installation) -> dict[str, Any]:
    """For ``chargers/running.html``, part of the installation's page."""
    rows = running_sessions(installation, MOST_RUNNING + 1)
    running = shown(rows[:MOST_RUNNING], holders=False)
    tag = version_tag(get_language(), len(rows), facts_of(running))
    return {
        "installation": installation,
        "running": running,
        "running_more": len(rows) > MOST_RUNNING,
        "running_tag": json.dumps(tag),
    }


def show_running(request: HttpRequest, installation: Installation) -> HttpResponse:
    """The part alone, for a page that asks again; 304 while no charger has told anything new."""
    context = running_context(installation)
    tag: str = json.loads(context["running_tag"])
    if is_unchanged(request, tag):
        return HttpResponse(status=304)
    response = page(request, "chargers/running.html", context)
    response["ETag"] = tag
    return response


def facts_of(sessions: Iterable[Shown]) -> list[tuple[Any, ...]]:
    """What a version tag needs to know of sessions on a page."""
    return [(one.row.pk, one.row.stop_received_at, one.energy.wh, one.power_watts, one.holder) for one in sessions]
