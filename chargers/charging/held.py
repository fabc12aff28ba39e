"""Which profiles a new one replaces, and which ones a ClearChargingProfile means (1.6, sections 5.5, 5.16). Pure."""

from collections.abc import Iterable

from chargers.charging.profile import ChargingProfile, Purpose


def replaced(held: Iterable[ChargingProfile], new: ChargingProfile) -> list[ChargingProfile]:
    """Those with its id, and those at its very place: connector, purpose, stack level, session."""
    return [one for one in held if one.id == new.id or _place(one) == _place(new)]


def put(held: Iterable[ChargingProfile], new: ChargingProfile) -> list[ChargingProfile]:
    held = list(held)
    gone = replaced(held, new)
    return [*(one for one in held if one not in gone), new]


def matching(
    held: Iterable[ChargingProfile],
    *,
    number: int | None = None,
    connector: int | None = None,
    purpose: Purpose | None = None,
    stack_level: int | None = None,
) -> list[ChargingProfile]:
    """By its id alone where one is given, else by all that is given; nothing given means all."""
    if number is not None:
        return [one for one in held if one.id == number]
    return [
        one
        for one in held
        if connector in (None, one.connector)
        and purpose in (None, one.purpose)
        and stack_level in (None, one.stack_level)
    ]


def _place(profile: ChargingProfile) -> tuple[int, Purpose, int, int | None]:
    return profile.connector, profile.purpose, profile.stack_level, profile.transaction_id
