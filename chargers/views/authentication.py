"""Settings › Authentication: type, check, preview, acknowledge, save; and the history with restore."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters

from accounts.permissions import Action
from accounts.web import actor_of, page
from chargers.forms.authentication import AuthenticationForm
from chargers.services.authentication import Refused, StaleRevision, draft_of, preview, restore, save
from chargers.services.checking import check
from chargers.services.preview_values import Preview
from installations.access import may
from installations.authentication import DIRECT, FieldChange, settings_changes
from installations.models import AuthenticationRevision, Installation
from installations.selectors import list_revisions
from installations.services.authentication import settings_of
from installations.services.secrets import shown_fingerprint
from installations.web import installation_for

CONFIRM_ABOVE = 50
SHOWN_REVISIONS = 50
TEMPLATE = "chargers/authentication.html"


@login_required
@never_cache
@sensitive_post_parameters("initial_device_password")
def authentication(request: HttpRequest, pk: int) -> HttpResponse:
    step = request.POST.get("step", "")
    action = Action.SET_AUTHENTICATION if request.method == "POST" else Action.VIEW
    installation = installation_for(request, pk, action)
    standing = installation.revision
    assert standing is not None
    if request.method != "POST":
        form = AuthenticationForm(initial=AuthenticationForm.initial_of(standing))
        return _show(request, installation, form)
    form = AuthenticationForm(request.POST)
    if not form.is_valid():
        return _show(request, installation, form, status=422)
    if step == "check":
        checked = check(installation=installation, draft=form.draft())
        return page(
            request, TEMPLATE, {**_context(request, installation, form), "checked": checked}, partial="feedback"
        )
    if step == "save":
        return _save(request, installation, form)
    judged = preview(installation=installation, draft=form.draft())
    return _show(request, installation, form, judged=judged, partial="preview")


def _save(request: HttpRequest, installation: Installation, form: AuthenticationForm) -> HttpResponse:
    draft = form.draft()
    judged = preview(installation=installation, draft=draft)
    if _needs_name(judged) and form.cleaned_data["confirm_name"].strip() != installation.name:
        form.add_error("confirm_name", _("Type the installation's name exactly as it stands above."))
        return _show(request, installation, form, judged=judged, status=422)
    try:
        revision = save(
            installation=installation,
            draft=draft,
            actor=actor_of(request),
            expected_number=form.cleaned_data["expected_number"],
            acknowledged=request.POST.getlist("acknowledge"),
            note=form.cleaned_data["note"],
        )
    except Refused as refused:
        return _show(request, installation, form, judged=refused.preview, missing=refused.unacknowledged, status=422)
    except StaleRevision as stale:
        return _show_stale(request, installation, form, stale)
    return _to_rollout(request, revision)


def _to_rollout(request: HttpRequest, revision: AuthenticationRevision) -> HttpResponse:
    messages.success(request, _("Saved as version %(number)d. It is on its way.") % {"number": revision.number})
    return redirect("rollout", revision.rollout.pk)


def _show_stale(
    request: HttpRequest, installation: Installation, form: AuthenticationForm, stale: StaleRevision
) -> HttpResponse:
    """The other person's change beside what was typed, which stays in the form; saving again is a choice."""
    known = form.cleaned_data["expected_number"]
    revisions = {row.number: row for row in list_revisions(installation).filter(number__in=[known, stale.current])}
    theirs = revisions[stale.current]
    changes = _changes(revisions[known], theirs) if known in revisions else ()
    again = AuthenticationForm({**form.data.dict(), "expected_number": str(stale.current)})  # type: ignore[attr-defined]
    again.is_valid()
    installation.revision = theirs
    return _show(request, installation, again, theirs=theirs, their_changes=changes, status=412)


def _needs_name(judged: Preview) -> bool:
    """Into direct mode, or above 50 chargers, a click must not be enough."""
    if judged.settings is None or not judged.chargers:
        return False
    return judged.settings.mode == DIRECT or judged.summary.total > CONFIRM_ABOVE


def _context(request: HttpRequest, installation: Installation, form: AuthenticationForm) -> dict[str, Any]:
    standing = installation.revision
    secret = standing.secret if standing else None
    return {
        "section": "installations",
        "installation": installation,
        "tab": "authentication",
        "form": form,
        "standing": standing,
        "fingerprint": shown_fingerprint(secret),
        "secret": secret,
        "may_set": may(actor_of(request), installation, Action.SET_AUTHENTICATION),
    }


def _show(
    request: HttpRequest,
    installation: Installation,
    form: AuthenticationForm,
    *,
    judged: Preview | None = None,
    partial: str = "",
    status: int = 200,
    **more: Any,
) -> HttpResponse:
    context = {**_context(request, installation, form), **more}
    if judged is not None:
        context |= _judged(judged, installation, acknowledged=request.POST.getlist("acknowledge"))
    return page(request, TEMPLATE, context, partial=partial, status=status)


def _judged(judged: Preview, installation: Installation, acknowledged: list[str]) -> dict[str, Any]:
    standing = installation.revision
    changes: tuple[FieldChange, ...] = ()
    if judged.settings is not None and standing is not None:
        changes = settings_changes(settings_of(standing), judged.settings)
    return {
        "judged": judged,
        "field_changes": changes,
        "needs_name": _needs_name(judged),
        "acknowledged": acknowledged,
    }


def _changes(before: AuthenticationRevision, after: AuthenticationRevision) -> Any:
    return settings_changes(
        settings_of(before),
        settings_of(after),
        fingerprint_before=shown_fingerprint(before.secret) or "",
        fingerprint_after=shown_fingerprint(after.secret) or "",
    )


@login_required
def history(request: HttpRequest, pk: int) -> HttpResponse:
    installation = installation_for(request, pk)
    revisions = list(list_revisions(installation)[: SHOWN_REVISIONS + 1])
    pairs = zip(revisions, [*revisions[1:], None], strict=True)
    context = {
        "section": "installations",
        "installation": installation,
        "tab": "history",
        "rows": [(row, _changes(before, row) if before else ()) for row, before in pairs][:SHOWN_REVISIONS],
        "may_set": may(actor_of(request), installation, Action.SET_AUTHENTICATION),
    }
    return page(request, "chargers/history.html", context)


@login_required
@never_cache
def restore_revision(request: HttpRequest, pk: int, number: int) -> HttpResponse:
    """The preview of going back, and the way back itself: the same gates as a save."""
    installation = installation_for(request, pk, Action.SET_AUTHENTICATION)
    old = list_revisions(installation).filter(number=number).first()
    standing = installation.revision
    if old is None or standing is None:
        raise Http404
    judged = preview(installation=installation, draft=draft_of(old), password_of=old)
    error = ""
    if request.method == "POST":
        if _needs_name(judged) and request.POST.get("confirm_name", "").strip() != installation.name:
            error = _("Type the installation's name exactly as it stands above.")
        else:
            try:
                revision = restore(
                    installation=installation,
                    number=number,
                    actor=actor_of(request),
                    expected_number=_number(request.POST.get("expected_number", "")),
                    acknowledged=request.POST.getlist("acknowledge"),
                )
            except Refused as refused:
                judged, error = refused.preview, str(refused.detail)
            except StaleRevision as stale:
                error = str(stale.detail)
            else:
                return _to_rollout(request, revision)
    context = {
        "section": "installations",
        "installation": installation,
        "tab": "history",
        "old": old,
        "standing": standing,
        "error": error,
        **_judged(judged, installation, request.POST.getlist("acknowledge")),
    }
    return page(request, "chargers/restore.html", context, status=422 if error else 200)


def _number(text: str) -> int:
    """0, which no revision has, for whatever is not a number: the save is then stale."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0
