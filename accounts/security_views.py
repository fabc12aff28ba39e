"""What guards an account: the password, where one is signed in, and the proof that can be asked for in between."""

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from accounts import sessions
from accounts.forms import CodeForm, PasswordForm, ProofForm
from accounts.guesses import count_guess, was_right, was_wrong
from accounts.models import User
from accounts.passkeys import list_passkeys
from accounts.people import change_password
from accounts.proof import FRESH_SECONDS, proved
from accounts.refusals import Throttled
from accounts.second_factor import has_any, has_app
from accounts.second_factor_views import check_guess
from accounts.web import actor_of, is_partial, page


@login_required
@never_cache
@sensitive_post_parameters()
def prove(request: HttpRequest) -> HttpResponse:
    """As a dialog of a page (204 when it was right), or as a page that leads back to ``next``."""
    user, goal = actor_of(request).user, request.POST.get("next", request.GET.get("next", ""))
    by_code = has_app(user)
    form: CodeForm | ProofForm = CodeForm(request.POST or None) if by_code else ProofForm(request.POST or None)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            status = _check(request, user, form)
        if status == 200:
            proved(request)
            if is_partial(request):
                return HttpResponse(status=204, headers={"X-Fresh-Seconds": str(FRESH_SECONDS)})
            safe = url_has_allowed_host_and_scheme(goal, {request.get_host()}, require_https=request.is_secure())
            return redirect(goal if safe else settings.LOGIN_REDIRECT_URL)
    context = {"section": "account", "form": form, "next": goal, "minutes": FRESH_SECONDS // 60}
    context["has_passkey"] = list_passkeys(user).exists()
    return page(request, "accounts/prove.html", context, partial="question", status=status)


def _check(request: HttpRequest, user: User, form: CodeForm | ProofForm) -> int:
    if isinstance(form, CodeForm):
        return check_guess(request, user, form)[0]
    return check_password(request, user, form, "password")


def check_password(request: HttpRequest, user: User, form: ProofForm | PasswordForm, name: str) -> int:
    """200, or 422 or 429 with the reason under the field ``name``."""
    try:
        count_guess(request, user.email)
    except Throttled as refusal:
        form.add_error(name, str(refusal.detail))
        return 429
    if not user.check_password(form.cleaned_data[name]):
        was_wrong(request)
        form.add_error(name, _("This is not your password. Check it; capitals count."))
        return 422
    was_right(user.email)
    return 200


@login_required
@never_cache
@sensitive_post_parameters()
def security(request: HttpRequest) -> HttpResponse:
    """GET: all of it. POST: a new password."""
    user = actor_of(request).user
    form, status = PasswordForm(request.POST or None, user=user), 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            status = check_password(request, user, form, "current")
        if status == 200:
            change_password(user=user, new=form.cleaned_data["new"])
            key = request.session.session_key or ""
            update_session_auth_hash(request, user)
            sessions.rename(key, request)
            sessions.end_sessions(user=user, apart_from=request.session.session_key or "")
            proved(request)
            messages.success(request, _("The password was changed. Everywhere else you are signed out."))
            return redirect("security")
    context = {
        "section": "account",
        "form": form,
        "second_step": has_any(user),
        "here": request.session.session_key,
        "sessions": sessions.list_sessions(user),
        "idle_minutes": settings.SESSION_IDLE_SECONDS // 60,
        "hours": settings.SESSION_COOKIE_AGE // 3600,
    }
    return page(request, "accounts/security.html", context, status=status)


@login_required
@require_POST
def end_one(request: HttpRequest, pk: int) -> HttpResponse:
    user = actor_of(request).user
    if not sessions.list_sessions(user).filter(pk=pk).exists():
        raise Http404
    sessions.end_sessions(user=user, pk=pk)
    messages.success(request, _("Signed out there."))
    return redirect("security")


@login_required
@require_POST
def end_others(request: HttpRequest) -> HttpResponse:
    sessions.end_sessions(user=actor_of(request).user, apart_from=request.session.session_key or "")
    messages.success(request, _("You are signed out everywhere else."))
    return redirect("security")
