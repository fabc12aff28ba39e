"""The second step of signing in, and setting it up."""

import segno
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters

from accounts import second_factor, sessions
from accounts.forms import CodeForm
from accounts.guesses import count_guess, was_right, was_wrong
from accounts.language import remember_language
from accounts.models import User
from accounts.one_time import address, written
from accounts.passkeys import list_passkeys
from accounts.proof import needs_proof
from accounts.refusals import Throttled
from accounts.second_factor import Factor
from accounts.second_step import BY_FACTOR, arrive, forget_factor, must_set_one_up, who_is_half_way
from accounts.web import actor_of, page

ISSUER = "Charge Portal"


def check_guess(request: HttpRequest, user: User, form: CodeForm) -> tuple[int, Factor | None]:
    """200 and the factor, or 422 or 429 with the reason under the field."""
    account = f"second factor of {user.pk}"
    try:
        count_guess(request, account)
    except Throttled as refusal:
        form.add_error("passcode", str(refusal.detail))
        return 429, None
    factor = second_factor.check_code(user, form.cleaned_data["passcode"])
    if factor is None:
        was_wrong(request)
        form.add_error("passcode", _("This code does not count (any more). Wait for the next one and type that."))
        return 422, None
    was_right(account)
    return 200, factor


@never_cache
@sensitive_post_parameters()
def sign_in_code(request: HttpRequest) -> HttpResponse:
    """The password was right; now the code."""
    found = who_is_half_way(request)
    if found is None:
        return redirect("sign_in")
    (user, goal), form, status = found, CodeForm(request.POST or None), 200
    if request.method == "POST":
        status, factor = check_guess(request, user, form) if form.is_valid() else (422, None)
        if factor is not None:
            arrive(request, user, factor)
            if factor is Factor.RECOVERY_CODE:
                left = second_factor.codes_left(user)
                messages.warning(request, _("A recovery code was used up. Left: %(n)d.") % {"n": left})
            return remember_language(redirect(goal), user.language)
    form.fields["passcode"].widget.attrs["autofocus"] = True
    context = {"form": form, "has_app": second_factor.has_app(user), "passkeys": list_passkeys(user)}
    return page(request, "accounts/sign_in_code.html", context, status=status)


@login_required
@never_cache
@needs_proof()
@sensitive_post_parameters()
def second_step(request: HttpRequest) -> HttpResponse:
    """POST ``step``: begin, confirm (with the app's first code), codes (new ones), remove."""
    user, step = actor_of(request).user, request.POST.get("step", "")
    form, codes, status = CodeForm(request.POST if step == "confirm" else None), None, 200
    if step == "begin":
        second_factor.begin_app(user)
        return redirect("second_factor")
    if step == "remove":
        return _remove(request, user)
    if step == "confirm":
        codes = _confirm(request, user, form)
        status = 200 if codes else 422
    elif step == "codes" and second_factor.has_any(user):
        codes = second_factor.new_recovery_codes(user)
    secret = second_factor.waiting_secret(user)
    context = {
        "section": "account",
        "form": form,
        "codes": codes,
        "on": second_factor.has_app(user),
        "passkeys": list_passkeys(user),
        "left": second_factor.codes_left(user),
        "must": second_factor.is_asked_of(user),
        "asking": [row.name for row in second_factor.organisations_that_ask(user)],
        "locked": must_set_one_up(request),
        "written": written(secret) if secret else "",
        "picture": _picture(address(secret, account=user.email, issuer=ISSUER)) if secret else "",
    }
    return page(request, "accounts/second_factor.html", context, status=status)


def _confirm(request: HttpRequest, user: User, form: CodeForm) -> list[str] | None:
    if not form.is_valid():
        return None
    codes = second_factor.confirm_app(user, "".join(form.cleaned_data["passcode"].split()))
    if codes is None:
        form.add_error("passcode", _("This is not the app's code just now. Is the time of your phone right?"))
        return None
    request.session[BY_FACTOR] = Factor.APP.value
    sessions.end_sessions(user=user, apart_from=request.session.session_key or "")
    return codes


def _remove(request: HttpRequest, user: User) -> HttpResponse:
    if second_factor.is_asked_of(user) and not list_passkeys(user).exists():
        messages.error(request, _("A second step is asked of you: keep one, or set up another first."))
    elif second_factor.remove_app(user=user, actor=user):
        forget_factor(request, user)
        messages.success(request, _("The app's codes are no longer asked for."))
    return redirect("second_factor")


def _picture(text: str) -> str:
    """A QR code as SVG, dark on light in any theme, or no phone could read it."""
    drawn: str = segno.make(text, error="m").svg_inline(omitsize=True, dark="#000", light="#fff")
    return mark_safe(drawn)  # noqa: S308  squares only, the text is not in it
