"""The tab of a charger's OCPP messages: newest first, live on its first page, filtered, and as a file."""

import json

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from accounts.keyset import BadCursor, read_page
from accounts.permissions import Action
from accounts.web import actor_of, is_unchanged, page, version_tag
from chargers.forms.messages import MessageFilterForm
from chargers.message_log import MESSAGE_ORDER, file_name, list_messages, ndjson
from chargers.models import Charger
from chargers.selectors import find_charger
from chargers.streams import stream_lines
from installations.access import require
from installations.web import in_site_time

PAGE_SIZE = 50


@login_required
@require_safe
def messages(request: HttpRequest, device_id: str) -> HttpResponse:
    """Asks for itself every few seconds: 304 while there is nothing new."""
    found = _charger_for(request, device_id)
    with in_site_time(found.installation):
        form = MessageFilterForm(request.GET)
        wanted = form.wanted()
    cursor = request.GET.get("cursor", "")
    try:
        shown = read_page(list_messages(found, wanted), order=MESSAGE_ORDER, cursor=cursor, size=PAGE_SIZE)
    except BadCursor:
        raise Http404 from None
    tag = version_tag(get_language(), request.get_full_path(), [row.id for row in shown.rows], bool(shown.next))
    if is_unchanged(request, tag):
        return HttpResponse(status=304)
    query = request.GET.copy()
    query.pop("cursor", None)
    context = {
        "section": "installations",
        "installation": found.installation,
        "charger": found,
        "tab": "messages",
        "page": shown,
        "form": form,
        "filtered": wanted.is_anything,
        "query": query.urlencode(),
        "live": not cursor,
        "kept": settings.MESSAGE_LOG_DAYS > 0,
        "days": settings.MESSAGE_LOG_DAYS,
        "tag_json": json.dumps(tag),
    }
    response = page(request, "chargers/messages.html", context, partial="list")
    response["ETag"] = tag
    return response


@login_required
@require_safe
def download(request: HttpRequest, device_id: str) -> HttpResponse | StreamingHttpResponse:
    """What the same filter shows, all of it, a line of JSON for each message."""
    found = _charger_for(request, device_id)
    with in_site_time(found.installation):
        wanted = MessageFilterForm(request.GET).wanted()
    return stream_lines(request, ndjson(list_messages(found, wanted)), file_name(found))


def _charger_for(request: HttpRequest, device_id: str) -> Charger:
    found = find_charger(actor_of(request), device_id)
    if found is None:
        raise Http404
    require(actor_of(request), found.installation, Action.VIEW_MESSAGES)
    return found
