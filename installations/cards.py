"""Which charge cards count at an installation, and who may see and change which.

A card of an organisation opens every installation the organisation owns, and its members are owners of exactly
those: so its members change it, and whoever sees one of those installations sees it.
"""

from collections.abc import Collection
from enum import StrEnum

from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext

from accounts.actor import Actor, Who
from accounts.models import Organisation
from accounts.permissions import Action
from accounts.refusals import Forbidden
from installations.access import audit_staff, may, require, require_scope, visible
from installations.models import DecidingCard, IdTag, Installation, SiteOrganisation

CARD_ORDER = ("id_tag", "id")

type Owner = Installation | Organisation


class CardState(StrEnum):
    """What a charger would be answered, and which entry says so."""

    ACCEPTED = "accepted"
    BLOCKED = "blocked"
    EXPIRED = "expired"
    BLOCKED_ELSEWHERE = "blocked_elsewhere"


def usable_cards(installation: Installation) -> QuerySet[DecidingCard]:
    """The tags that are accepted at an installation now: not blocked by anybody and still valid."""
    in_time = Q(expires_at__isnull=True) | Q(expires_at__gt=timezone.now())
    return DecidingCard.objects.filter(in_time, installation=installation, blocked=False)


def accepted_tags(installation: Installation, tags: Collection[str]) -> set[str]:
    """Those of ``tags`` that chargers of the installation accept now; a look-up per tag, however long the lists are."""
    return set(usable_cards(installation).filter(id_tag__in=tags).values_list("id_tag", flat=True))


def count_usable_cards(installation: Installation) -> int:
    return usable_cards(installation).count()


def list_cards(who: Who, *, search: str = "") -> QuerySet[IdTag]:
    """Every card ``who`` may see, with its owner. ``search``: start of the number, or in holder, label or group."""
    sites = visible(Installation.objects.all(), who).values("pk")
    shared = SiteOrganisation.objects.filter(installation__in=sites).values("organisation_id")
    rows = IdTag.objects.select_related("installation", "organisation").filter(
        Q(installation__in=sites) | Q(organisation__in=shared) | Q(organisation__in=own_organisations(who).values("pk"))
    )
    if search:
        rows = rows.filter(
            Q(id_tag__startswith=search.upper())
            | Q(holder__icontains=search)
            | Q(label__icontains=search)
            | Q(parent_id_tag=search.upper())
        )
    return rows.order_by(*CARD_ORDER)


def at_installation(rows: QuerySet[IdTag], installation_id: int) -> QuerySet[IdTag]:
    """Those that count at one installation, its own and its organisations'."""
    shared = SiteOrganisation.objects.filter(installation=installation_id).values("organisation_id")
    return rows.filter(Q(installation=installation_id) | Q(organisation__in=shared))


def state_of(card: IdTag, *, accepted: bool) -> CardState:
    """``accepted``: whether the installation in question accepts its tag now, whoever's entry decides."""
    if card.blocked:
        return CardState.BLOCKED
    if accepted:
        return CardState.ACCEPTED
    ended = card.expires_at is not None and card.expires_at <= timezone.now()
    return CardState.EXPIRED if ended else CardState.BLOCKED_ELSEWHERE


def find_card(who: Who, card_id: int) -> IdTag | None:
    """None: foreign or nonexistent, which nobody can tell apart."""
    return list_cards(who).filter(pk=card_id).first()


def cards_of(owner: Owner) -> QuerySet[IdTag]:
    return owner.id_tags.order_by(*CARD_ORDER)


def own_organisations(who: Who) -> QuerySet[Organisation]:
    """Whose cards ``who`` may change: the person's own; all for staff; none by a token for some installations."""
    actor = Actor.of(who)
    if not actor.user.is_active or actor.installation_ids is not None:
        return Organisation.objects.none()
    return Organisation.objects.all() if actor.user.is_staff else Organisation.objects.filter(members=actor.user)


def find_organisation(who: Who, organisation_id: int) -> Organisation | None:
    """The owner of cards that ``who`` may change or at least see; None: foreign or nonexistent."""
    sites = visible(Installation.objects.all(), who).values("pk")
    shared = SiteOrganisation.objects.filter(installation__in=sites).values("organisation_id")
    known = Q(pk__in=own_organisations(who).values("pk")) | Q(pk__in=shared)
    return Organisation.objects.filter(known, pk=organisation_id).first()


def owners_at(who: Who, installation: Installation) -> list[Owner]:
    """Who may own the cards that ``who`` adds at an installation."""
    owners: list[Owner] = [installation] if may(who, installation, Action.EDIT_CARDS) else []
    shared = SiteOrganisation.objects.filter(installation=installation).values("organisation_id")
    return [*owners, *own_organisations(who).filter(pk__in=shared).order_by("name")]


def require_cards(who: Who, owner: Owner, action: Action = Action.EDIT_CARDS) -> None:
    """Raise Forbidden unless ``who`` may do ``action`` with the cards of ``owner``, which ``who`` can see."""
    if isinstance(owner, Installation):
        require(who, owner, action)
        return
    actor = Actor.of(who)
    require_scope(actor, action)
    if action is not Action.VIEW and not own_organisations(actor).filter(pk=owner.pk).exists():
        raise _foreign(actor, owner)
    if actor.user.is_staff and not owner.members.filter(pk=actor.user.pk).exists():
        audit_staff(actor, owner, action)


def owner_of(card: IdTag) -> Owner:
    owner = card.installation or card.organisation
    assert owner is not None  # a constraint of the table
    return owner


def _foreign(actor: Actor, organisation: Organisation) -> Forbidden:
    if actor.installation_ids is not None:
        detail = gettext("This API token is for some installations only: it cannot change an organisation's cards.")
        return Forbidden("token_limited", detail, extra={})
    detail = gettext("These cards belong to %(organisation)s: only its members change them.")
    return Forbidden("membership_missing", detail % {"organisation": organisation.name}, extra={})
