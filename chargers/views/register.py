"""Register chargers, one or a pasted list; what to enter at each is shown in the answer and never again."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from accounts.permissions import Action
from accounts.refusals import Refusal
from accounts.web import actor_of, page
from chargers.forms.chargers import OneChargerForm, PasteForm
from chargers.services.charger_input import parse_lines
from chargers.services.registration import Line, register_charger, register_chargers
from chargers.views.setup import Drawn, sheet_of
from installations.models import Installation
from installations.web import installation_for, show_refusal

MOST_LINES = 1000
MOST_SHEETS = 50
WITH_CAMERA = "camera=(self)"


@login_required
@never_cache
def register(request: HttpRequest, pk: int) -> HttpResponse:
    installation = installation_for(request, pk, Action.EDIT_CHARGERS)
    pasting = request.method == "POST" and "lines" in request.POST
    one = OneChargerForm(request.POST if request.method == "POST" and not pasting else None, installation=installation)
    paste = PasteForm(request.POST if pasting else None)
    lines: list[Line] = []
    if one.is_bound and one.is_valid():
        lines = _register_one(request, installation, one)
    elif paste.is_bound and paste.is_valid():
        lines = _register_list(request, installation, paste)
    made = [line for line in lines if line.credentials is not None]
    faulty = [line for line in lines if line.faults]
    context: dict[str, Any] = {
        "section": "installations",
        "installation": installation,
        "tab": "chargers",
        "one": OneChargerForm(installation=installation) if made and one.is_bound else one,
        "paste": PasteForm() if made and not faulty else paste,
        "made": made,
        "sheets": _sheets(made),
        "may_edit": True,
        "faulty": faulty,
        "total": len(lines),
    }
    if not made:
        # Not beside passwords that are shown this once: the next scan would send them away.
        field = context["paste"].fields["lines"] if pasting else context["one"].fields["device_id"]
        field.widget.attrs["autofocus"] = True
    failed = one.errors or paste.errors or (faulty and not made)
    response = page(request, "chargers/register.html", context, status=422 if failed else 200)
    response["Permissions-Policy"] = WITH_CAMERA
    return response


def _sheets(made: list[Line]) -> list[Drawn]:
    """To print, each with its password; of a long list the table is printed."""
    if len(made) > MOST_SHEETS:
        return []
    return [sheet_of(line.charger, credentials=line.credentials) for line in made if line.charger is not None]


def _register_one(request: HttpRequest, installation: Installation, form: OneChargerForm) -> list[Line]:
    try:
        charger, credentials = register_charger(installation=installation, actor=actor_of(request), **form.cleaned_data)
    except Refusal as refusal:
        show_refusal(form, refusal)
        return []
    return [Line(0, charger.device_id, charger, credentials)]


def _register_list(request: HttpRequest, installation: Installation, form: PasteForm) -> list[Line]:
    items = parse_lines(form.cleaned_data["lines"])
    if len(items) > MOST_LINES:
        form.add_error("lines", _("A list holds at most 1,000 chargers: register it in several parts."))
        return []
    try:
        return register_chargers(
            installation=installation, items=items, actor=actor_of(request), partial=form.cleaned_data["keep_good"]
        )
    except Refusal as refusal:
        form.add_error("lines", str(refusal.detail))
        return []
