"""What to enter at a charger, to print: one charger a page, in the form its make wants it."""

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache

from accounts.keyset import BadCursor, read_page
from accounts.permissions import Action
from accounts.web import actor_of, page
from chargers.models import Charger
from chargers.profiles import Profile, all_profiles, profile_for
from chargers.scannable import Picture, picture_of
from chargers.selectors import CHARGER_ORDER, find_charger, list_chargers
from chargers.services.registration import Credentials
from chargers.setup import SetupSheet, setup_sheet
from installations.access import allowed, require
from installations.models import Installation
from installations.web import installation_for

PAGE_SIZE = 50
SIMULATED = "simulator"

type Drawn = tuple[SetupSheet, Picture]


def makes() -> list[Profile]:
    """What somebody may choose for chargers that have not told their make yet."""
    known = [one for one in all_profiles().values() if one.match and not one.name.startswith(SIMULATED)]
    return sorted(known, key=lambda one: one.title)


def sheet_of(charger: Charger, chosen: Profile | None = None, credentials: Credentials | None = None) -> Drawn:
    """The make is the charger's own word, else the one that was ``chosen``."""
    profile = profile_for(charger.vendor, charger.model, charger.firmware) if charger.vendor else chosen
    sheet = setup_sheet(
        device_id=charger.device_id,
        name=charger.name,
        profile=profile,
        gateway_url=settings.GATEWAY_PUBLIC_URL,
        password=credentials.password if credentials else "",
    )
    return sheet, picture_of(sheet.code)


@login_required
@never_cache
def of_charger(request: HttpRequest, device_id: str) -> HttpResponse:
    found = find_charger(actor_of(request), device_id)
    if found is None:
        raise Http404
    require(actor_of(request), found.installation, Action.VIEW)
    return _show(request, found.installation, [found], charger=found)


@login_required
@never_cache
def of_installation(request: HttpRequest, pk: int) -> HttpResponse:
    found = installation_for(request, pk)
    rows = list_chargers(actor_of(request), installation=found)
    try:
        chargers = read_page(rows, order=CHARGER_ORDER, cursor=request.GET.get("cursor", ""), size=PAGE_SIZE)
    except BadCursor:
        raise Http404 from None
    return _show(request, found, list(chargers.rows), page=chargers)


def _show(request: HttpRequest, installation: Installation, chargers: list[Charger], **more: object) -> HttpResponse:
    make = request.GET.get("make", "")
    chosen = next((one for one in makes() if one.name == make), None)
    context = {
        "section": "installations",
        "installation": installation,
        "tab": "chargers",
        "sheets": [sheet_of(charger, chosen) for charger in chargers],
        "unknown": [charger for charger in chargers if not charger.vendor],
        "makes": makes(),
        "make": chosen.name if chosen else "",
        "may_edit": Action.EDIT_CHARGERS in allowed(actor_of(request), installation, Action.EDIT_CHARGERS),
        **more,
    }
    return page(request, "chargers/setup.html", context)
