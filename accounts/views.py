"""Sign in and out, and a person's own account."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import LoginView, LogoutView
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from accounts.forms import SCOPE_LABELS, SignInForm, TokenForm
from accounts.guesses import count_guess, was_right, was_wrong
from accounts.language import remember_language
from accounts.models import User
from accounts.people import set_language
from accounts.permissions import Scope
from accounts.proof import needs_proof
from accounts.refusals import Refusal, Throttled
from accounts.second_factor import has_any
from accounts.second_step import arrive, remember
from accounts.tokens import issue_token, list_tokens, revoke_token
from accounts.web import actor_of, page


class SignIn(LoginView):
    """Guesses are counted before a password is compared: too many are answered by 429 and a sentence."""

    template_name = "accounts/sign_in.html"
    authentication_form = SignInForm
    redirect_authenticated_user = True
    extra_context = {"title": gettext_lazy("Sign in")}

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            count_guess(request, request.POST.get("username", ""))
        except Throttled as refusal:
            form = SignInForm(request, initial={"username": request.POST.get("username", "")})
            context = self.get_context_data(form=form, refusal=refusal.detail)
            response = render(request, self.template_name, context, status=429)
            response["Retry-After"] = str(refusal.retry_seconds)
            return response
        return super().post(request, *args, **kwargs)

    def form_invalid(self, form: AuthenticationForm) -> HttpResponse:
        was_wrong(self.request)
        return super().form_invalid(form)

    def form_valid(self, form: AuthenticationForm) -> HttpResponse:
        """On to the second step where the person has one. The language comes along from whichever browser it was in."""
        was_right(self.request.POST.get("username", ""))
        user = form.get_user()
        assert isinstance(user, User)
        if has_any(user):
            remember(self.request, user, self.get_success_url())
            return redirect("sign_in_code")
        arrive(self.request, user, None)
        return remember_language(redirect(self.get_success_url()), user.language)


class SignOut(LogoutView):
    pass


@login_required
@never_cache
@needs_proof()
@sensitive_post_parameters()
def account(request: HttpRequest) -> HttpResponse:
    """The person's API tokens; a new one is shown in this answer and never again."""
    actor = actor_of(request)
    form = TokenForm(request.POST or None)
    shown = ""
    if request.method == "POST" and form.is_valid():
        try:
            _token, shown = issue_token(user=actor.user, actor=actor, **form.as_token())
            form = TokenForm()
        except Refusal as refusal:
            form.add_error(None, str(refusal.detail))
    tokens = [
        (token, [SCOPE_LABELS[Scope(scope)] for scope in token.scopes if scope in set(Scope)])
        for token in list_tokens(actor.user)
    ]
    context = {
        "section": "account", "form": form, "shown": shown, "tokens": tokens, "languages": settings.LANGUAGES,
    }  # fmt: skip
    return page(request, "accounts/account.html", context, status=422 if form.errors else 200)


@login_required
@require_POST
def language(request: HttpRequest) -> HttpResponse:
    """Kept with the person and, for this browser, in Django's cookie."""
    chosen = request.POST.get("language", "")
    if chosen not in dict(settings.LANGUAGES):
        raise Http404
    set_language(user=actor_of(request).user, language=chosen)
    response = redirect("account")
    return remember_language(response, chosen)


@login_required
@require_POST
def revoke(request: HttpRequest, pk: int) -> HttpResponse:
    actor = actor_of(request)
    token = list_tokens(actor.user).filter(pk=pk).first()
    if token is None:
        raise Http404
    revoke_token(token=token, actor=actor)
    messages.success(request, _("The token was revoked: it is refused from now on."))
    return redirect("account")
