"""Imports many charge cards at once: judged line by line first, then all good lines or none are applied."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from django.db import transaction
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from accounts import audit
from accounts.actor import Who
from accounts.audit import Happened
from accounts.refusals import Fault
from installations.card_input import CardLine
from installations.cards import Owner
from installations.models import IdTag, Installation
from installations.services.cards import facts_of, lock_owner, owner_field, set_values

BATCH = 500


class Effect(StrEnum):
    """What a line does to the list."""

    ADD = "add"
    CHANGE = "change"
    NOTHING = "nothing"
    REFUSED = "refused"


@dataclass(frozen=True)
class Outcome:
    """``changed`` names the fields that differ from the card on the list; ``card`` is None for a refused line."""

    line: CardLine
    effect: Effect
    card: IdTag | None = None
    changed: tuple[str, ...] = ()
    faults: tuple[Fault, ...] = ()


@dataclass(frozen=True)
class Report:
    """One outcome per line, in order. ``applied`` False: nothing was done."""

    outcomes: tuple[Outcome, ...]
    applied: bool

    def count(self, effect: Effect) -> int:
        return sum(outcome.effect is effect for outcome in self.outcomes)


def preview_import(*, owner: Owner, lines: Sequence[CardLine]) -> Report:
    """What ``import_cards`` would do now; writes nothing."""
    return Report(tuple(_judged(owner, lines)), applied=False)


@transaction.atomic
def import_cards(
    *, owner: Owner, lines: Sequence[CardLine], actor: Who, partial: bool = False, reason: str = ""
) -> Report:
    """Add what is new and change what is known. Any fault: nothing is done, unless ``partial`` keeps the good lines."""
    lock_owner(owner)
    before = {card.pk: facts_of(card) for card in _known(owner, lines).values()}
    outcomes = tuple(_judged(owner, lines))
    if not partial and any(outcome.faults for outcome in outcomes):
        return Report(outcomes, applied=False)
    added = [one.card for one in outcomes if one.effect is Effect.ADD and one.card is not None]
    changed = [(one.card, one.changed) for one in outcomes if one.effect is Effect.CHANGE and one.card is not None]
    IdTag.objects.bulk_create(added, batch_size=BATCH)
    names = sorted({name for _card, fields in changed for name in fields})
    IdTag.objects.bulk_update([card for card, _fields in changed], [*names, "version"], batch_size=BATCH)
    happened = [
        *(Happened("card_added", card, after=facts_of(card)) for card in added),
        *(_change(card, fields, before[card.pk]) for card, fields in changed),
    ]
    site = owner.pk if isinstance(owner, Installation) else None
    audit.record_all(actor, happened, installation_id=site, reason=reason)
    return Report(outcomes, applied=True)


def _judged(owner: Owner, lines: Sequence[CardLine]) -> Iterator[Outcome]:
    known = _known(owner, lines)
    first: dict[str, int] = {}
    for index, line in enumerate(lines):
        tag = line.values.get("id_tag", "")
        faults = line.faults
        if not faults and first.setdefault(tag, line.number) != line.number:
            detail = format_lazy(_("This card is in row {row} already: keep one of the two."), row=first[tag])
            faults = (Fault("repeated", detail, "/id_tag", index),)
        if faults:
            yield Outcome(line, Effect.REFUSED, faults=faults)
        elif tag in known:
            changed = set_values(known[tag], line.values)
            yield Outcome(line, Effect.CHANGE if changed else Effect.NOTHING, known[tag], tuple(changed))
        else:
            yield Outcome(line, Effect.ADD, IdTag(**owner_field(owner), **line.values))


def _known(owner: Owner, lines: Sequence[CardLine]) -> dict[str, IdTag]:
    tags = [line.values.get("id_tag", "") for line in lines]
    rows = IdTag.objects.filter(**owner_field(owner), id_tag__in=tags).select_related("organisation")
    return {card.id_tag: card for card in rows}


def _change(card: IdTag, names: Sequence[str], before: dict[str, object]) -> Happened:
    after = facts_of(card)
    return Happened("card_changed", card, {name: before[name] for name in names}, {name: after[name] for name in names})
