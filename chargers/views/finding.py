"""Find: installations, chargers and pages by what they are called; the palette of every page asks here."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.urls import Resolver404, resolve, reverse
from django.utils.translation import gettext_lazy as _

from accounts.permissions import Action
from accounts.web import actor_of, page
from chargers.selectors import list_chargers
from installations.access import allowed
from installations.models import Installation
from installations.selectors import find_installation, list_installations

MOST_FOUND = 8
# URL name, what it is called, icon.
PAGES = [
    ("installations", _("Installations"), "building"),
    ("installation_new", _("New installation"), "plus-lg"),
    ("rollouts", _("Rollouts"), "send"),
    ("account", _("Account"), "gear-fill"),
    ("security", _("Sign-in and security"), "shield-lock-fill"),
    ("organisations", _("Organisations"), "people-fill"),
    ("api-docs", _("REST API"), "key-fill"),
]
STAFF_PAGES = [("people", _("People"), "people-fill"), ("audit", _("Audit trail"), "clock-history")]
# The same of one installation, with what one must be allowed to.
SITE_PAGES = [
    ("installation", _("Overview"), "building", Action.VIEW),
    ("installation_chargers", _("Chargers"), "ev-station-fill", Action.VIEW),
    ("charger_register", _("Register chargers"), "plus-lg", Action.EDIT_CHARGERS),
    ("installation_cards", _("Charge cards"), "list-ul", Action.VIEW),
    ("installation_authentication", _("Authentication"), "shield-lock-fill", Action.VIEW),
    ("installation_history", _("History"), "arrow-counterclockwise", Action.VIEW),
    ("installation_load", _("Load and circuits"), "lightning-charge-fill", Action.VIEW),
    ("installation_access", _("Access"), "people-fill", Action.VIEW_ACCESS),
    ("installation_audit", _("Audit trail"), "clock-history", Action.VIEW_AUDIT),
    ("installation_edit", _("Site data"), "pencil", Action.EDIT_INSTALLATION),
    ("installation_webhooks", _("Webhooks"), "send", Action.VIEW_WEBHOOKS),
]


@dataclass(frozen=True)
class PageLink:
    """``of``: the name of the installation that the page belongs to, empty for none."""

    title: str
    address: str
    icon: str
    of: str = ""


@login_required
def find(request: HttpRequest) -> HttpResponse:
    """A few of each kind. Without a word: the pages, those of the installation one looks at before the others."""
    actor, search = actor_of(request), request.GET.get("q", "").strip()
    context = {
        "section": "find",
        "search": search,
        "pages": pages_called(request, search),
        "installations": list(list_installations(actor, search=search)[:MOST_FOUND]) if search else [],
        "chargers": list(list_chargers(actor, search=search)[:MOST_FOUND]) if search else [],
    }
    return page(request, "chargers/find.html", context, partial="results")


def pages_called(request: HttpRequest, search: str) -> list[PageLink]:
    pages = [*PAGES, *(STAFF_PAGES if actor_of(request).user.is_staff else [])]
    links = [*_site_pages(request), *(PageLink(str(title), reverse(name), icon) for name, title, icon in pages)]
    words = search.casefold().split()
    return [link for link in links if all(word in f"{link.title} {link.of}".casefold() for word in words)]


def _site_pages(request: HttpRequest) -> list[PageLink]:
    found = _looked_at(request)
    if found is None:
        return []
    rights = allowed(actor_of(request), found, *{action for *_rest, action in SITE_PAGES})
    return [
        PageLink(str(title), reverse(name, args=[found.pk]), icon, found.name)
        for name, title, icon, action in SITE_PAGES
        if action in rights
    ]


def _looked_at(request: HttpRequest) -> Installation | None:
    """The installation of the page on which the palette was opened; None: another page, or a foreign one."""
    try:
        match = resolve(urlsplit(request.headers.get("HX-Current-URL", "")).path)
    except (Resolver404, ValueError):
        return None
    names = {name for name, *_rest in SITE_PAGES}
    pk = match.kwargs.get("pk")
    return find_installation(actor_of(request), pk) if match.url_name in names and isinstance(pk, int) else None
