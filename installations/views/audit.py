"""The audit trail: a tab of an installation for owner and service, and a page over everything for platform staff."""

from contextlib import nullcontext
from dataclasses import dataclass

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_safe

from accounts import staff
from accounts.actor import Actor
from accounts.keyset import BadCursor, read_page
from accounts.models import AuditEntry
from accounts.permissions import Action
from accounts.web import actor_of, page, streamed
from installations.access import audit_staff
from installations.audit_form import AuditFilterForm
from installations.audit_trail import AUDIT_ORDER, Wanted, list_entries, names_of, write_lines
from installations.audit_words import action_word, field_word, object_word, value_words
from installations.models import Installation
from installations.web import in_site_time, installation_for

PAGE_SIZE = 50


@dataclass(frozen=True)
class Line:
    """An entry in words. ``changes``: field, before, after; ``place``: the installation, where that needs saying."""

    entry: AuditEntry
    action: str
    target: str
    changes: list[tuple[str, str, str]]
    place: str = ""


@login_required
@require_safe
def of_installation(request: HttpRequest, pk: int) -> HttpResponse:
    return _list(request, installation_for(request, pk, Action.VIEW_AUDIT))


@login_required
@require_safe
def download_of_installation(request: HttpRequest, pk: int) -> HttpResponseBase:
    return _file(request, installation_for(request, pk, Action.VIEW_AUDIT))


@login_required
@require_safe
def everything(request: HttpRequest) -> HttpResponse:
    require_staff(actor_of(request))
    return _list(request, None)


@login_required
@require_safe
def download_everything(request: HttpRequest) -> HttpResponseBase:
    require_staff(actor_of(request))
    return _file(request, None)


def require_staff(actor: Actor) -> None:
    """Raises Forbidden; who passes leaves an entry."""
    staff.require_staff(actor)
    audit_staff(actor, actor.user, Action.VIEW_AUDIT)


def _list(request: HttpRequest, installation: Installation | None) -> HttpResponse:
    form, wanted = _wanted(request, installation)
    rows = list_entries(actor_of(request), wanted, installation_id=installation.pk if installation else None)
    try:
        shown = read_page(rows, order=AUDIT_ORDER, cursor=request.GET.get("cursor", ""), size=PAGE_SIZE)
    except BadCursor:
        raise Http404 from None
    query = request.GET.copy()
    query.pop("cursor", None)
    context = {
        "section": "installations" if installation else "audit",
        "installation": installation,
        "tab": "audit",
        "form": form,
        "page": shown,
        "lines": lines_of(shown.rows, places=names_of(shown.rows) if installation is None else {}),
        "filtered": wanted.is_anything,
        "query": query.urlencode(),
    }
    return page(request, "installations/audit.html", context, partial="list")


def _file(request: HttpRequest, installation: Installation | None) -> HttpResponseBase:
    _form, wanted = _wanted(request, installation)
    rows = list_entries(actor_of(request), wanted, installation_id=installation.pk if installation else None)
    headers = {"Content-Disposition": 'attachment; filename="audit.ndjson"', "Cache-Control": "no-store"}
    return streamed(request, write_lines(rows), content_type="application/x-ndjson", headers=headers)


def _wanted(request: HttpRequest, installation: Installation | None) -> tuple[AuditFilterForm, Wanted]:
    form = AuditFilterForm(request.GET)
    with in_site_time(installation) if installation else nullcontext():
        return form, form.wanted()


def lines_of(entries: list[AuditEntry], *, places: dict[int, str]) -> list[Line]:
    return [
        Line(
            entry,
            action_word(entry.action),
            f"{object_word(entry.object_type)} {entry.object_label or entry.object_id}",
            _changes(entry),
            places.get(entry.installation_id or 0, ""),
        )
        for entry in entries
    ]


def _changes(entry: AuditEntry) -> list[tuple[str, str, str]]:
    old, new = entry.before, entry.after
    rows = [
        (field_word(name), value_words(old.get(name), name), value_words(new.get(name), name))
        for name in {**old, **new}
    ]
    return [(name, before, after) for name, before, after in rows if before or after]
