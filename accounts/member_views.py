"""Organisations: a person's own, and of each its members, for its admins and platform staff."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from accounts.forms import MemberForm, OrganisationForm
from accounts.keyset import BadCursor, read_page
from accounts.members import (
    add_member,
    create_organisation,
    find_organisation_to_lead,
    list_members,
    remove_member,
    require_second_factor,
    set_admin,
)
from accounts.models import Organisation
from accounts.proof import needs_proof
from accounts.refusals import Conflict, Refusal
from accounts.selectors import ORGANISATION_ORDER, list_organisations
from accounts.staff import require_staff
from accounts.web import actor_of, page

PAGE_SIZE = 50


@login_required
@needs_proof()
def organisations(request: HttpRequest) -> HttpResponse:
    """POST: platform staff make a new one."""
    actor, form = actor_of(request), OrganisationForm(request.POST or None)
    if request.method == "POST":
        require_staff(actor)
        if form.is_valid():
            try:
                made = create_organisation(actor=actor, name=form.cleaned_data["name"])
            except Refusal as refusal:
                form.add_error("name", str(refusal.detail))
            else:
                return redirect("organisation", made.pk)
    search = request.GET.get("q", "").strip()
    rows = list_organisations(actor)
    if search:
        rows = rows.filter(name__icontains=search)
    try:
        shown = read_page(rows, order=ORGANISATION_ORDER, cursor=request.GET.get("cursor", ""), size=PAGE_SIZE)
    except BadCursor:
        raise Http404 from None
    context = {
        "section": "account",
        "page": shown,
        "rows": [(row, actor.user.is_staff or _leads(row)) for row in shown.rows],
        "search": search,
        "form": form,
    }
    return page(request, "accounts/organisations.html", context, status=422 if form.errors else 200)


@login_required
@never_cache
@needs_proof()
def organisation(request: HttpRequest, pk: int) -> HttpResponse:
    """POST: a new member; the code of somebody new is shown in this answer and never again."""
    found, actor, code = _organisation_for(request, pk), actor_of(request), ""
    form = MemberForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            membership, code = add_member(organisation=found, actor=actor, **form.cleaned_data)
        except Conflict as refusal:
            form.add_error("email", str(refusal.detail))
        else:
            messages.success(request, _("%(who)s is a member now.") % {"who": membership.user.email})
            if not code:
                return redirect("organisation", pk)
            form = MemberForm()
    context = {
        "section": "account",
        "organisation": found,
        "members": list_members(found),
        "form": form,
        "code": code,
    }
    return page(request, "accounts/organisation.html", context, status=422 if form.errors else 200)


@login_required
@require_POST
@needs_proof()
def second_factor(request: HttpRequest, pk: int) -> HttpResponse:
    """``required``: whether its members must have a second step."""
    found = _organisation_for(request, pk)
    try:
        require_second_factor(
            organisation=found, actor=actor_of(request), required=request.POST.get("required") == "yes"
        )
    except Conflict as refusal:
        messages.error(request, str(refusal.detail))
    else:
        messages.success(request, _("Saved."))
    return redirect("organisation", pk)


@login_required
@require_POST
@needs_proof()
def member(request: HttpRequest, pk: int, member_pk: int) -> HttpResponse:
    """``step``: admin, plain or remove."""
    found, actor = _organisation_for(request, pk), actor_of(request)
    membership = list_members(found).filter(pk=member_pk).first()
    step = request.POST.get("step", "")
    if membership is None or step not in {"admin", "plain", "remove"}:
        raise Http404
    try:
        if step == "remove":
            remove_member(membership=membership, actor=actor)
        else:
            set_admin(membership=membership, actor=actor, is_admin=step == "admin")
    except Conflict as refusal:
        messages.error(request, str(refusal.detail))
    else:
        messages.success(request, _("Saved."))
    still = actor.user.is_staff or list_members(found).filter(user=actor.user, is_admin=True).exists()
    return redirect("organisation", pk) if still else redirect("organisations")


def _organisation_for(request: HttpRequest, pk: int) -> Organisation:
    found = find_organisation_to_lead(actor_of(request), pk)
    if found is None:
        raise Http404
    return found


def _leads(row: Organisation) -> bool:
    return any(membership.is_admin for membership in getattr(row, "own_memberships", []))
