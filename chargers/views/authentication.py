"""Settings › Authentication: type, check, preview, acknowledge, save."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters

from accounts.permissions import Action
from accounts.proof import needs_proof
from accounts.web import actor_of, is_partial, page
from chargers.forms.authentication import AuthenticationForm
from chargers.services.authentication import Refused, StaleRevision, draft_of, preview, save
from chargers.services.checking import check
from chargers.services.preview_values import Preview
from chargers.views.judged import judged_context, needs_name, to_rollout
from chargers.views.meeting import meet, with_choices
from installations.access import may
from installations.authentication import (
    ClearPassword,
    NewPassword,
    Password,
)
from installations.merging import PASSWORD
from installations.models import Installation
from installations.selectors import find_revision, revisions_since
from installations.services.secrets import shown_fingerprint
from installations.web import installation_for

TEMPLATE = "chargers/authentication.html"


@login_required
@never_cache
@needs_proof(step="save")
@sensitive_post_parameters(PASSWORD)
def authentication(request: HttpRequest, pk: int) -> HttpResponse:
    step = request.POST.get("step", "")
    action = Action.SET_AUTHENTICATION if request.method == "POST" else Action.VIEW
    installation = installation_for(request, pk, action)
    standing = installation.revision
    assert standing is not None
    if request.method != "POST":
        form = AuthenticationForm(initial=AuthenticationForm.initial_of(standing))
        return _show(request, installation, form, checked=check(installation=installation, draft=draft_of(standing)))
    form = AuthenticationForm(with_choices(request.POST, standing))
    if not form.is_valid():
        return _show(request, installation, form, partial="feedback" if step == "check" else "preview", status=422)
    checked = check(installation=installation, draft=form.draft())
    if step == "check":
        return _show(request, installation, form, partial="feedback", checked=checked)
    if step == "save":
        return _save(request, installation, form)
    if form.cleaned_data["expected_number"] != standing.number:
        return _show_stale(request, installation, form, StaleRevision(standing.number))
    judged = preview(installation=installation, draft=form.draft(), policy=form.policy())
    return _show(request, installation, form, judged=judged, partial="preview", checked=checked)


def _save(request: HttpRequest, installation: Installation, form: AuthenticationForm) -> HttpResponse:
    draft = form.draft()
    judged = preview(installation=installation, draft=draft, policy=form.policy())
    nameless = needs_name(judged, installation) and form.cleaned_data["confirm_name"].strip() != installation.name
    if nameless and not judged.problems and form.cleaned_data["expected_number"] == _number(installation):
        form.add_error("confirm_name", _("Type the installation's name exactly as it stands above."))
        return _show(request, installation, form, judged=judged, partial="preview", status=422)
    try:
        revision = save(
            installation=installation,
            draft=draft,
            actor=actor_of(request),
            expected_number=form.cleaned_data["expected_number"],
            acknowledged=request.POST.getlist("acknowledge"),
            policy=form.policy(),
            note=form.cleaned_data["note"],
        )
    except Refused as refused:
        return _show(
            request,
            installation,
            form,
            judged=refused.preview,
            missing=refused.unacknowledged,
            partial="preview",
            status=422,
        )
    except StaleRevision as stale:
        return _show_stale(request, installation, form, stale)
    return to_rollout(request, revision)


def _show_stale(
    request: HttpRequest, installation: Installation, form: AuthenticationForm, stale: StaleRevision
) -> HttpResponse:
    """What others saved meanwhile beside what was typed, merged where it does not overlap; saving is another click."""
    known = form.cleaned_data["expected_number"]
    began, theirs = find_revision(installation, known), find_revision(installation, stale.current)
    assert theirs is not None
    data, met = meet(form, check(installation=installation, draft=form.draft()), began, theirs)
    merged = AuthenticationForm(data)
    merged.is_valid()
    installation.revision = theirs
    response = _show(
        request,
        installation,
        merged,
        checked=check(installation=installation, draft=merged.draft()),
        judged=preview(installation=installation, draft=merged.draft(), policy=merged.policy()),
        theirs=theirs,
        others=revisions_since(installation, known),
        met=met,
        acknowledged=[],
        partial="preview",
        status=412,
    )
    response["HX-Reswap"] = "innerHTML show:#meeting:top"
    return response


def _number(installation: Installation) -> int:
    return installation.revision.number if installation.revision else 0


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
        "typed_password": bool(request.POST.get(PASSWORD)) and not is_partial(request),
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
        new = _new_fingerprint(form.draft().password, context["fingerprint"] or "")
        acknowledged = more.get("acknowledged", request.POST.getlist("acknowledge"))
        context |= judged_context(judged, installation, acknowledged, new)
    return page(request, TEMPLATE, context, partial=partial, status=status)


def _new_fingerprint(password: Password, standing: str) -> str:
    match password:
        case NewPassword():
            return _("the one typed above")
        case ClearPassword():
            return ""
    return standing
