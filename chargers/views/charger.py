"""One charger: its connectors, what it should hold beside what it reports, its deliveries and sessions."""

import json
from collections.abc import Sequence

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.permissions import Action
from accounts.refusals import Refusal
from accounts.web import actor_of, is_unchanged, page, version_tag, whole_number
from chargers.alarm_rows import alarms_of_charger
from chargers.alarms import Alarm
from chargers.backend_limits import read_limits
from chargers.backends import Upstream, left_behind, upstream_of
from chargers.details import (
    Refused,
    gateway_address,
    recent_deliveries,
    recent_transactions,
    refused_tags,
    reported_rows,
)
from chargers.forms.chargers import EditChargerForm
from chargers.load_words import explain_share
from chargers.models import Charger, ChargerLink, Delivery, ReportedSetting
from chargers.profiles import profile_for
from chargers.requests import recent_commands
from chargers.selectors import connectors_of, find_charger, link_of, link_state_of, local_list_of
from chargers.services.chargers import SUPPLY, delete_charger, update_charger
from chargers.services.local_lists import keeps_our_list
from chargers.services.standing import standing_of
from chargers.sessions.selectors import Shown, shown
from chargers.site_load import shares_of
from chargers.views.running import facts_of
from installations.access import allowed, require
from installations.selectors import list_installations
from installations.web import in_site_time, installation_for, show_refusal

MOST_TARGETS = 20


def _charger_for(request: HttpRequest, device_id: str, action: Action = Action.VIEW) -> Charger:
    charger = find_charger(actor_of(request), device_id)
    if charger is None:
        raise Http404
    require(actor_of(request), charger.installation, action)
    return charger


def _seen(request: HttpRequest, device_id: str) -> tuple[Charger, frozenset[Action]]:
    """The charger and what the person may do, with one look at the roles."""
    actor = actor_of(request)
    found = find_charger(actor, device_id)
    if found is None:
        raise Http404
    wanted = (Action.VIEW, Action.EDIT_CHARGERS, Action.EDIT_CARDS, Action.COMMAND_CHARGERS)
    rights = allowed(actor, found.installation, *wanted)
    if actor.user.is_staff or Action.VIEW not in rights:
        require(actor, found.installation, Action.VIEW)
    return found, rights


@login_required
def charger(request: HttpRequest, device_id: str) -> HttpResponse:
    """Asks for itself every few seconds: 304 while nothing that it shows changed."""
    found, rights = _seen(request, device_id)
    recent, running = recent_transactions(found)
    link, deliveries, sessions = link_of(found), recent_deliveries(found), shown(recent, holders=False)
    reported, refused = reported_rows(found), refused_tags(found.installation, found)
    alarms, upstream = alarms_of_charger(found), upstream_of(found)
    tag = _version(found, link, reported, deliveries, sessions, refused, alarms, upstream)
    limits = read_limits(found, running, timezone.now())
    local_list = local_list_of(found)
    shares = shares_of(found, running)
    with in_site_time(found.installation):
        told = [(one.told, one.will_be, explain_share(one)) for one in shares]
    tag = version_tag(tag, local_list and (local_list.state, local_list.changed_at), limits, told)
    if is_unchanged(request, tag):
        return HttpResponse(status=304)
    context = {
        "section": "installations",
        "installation": found.installation,
        "charger": found,
        "tag_json": json.dumps(tag),
        "link": link,
        "alarms": alarms,
        "backend_limits": limits,
        "shares": shares,
        "upstream": upstream,
        "left": left_behind(found),
        "profile": profile_for(found.vendor, found.model, found.firmware) if found.vendor else None,
        "standing": standing_of(found, reported),
        "deliveries": deliveries,
        "sessions": sessions,
        "refused": refused,
        "local_list": local_list,
        "may_edit_cards": Action.EDIT_CARDS in rights,
        "gateway_url": gateway_address(found.device_id),
        "command_rows": recent_commands(found),
        "may_edit": Action.EDIT_CHARGERS in rights,
        "may_command": Action.COMMAND_CHARGERS in rights,
        "may_send_list": Action.COMMAND_CHARGERS in rights and keeps_our_list(found),
    }
    response = page(request, "chargers/charger.html", context, partial="live")
    response["ETag"] = tag
    return response


def _version(
    found: Charger,
    link: ChargerLink | None,
    reported: list[ReportedSetting],
    deliveries: list[Delivery],
    sessions: list[Shown],
    refused: list[Refused],
    alarms: Sequence[Alarm],
    upstream: Upstream | None,
) -> str:
    """Of what the live part shows; of the last sign of life only the minute."""
    heard = link.last_seen_at.replace(second=0, microsecond=0) if link and link.last_seen_at else None
    return version_tag(
        get_language(),
        (found.version, found.applied_revision_id, found.installation.revision_id, found.firmware),
        (link_state_of(found), heard, link and link.connected_at),
        [(alarm.code, alarm.since, str(alarm.detail)) for alarm in alarms],
        upstream and (upstream.state, {**vars(upstream.facts), "lease_until": None}),
        [(row.number, row.status, row.error_code, current) for row, current in connectors_of(found)],
        [(row.key, row.value) for row in reported],
        [(row.pk, row.state, row.reason) for row in deliveries],
        facts_of(sessions),
        [(one.row.id_tag, one.row.refused_at, one.listed) for one in refused],
    )


@login_required
def edit(request: HttpRequest, device_id: str) -> HttpResponse:
    found = _charger_for(request, device_id, Action.EDIT_CHARGERS)
    standing = {"name": found.name, "circuit": found.circuit, "server_url": found.server_url}
    standing |= {name: getattr(found, name) for name in SUPPLY}
    form = EditChargerForm(request.POST or None, initial=standing, installation=found.installation)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        changes = {
            "name": data["name"],
            "circuit": data["circuit"].pk if data["circuit"] else None,
            "server_url": data["server_url"],
            **{name: data[name] for name in SUPPLY},
        }
        try:
            update_charger(charger=found, actor=actor_of(request), changes=changes)
        except Refusal as refusal:
            show_refusal(form, refusal)
        else:
            messages.success(request, _("Saved."))
            return redirect("charger", found.device_id)
    context = {"section": "installations", "installation": found.installation, "charger": found, "form": form}
    return page(request, "chargers/charger_edit.html", context, status=422 if form.errors else 200)


@login_required
def move(request: HttpRequest, device_id: str) -> HttpResponse:
    """To another installation where the person may edit chargers; there it takes that one's setting."""
    found = _charger_for(request, device_id, Action.EDIT_CHARGERS)
    search, error = request.GET.get("q", "").strip(), ""
    if request.method == "POST":
        target = installation_for(request, whole_number(request.POST.get("installation", "")), Action.EDIT_CHARGERS)
        try:
            update_charger(charger=found, actor=actor_of(request), changes={"installation": target})
        except Refusal as refusal:
            error = str(refusal.detail)
        else:
            messages.success(request, _("Moved to %(name)s.") % {"name": target.name})
            return redirect("charger", found.device_id)
    targets = list_installations(
        actor_of(request), search=search, action=Action.EDIT_CHARGERS, besides=found.installation_id
    )
    context = {
        "section": "installations",
        "installation": found.installation,
        "charger": found,
        "search": search,
        "error": error,
        "targets": targets[:MOST_TARGETS],
    }
    return page(request, "chargers/charger_move.html", context, partial="list", status=409 if error else 200)


@login_required
@require_POST
def delete(request: HttpRequest, device_id: str) -> HttpResponse:
    found = _charger_for(request, device_id, Action.EDIT_CHARGERS)
    try:
        delete_charger(charger=found, actor=actor_of(request))
    except Refusal as refusal:
        messages.error(request, str(refusal.detail))
        return redirect("charger_edit", found.device_id)
    messages.success(request, _("The charger was deleted."))
    return redirect("installation_chargers", found.installation_id)
