"""The tab of charge cards: the list, and the cards that were just refused."""

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse

from accounts.keyset import BadCursor, read_page
from accounts.permissions import Action
from accounts.web import actor_of, page
from chargers.details import refused_tags
from installations.access import may
from installations.cards import CARD_ORDER, accepted_tags, at_installation, list_cards, owner_of, owners_at, state_of
from installations.web import in_site_time, installation_for

PAGE_SIZE = 50


@login_required
def cards(request: HttpRequest, pk: int) -> HttpResponse:
    installation = installation_for(request, pk)
    actor, search = actor_of(request), request.GET.get("q", "").strip()
    rows = at_installation(list_cards(actor, search=search), installation.pk)
    try:
        found = read_page(rows, order=CARD_ORDER, cursor=request.GET.get("cursor", ""), size=PAGE_SIZE)
    except BadCursor:
        raise Http404 from None
    owners = owners_at(actor, installation)
    accepted = accepted_tags(installation, {card.id_tag for card in found.rows})
    context = {
        "section": "installations",
        "installation": installation,
        "tab": "cards",
        "page": found,
        "rows": [
            (card, state_of(card, accepted=card.id_tag in accepted).value, owner_of(card) in owners)
            for card in found.rows
        ],
        "search": search,
        "organisations": [owner for owner in owners if owner != installation],
        "refused": refused_tags(installation),
        "may_edit_cards": may(actor, installation, Action.EDIT_CARDS),
    }
    with in_site_time(installation):
        return page(request, "installations/cards.html", context, partial="list")
