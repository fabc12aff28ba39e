"""Charging sessions: the lists of an installation and of a charger, their file, and one session with its course."""

import json
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta, tzinfo
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.contrib.auth.decorators import login_required
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from accounts.keyset import BadCursor, read_page
from accounts.permissions import Action
from accounts.web import actor_of, is_unchanged, page, streamed, version_tag
from chargers.models import Charger, Transaction
from chargers.selectors import find_charger
from chargers.sessions.chart import chart_of
from chargers.sessions.course import course_of
from chargers.sessions.energy import by_readings
from chargers.sessions.file import write_sessions
from chargers.sessions.readings import Point, registers
from chargers.sessions.selectors import (
    SESSION_ORDER,
    Wanted,
    find_session,
    in_chunks,
    list_sessions,
    moments_of,
    shown,
    totals_of,
)
from chargers.sessions.timeline import timeline_of
from installations.access import require
from installations.models import Installation
from installations.web import installation_for

PAGE_SIZE = 50
NAMES = ("charger", "card", "since", "until", "state")
EARLIEST, LATEST = date(1970, 1, 1), date(9998, 12, 30)


@login_required
def of_installation(request: HttpRequest, pk: int) -> HttpResponse:
    installation = installation_for(request, pk)
    rows = list_sessions(actor_of(request), _wanted(request, installation), installation=installation)
    return _list(request, rows, installation, None)


@login_required
def of_charger(request: HttpRequest, device_id: str) -> HttpResponse:
    charger = _charger_for(request, device_id)
    rows = list_sessions(actor_of(request), _wanted(request, charger.installation), charger=charger)
    return _list(request, rows, charger.installation, charger)


@login_required
@require_safe
def export_of_installation(request: HttpRequest, pk: int) -> HttpResponseBase:
    installation = installation_for(request, pk)
    rows = list_sessions(actor_of(request), _wanted(request, installation), installation=installation)
    return _file(request, rows)


@login_required
@require_safe
def export_of_charger(request: HttpRequest, device_id: str) -> HttpResponseBase:
    charger = _charger_for(request, device_id)
    rows = list_sessions(actor_of(request), _wanted(request, charger.installation), charger=charger)
    return _file(request, rows)


@login_required
def session(request: HttpRequest, pk: int) -> HttpResponse:
    """Asks for itself while the session runs: 304 as long as the charger has told nothing new."""
    row = find_session(actor_of(request), pk)
    if row is None:
        raise Http404
    require(actor_of(request), row.installation, Action.VIEW)
    (one,) = shown([row])
    moments = moments_of(row)
    last = moments[-1] if moments else None
    tag = version_tag(
        get_language(), row.stop_received_at, row.flags, one.energy.wh, one.holder, len(moments), last and last.at
    )
    if is_unchanged(request, tag):
        return HttpResponse(status=304)
    ends = _ends(row)
    course = course_of(moments, start=ends[0], stop=ends[1])
    estimate = None
    if one.energy.wh is None and one.state != "running":
        estimate = by_readings(registers(moments), row.meter_start, row.meter_stop, row.started_at, row.stopped_at)
    context = {
        "section": "installations",
        "installation": row.installation,
        "tab": "sessions",
        "one": one,
        "session": row,
        "moved": row.charger.installation_id != row.installation_id,
        "course": course,
        "steps": timeline_of(
            course,
            began=None if one.state == "orphan" else row.began_at,
            ended=one.ended_at,
            running=one.state == "running",
        ),
        "chart": chart_of(course),
        "table": _table(course.power, course.energy, {gap.end for gap in course.gaps}),
        "estimate": estimate,
        "last": last,
        "signed": sum(len(moment.signed) for moment in moments),
        "unreadable": sum(len(moment.unreadable) for moment in moments),
        "remarks": list(dict.fromkeys([*one.remarks, *course.marks, *(estimate.marks if estimate else ())])),
        "tag_json": json.dumps(tag),
    }
    response = page(request, "chargers/session.html", context, partial="live")
    response["ETag"] = tag
    return response


def _charger_for(request: HttpRequest, device_id: str) -> Charger:
    charger = find_charger(actor_of(request), device_id)
    if charger is None:
        raise Http404
    require(actor_of(request), charger.installation, Action.VIEW)
    return charger


def _list(
    request: HttpRequest, rows: QuerySet[Transaction], installation: Installation, charger: Charger | None
) -> HttpResponse:
    try:
        found = read_page(rows, order=SESSION_ORDER, cursor=request.GET.get("cursor", ""), size=PAGE_SIZE)
    except BadCursor:
        raise Http404 from None
    given = {name: request.GET.get(name, "") for name in NAMES}
    narrowed = {name: text for name, text in given.items() if text}
    context = {
        "section": "installations",
        "installation": installation,
        "tab": "sessions",
        "charger": charger,
        "page": found,
        "rows": shown(found.rows),
        "totals": totals_of(rows),
        "given": given,
        "query": urlencode(narrowed),
        "narrowed": bool(narrowed),
    }
    return page(request, "chargers/sessions.html", context, partial="list")


def _file(request: HttpRequest, rows: QuerySet[Transaction]) -> HttpResponseBase:
    # Spreadsheets split at the semicolon where the comma is the decimal sign.
    delimiter = "," if (get_language() or "en").startswith("en") else ";"
    headers = {"Content-Disposition": 'attachment; filename="sessions.csv"', "Cache-Control": "no-store"}
    pieces: Iterator[str] = write_sessions(in_chunks(rows), delimiter=delimiter)
    return streamed(request, pieces, content_type="text/csv; charset=utf-8", headers=headers)


def _wanted(request: HttpRequest, installation: Installation) -> Wanted:
    """What the address asks for; what makes no sense narrows nothing. Days are those of the installation's clocks."""
    given = {name: request.GET.get(name, "").replace("\0", "").strip() for name in NAMES}
    zone = ZoneInfo(installation.time_zone)
    return Wanted(
        state=given["state"] if given["state"] in {"running", "ended"} else "",
        flagged=given["state"] == "flagged",
        charger=given["charger"],
        card=given["card"],
        since=_midnight(given["since"], zone),
        until=_midnight(given["until"], zone, after=1),
    )


def _midnight(text: str, zone: tzinfo, *, after: int = 0) -> datetime | None:
    """The begin of the day, or of the day ``after`` it; None: no day."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    if not EARLIEST <= day <= LATEST:
        return None
    return datetime.combine(day + timedelta(days=after), time(), zone)


def _ends(row: Transaction) -> tuple[Point | None, Point | None]:
    """The register as told with the session's two ends, at the charger's times."""
    start = Point(row.started_at, Decimal(row.meter_start)) if row.started_at and row.meter_start is not None else None
    stop = Point(row.stopped_at, Decimal(row.meter_stop)) if row.stopped_at and row.meter_stop is not None else None
    return start, stop


def _table(
    power: tuple[Point, ...], energy: tuple[Point, ...], after_gap: set[datetime]
) -> list[tuple[datetime, Any, Any, bool]]:
    """The points of the two lines in one table by time, and whether a gap lies before."""
    watts, watt_hours = dict(power), dict(energy)
    return [(at, watts.get(at), watt_hours.get(at), at in after_gap) for at in sorted(watts.keys() | watt_hours.keys())]
