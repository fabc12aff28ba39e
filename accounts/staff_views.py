"""People, for platform staff: take in, change, let go, a code for who forgot the password."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from accounts import staff
from accounts.forms import NewPersonForm, PersonForm
from accounts.invitations import invite
from accounts.keyset import BadCursor, read_page
from accounts.models import User
from accounts.proof import needs_proof
from accounts.refusals import Conflict, Refusal
from accounts.second_factor import remove_all
from accounts.web import actor_of, page

PAGE_SIZE = 50


@login_required
@never_cache
@needs_proof()
def people(request: HttpRequest) -> HttpResponse:
    """POST: somebody new; the code is shown in this answer and never again."""
    actor = actor_of(request)
    staff.require_staff(actor)
    form, made, code = NewPersonForm(request.POST or None), None, ""
    if request.method == "POST" and form.is_valid():
        try:
            made, code = staff.create_person(actor=actor, **form.cleaned_data)
            form = NewPersonForm()
        except Refusal as refusal:
            form.add_error("email", str(refusal.detail))
    search = request.GET.get("q", "").strip()
    try:
        shown = read_page(
            staff.list_people(search=search),
            order=staff.PEOPLE_ORDER,
            cursor=request.GET.get("cursor", ""),
            size=PAGE_SIZE,
        )
    except BadCursor:
        raise Http404 from None
    context = {"section": "people", "page": shown, "search": search, "form": form, "invited": made, "code": code}
    return page(request, "accounts/people.html", context, partial="list", status=422 if form.errors else 200)


@login_required
@never_cache
@needs_proof()
def person(request: HttpRequest, pk: int) -> HttpResponse:
    """POST ``step``: save, code (for a new password) or reset (the second step)."""
    actor = actor_of(request)
    staff.require_staff(actor)
    found = staff.list_people().filter(pk=pk).first()
    if found is None:
        raise Http404
    step, code, status = request.POST.get("step", ""), "", 200
    form = PersonForm(request.POST if step == "save" else None, initial=PersonForm.initial_of(found))
    if step == "save" and form.is_valid():
        try:
            staff.change_person(user=found, actor=actor, **form.cleaned_data)
        except Conflict as refusal:
            form.add_error(None, str(refusal.detail))
        else:
            messages.success(request, _("Saved."))
            return redirect("person", pk)
    if step == "code":
        code = invite(user=found, actor=actor)
    if step == "reset":
        return _reset(request, found)
    context = {
        "section": "people",
        "person": found,
        "form": form,
        "invited": found,
        "code": code,
        "organisations": found.organisations.order_by("name"),
    }
    status = 422 if form.errors else 200
    return page(request, "accounts/person.html", context, status=status)


def _reset(request: HttpRequest, found: User) -> HttpResponse:
    if remove_all(user=found, actor=actor_of(request).user):
        messages.success(request, _("The second step was removed: the password alone signs in."))
    return redirect("person", found.pk)
