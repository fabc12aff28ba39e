"""Where an invitation leads: the person sets their own password."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters

from accounts.forms import InvitationForm
from accounts.guesses import count_guess, was_wrong
from accounts.invitations import accept, who_is_invited
from accounts.refusals import Refusal, Throttled
from accounts.web import page


@never_cache
@sensitive_post_parameters()
def invitation(request: HttpRequest) -> HttpResponse:
    code = request.POST.get("code", "")
    form, status = InvitationForm(request.POST or None, user=who_is_invited(code) if code else None), 200
    if request.method == "POST":
        status = 422
        try:
            count_guess(request, f"invitation {code}")
            if form.is_valid():
                accept(code=code, new=form.cleaned_data["new"])
                messages.success(request, _("Your password is set. Sign in with it."))
                return redirect("sign_in")
        except Throttled as refusal:
            form.add_error("code", str(refusal.detail))
            status = 429
        except Refusal as refusal:
            was_wrong(request)
            form.add_error("code", str(refusal.detail))
    return page(request, "accounts/invitation.html", {"form": form}, status=status)
