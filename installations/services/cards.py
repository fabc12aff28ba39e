"""Adds, edits and deletes charge cards. What a card opens is decided elsewhere (models.DecidingCard)."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts import audit
from accounts.actor import Who
from accounts.models import Organisation
from accounts.refusals import Conflict, Fault, Invalid
from installations.card_input import FIELDS, card_faults, normal_values
from installations.cards import Owner, owner_of
from installations.models import IdTag, Installation
from installations.services.installations import check_version


@transaction.atomic
def add_card(
    *,
    owner: Owner,
    actor: Who,
    id_tag: str,
    holder: str = "",
    label: str = "",
    expires_at: datetime | None = None,
    blocked: bool = False,
    parent_id_tag: str = "",
    reason: str = "",
) -> IdTag:
    """A card of an installation or an organisation. Raises Invalid with every fault."""
    values = normal_values(
        {
            "id_tag": id_tag,
            "holder": holder,
            "label": label,
            "expires_at": expires_at,
            "blocked": blocked,
            "parent_id_tag": parent_id_tag,
        }
    )
    lock_owner(owner)
    _check(owner, values)
    card = IdTag.objects.create(**owner_field(owner), **values)
    _record(actor, "card_added", card, after=facts_of(card), reason=reason)
    return card


@transaction.atomic
def update_card(
    *,
    card: IdTag,
    actor: Who,
    changes: Mapping[str, Any],
    expected_version: int | None = None,
    reason: str = "",
) -> IdTag:
    """Set fields out of FIELDS. ``expected_version`` None: whoever comes last wins. Raises Invalid, Stale, Conflict."""
    owner = _lock(card)
    check_version(card.version, expected_version)
    values = normal_values(changes)
    _check(owner, values, apart_from=card)
    before = facts_of(card)
    changed = set_values(card, values)
    if changed:
        card.save(update_fields=[*changed, "version"])
        after = facts_of(card)
        _record(
            actor,
            "card_changed",
            card,
            before={name: before[name] for name in changed},
            after={name: after[name] for name in changed},
            reason=reason,
        )
    return card


@transaction.atomic
def delete_card(*, card: IdTag, actor: Who, reason: str = "") -> None:
    """Chargers refuse it from now on; sessions keep its number. Raises Conflict."""
    _lock(card)
    _record(actor, "card_deleted", card, before=facts_of(card), reason=reason)
    card.delete()


def lock_owner(owner: Owner) -> None:
    """Edits of one owner's cards wait for each other, so that a tag is judged once."""
    model = Installation if isinstance(owner, Installation) else Organisation
    model.objects.select_for_update(no_key=True, of=("self",)).get(pk=owner.pk)


def _lock(card: IdTag) -> Owner:
    """The card as it stands now. Raises Conflict when somebody deleted it in the meantime."""
    owner = owner_of(card)
    lock_owner(owner)
    try:
        card.refresh_from_db(fields=[*FIELDS, "version"])
    except IdTag.DoesNotExist:
        raise Conflict("gone", _("Somebody deleted this card in the meantime.")) from None
    return owner


def owner_field(owner: Owner) -> dict[str, Owner]:
    return {"installation" if isinstance(owner, Installation) else "organisation": owner}


def set_values(card: IdTag, values: Mapping[str, Any]) -> list[str]:
    """Set normal values and count the version up; answers the names of fields that changed."""
    changed = [name for name in FIELDS if name in values and getattr(card, name) != values[name]]
    for name in changed:
        setattr(card, name, values[name])
    card.version += bool(changed)
    return changed


def facts_of(card: IdTag) -> dict[str, Any]:
    return {
        "id_tag": card.id_tag,
        "holder": card.holder,
        "label": card.label,
        "expires_at": card.expires_at.isoformat() if card.expires_at else None,
        "blocked": card.blocked,
        "parent_id_tag": card.parent_id_tag,
        **({} if card.organisation is None else {"organisation": card.organisation.name}),
    }


def _check(owner: Owner, values: Mapping[str, Any], apart_from: IdTag | None = None) -> None:
    faults = list(card_faults(values))
    namesakes = IdTag.objects.filter(**owner_field(owner), id_tag=values.get("id_tag", ""))
    if apart_from is not None:
        namesakes = namesakes.exclude(pk=apart_from.pk)
    if namesakes.exists():
        detail = _("This card is on the list already: search for it to change it.")
        faults.append(Fault("already_here", detail, "/id_tag"))
    if faults:
        raise Invalid("invalid", _("The card cannot be kept like this; each fault says why."), faults=faults)


def _record(actor: Who, action: str, card: IdTag, **facts: Any) -> None:
    audit.record(actor, action, card, installation_id=card.installation_id, **facts)
