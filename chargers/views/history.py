"""The history of an installation's authentication settings, and the way back to an older version."""

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from accounts.permissions import Action
from accounts.proof import needs_proof
from accounts.web import actor_of, page, whole_number
from chargers.services.authentication import Refused, StaleRevision, draft_of, preview, restore
from chargers.views.judged import changes_between, judged_context, needs_name, to_rollout
from installations.access import may
from installations.selectors import find_revision, list_revisions
from installations.services.secrets import shown_fingerprint
from installations.web import installation_for

SHOWN_REVISIONS = 50


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
    error = ""
    if request.method == "POST":
        if needs_name(judged, installation) and request.POST.get("confirm_name", "").strip() != installation.name:
            error = _("Type the installation's name exactly as it stands above.")
        else:
            try:
                revision = restore(
                    installation=installation,
                    number=number,
                    actor=actor_of(request),
                    expected_number=whole_number(request.POST.get("expected_number", "")),
                    acknowledged=request.POST.getlist("acknowledge"),
                )
            except Refused as refused:
                judged, error = refused.preview, str(refused.detail)
            except StaleRevision as stale:
                error = str(stale.detail)
            else:
                return to_rollout(request, revision)
    context = {
        "section": "installations",
        "installation": installation,
        "tab": "history",
        "old": old,
        "standing": standing,
        "error": error,
        **judged_context(
            judged, installation, request.POST.getlist("acknowledge"), shown_fingerprint(old.secret) or ""
        ),
    }
    return page(request, "chargers/restore.html", context, status=422 if error else 200)
