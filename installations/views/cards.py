"""Add, edit, block and delete a charge card; the list is the installation's tab."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.permissions import Action
from accounts.refusals import Refusal
from accounts.web import actor_of, page
from installations.card_input import FIELDS
from installations.cards import at_installation, list_cards, owner_of, owners_at, require_cards
from installations.forms import CardForm
from installations.models import IdTag, Installation
from installations.services.cards import add_card, delete_card, update_card
from installations.web import in_site_time, installation_for, show_refusal


@login_required
def new(request: HttpRequest, pk: int) -> HttpResponse:
    """``?id_tag=`` fills the number in: the card that was just refused."""
    installation = installation_for(request, pk, Action.EDIT_CARDS)
    owners = owners_at(actor_of(request), installation)
    with in_site_time(installation):
        form = CardForm(request.POST or None, owners=owners, initial={"id_tag": request.GET.get("id_tag", "")[:20]})
        if request.method == "POST" and form.is_valid():
            require_cards(actor_of(request), form.chosen_owner())
            try:
                card = add_card(owner=form.chosen_owner(), actor=actor_of(request), **form.values())
            except Refusal as refusal:
                show_refusal(form, refusal)
            else:
                messages.success(request, _("The card %(card)s was added.") % {"card": card})
                return redirect("installation_cards", pk)
        context = {**_shared(installation), "form": form}
        return page(request, "installations/card_new.html", context, status=422 if form.errors else 200)


@login_required
def edit(request: HttpRequest, pk: int, card_pk: int) -> HttpResponse:
    installation, card = _card_for(request, pk, card_pk)
    with in_site_time(installation):
        standing = {name: getattr(card, name) for name in FIELDS} | {"expected_version": card.version}
        standing["blocked"] = "yes" if card.blocked else "no"
        form = CardForm(request.POST or None, owners=[owner_of(card)], initial=standing)
        if request.method == "POST" and form.is_valid():
            try:
                update_card(
                    card=card,
                    actor=actor_of(request),
                    changes=form.values(),
                    expected_version=form.cleaned_data["expected_version"],
                )
            except Refusal as refusal:
                show_refusal(form, refusal)
            else:
                messages.success(request, _("Saved."))
                return redirect("installation_cards", pk)
        context = {**_shared(installation), "form": form, "card": card}
        return page(request, "installations/card_edit.html", context, status=422 if form.errors else 200)


@login_required
@require_POST
def block(request: HttpRequest, pk: int, card_pk: int) -> HttpResponse:
    """``blocked`` is yes or no."""
    _installation, card = _card_for(request, pk, card_pk)
    blocked = request.POST.get("blocked") != "no"
    done = _("The card %(card)s is blocked.") if blocked else _("The card %(card)s is open again.")
    try:
        update_card(card=card, actor=actor_of(request), changes={"blocked": blocked})
    except Refusal as refusal:
        messages.error(request, str(refusal.detail))
    else:
        messages.success(request, done % {"card": card})
    return redirect("installation_cards", pk)


@login_required
def delete(request: HttpRequest, pk: int, card_pk: int) -> HttpResponse:
    """Asks first."""
    installation, card = _card_for(request, pk, card_pk)
    if request.method == "POST":
        try:
            delete_card(card=card, actor=actor_of(request))
        except Refusal as refusal:
            messages.error(request, str(refusal.detail))
        else:
            messages.success(request, _("The card %(card)s was deleted.") % {"card": card})
        return redirect("installation_cards", pk)
    return page(request, "installations/card_delete.html", {**_shared(installation), "card": card})


def _card_for(request: HttpRequest, pk: int, card_pk: int) -> tuple[Installation, IdTag]:
    """A card that counts at the installation and may be changed; 404 or 403 otherwise."""
    installation = installation_for(request, pk)
    card = at_installation(list_cards(actor_of(request)), installation.pk).filter(pk=card_pk).first()
    if card is None:
        raise Http404
    require_cards(actor_of(request), owner_of(card))
    return installation, card


def _shared(installation: Installation) -> dict[str, object]:
    return {"section": "installations", "installation": installation, "tab": "cards"}
