"""The history of an installation's authentication settings, and the way back to an older version."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from accounts.permissions import Action
from accounts.proof import needs_proof
from accounts.web import actor_of, page, whole_number
from chargers.services.authentication import Refused, StaleRevision, draft_of, preview, restore
from chargers.services.preview_values import Preview
from chargers.views.judged import changes_between, judged_context, needs_name, to_rollout
from chargers.views.meeting import meet_saved
from installations.access import may
from installations.authentication import NATIVE
from installations.models import AuthenticationRevision, Installation
from installations.selectors import find_revision, list_revisions, revisions_since
from installations.services.secrets import shown_fingerprint
from installations.web import installation_for

SHOWN_REVISIONS = 50
NOTE_LENGTH = 500


@login_required
def history(request: HttpRequest, pk: int) -> HttpResponse:
    installation = installation_for(request, pk)
    revisions = list(list_revisions(installation)[: SHOWN_REVISIONS + 1])
    pairs = zip(revisions, [*revisions[1:], None], strict=True)
    context = {
        "section": "installations",
        "installation": installation,
        "tab": "history",
        "rows": [(row, changes_between(before, row) if before else ()) for row, before in pairs][:SHOWN_REVISIONS],
        "may_set": may(actor_of(request), installation, Action.SET_AUTHENTICATION),
    }
    return page(request, "chargers/history.html", context)


@login_required
@needs_proof()
@never_cache
def restore_revision(request: HttpRequest, pk: int, number: int) -> HttpResponse:
    """The preview of going back, and the way back itself: the same gates as a save."""
    installation = installation_for(request, pk, Action.SET_AUTHENTICATION)
    old = find_revision(installation, number)
    standing = installation.revision
    if old is None or standing is None:
        raise Http404
    judged = preview(installation=installation, draft=draft_of(old), password_of=old)
    if request.method != "POST":
        return _show(request, installation, old, judged)
    known = whole_number(request.POST.get("expected_number", ""))
    if known != standing.number:
        return _show_stale(request, installation, old, judged, known)
    if needs_name(judged, installation) and request.POST.get("confirm_name", "").strip() != installation.name:
        error = _("Type the installation's name exactly as it stands above.")
        return _show(request, installation, old, judged, error=error, status=422)
    try:
        revision = restore(
            installation=installation,
            number=number,
            actor=actor_of(request),
            expected_number=known,
            acknowledged=request.POST.getlist("acknowledge"),
            note=_note(request),
        )
    except Refused as refused:
        return _show(request, installation, old, refused.preview, error=str(refused.detail), status=422)
    except StaleRevision:
        installation = installation_for(request, pk, Action.SET_AUTHENTICATION)
        judged = preview(installation=installation, draft=draft_of(old), password_of=old)
        return _show_stale(request, installation, old, judged, known)
    return to_rollout(request, revision)


def _note(request: HttpRequest) -> str:
    return request.POST.get("note", "").strip()[:NOTE_LENGTH]


def _show_stale(
    request: HttpRequest, installation: Installation, old: AuthenticationRevision, judged: Preview, known: int
) -> HttpResponse:
    """Others saved since version ``known`` was looked at: what going back would take away, to be decided anew."""
    theirs = installation.revision
    assert theirs is not None
    began = find_revision(installation, known)
    met = meet_saved(old, began or theirs, theirs)
    return _show(
        request,
        installation,
        old,
        judged,
        theirs=theirs,
        began=began,
        others=revisions_since(installation, known),
        met=met,
        password_stays=any(one.is_password for one in met) and old.mode != NATIVE,
        acknowledged=[],
        status=412,
    )


def _show(
    request: HttpRequest,
    installation: Installation,
    old: AuthenticationRevision,
    judged: Preview,
    *,
    status: int = 200,
    **more: Any,
) -> HttpResponse:
    acknowledged = more.pop("acknowledged", request.POST.getlist("acknowledge"))
    context = {
        "section": "installations",
        "installation": installation,
        "tab": "history",
        "old": old,
        "standing": installation.revision,
        "note": _note(request),
        "note_length": NOTE_LENGTH,
        **more,
        **judged_context(judged, installation, acknowledged, shown_fingerprint(old.secret) or ""),
    }
    return page(request, "chargers/restore.html", context, status=status)
