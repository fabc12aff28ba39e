"""Pages about the installation itself: make and edit it, who has access."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.permissions import Action
from accounts.proof import needs_proof
from accounts.refusals import Refusal
from accounts.web import actor_of, page
from installations.access import may
from installations.forms import GrantForm, InstallationForm
from installations.models import Installation
from installations.selectors import list_grants
from installations.services.grants import grant_access, revoke_access
from installations.services.installations import (
    TECHNICAL,
    create_installation,
    delete_installation,
    update_installation,
)
from installations.web import installation_for, show_refusal


@login_required
def new(request: HttpRequest) -> HttpResponse:
    form = InstallationForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            made = create_installation(actor=actor_of(request), **form.cleaned_data)
        except Refusal as refusal:
            show_refusal(form, refusal)
        else:
            messages.success(request, _("The installation was made. Next: register its chargers."))
            return redirect("installation", made.pk)
    context = {"section": "installations", "form": form}
    return page(request, "installations/new.html", context, status=422 if form.errors else 200)


@login_required
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    installation = installation_for(request, pk, Action.EDIT_INSTALLATION)
    standing = {name: getattr(installation, name) for name in InstallationForm.base_fields}
    shown = {**standing, "backend_maintenance": "yes" if installation.backend_maintenance else "no"}
    form = InstallationForm(request.POST or None, initial=shown)
    if request.method == "POST" and form.is_valid():
        changes = {name: value for name, value in form.cleaned_data.items() if value != standing[name]}
        if TECHNICAL & changes.keys():
            installation_for(request, pk, Action.EDIT_TECHNICAL)
        try:
            update_installation(installation=installation, actor=actor_of(request), changes=changes)
        except Refusal as refusal:
            show_refusal(form, refusal)
        else:
            messages.success(request, _("Saved."))
            return redirect("installation", pk)
    may_delete = may(actor_of(request), installation, Action.DELETE_INSTALLATION)
    context = {**_shared(request, installation, "settings"), "form": form, "may_delete": may_delete}
    return page(request, "installations/edit.html", context, status=422 if form.errors else 200)


@login_required
@require_POST
def delete(request: HttpRequest, pk: int) -> HttpResponse:
    installation = installation_for(request, pk, Action.DELETE_INSTALLATION)
    try:
        delete_installation(installation=installation, actor=actor_of(request))
    except Refusal as refusal:
        messages.error(request, str(refusal.detail))
        return redirect("installation_edit", pk)
    messages.success(request, _("The installation was deleted."))
    return redirect("installations")


@login_required
@needs_proof()
def access(request: HttpRequest, pk: int) -> HttpResponse:
    installation = installation_for(request, pk, Action.VIEW_ACCESS)
    form = GrantForm(request.POST or None)
    if request.method == "POST":
        installation_for(request, pk, Action.GRANT_ACCESS)
        if form.is_valid():
            try:
                grant_access(installation=installation, actor=actor_of(request), **form.as_grant())
            except Refusal as refusal:
                show_refusal(form, refusal)
            else:
                messages.success(request, _("Access was given."))
                return redirect("installation_access", pk)
    context = {
        **_shared(request, installation, "access"),
        "form": form,
        "grants": list_grants(installation),
        "may_grant": may(actor_of(request), installation, Action.GRANT_ACCESS),
    }
    return page(request, "installations/access.html", context, status=422 if form.errors else 200)


@login_required
@needs_proof()
@require_POST
def access_revoke(request: HttpRequest, pk: int, grant_pk: int) -> HttpResponse:
    installation = installation_for(request, pk, Action.GRANT_ACCESS)
    grant = list_grants(installation).filter(pk=grant_pk).first()
    if grant is None:
        raise Http404
    try:
        revoke_access(grant=grant, actor=actor_of(request))
    except Refusal as refusal:
        messages.error(request, str(refusal.detail))
    else:
        messages.success(request, _("Access was taken away."))
    return redirect("installation_access", pk)


def _shared(request: HttpRequest, installation: Installation, tab: str) -> dict[str, object]:
    return {"section": "installations", "installation": installation, "tab": tab}
