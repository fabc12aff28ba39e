"""Which profiles of our own a charger should hold to keep its backend's limits and its share of the site, and the next
step there. Pure.

One TxDefaultProfile per limited connector, one TxProfile per running session, and, where several connectors share it,
one ChargePointMaxProfile. Each says one number for now: time is watched here, so no charger's clock matters.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from chargers.charging.composite import Place, limit_at, next_boundary
from chargers.charging.profile import PHASES, TN, ChargingProfile, Limit, Purpose, Supply
from chargers.charging.set_point import lower, set_point
from gateway.limits.facts import Share

# Ids of our own profiles at a charger begin here: purpose in steps of 1000, then the connector.
FIRST_ID = 730_000
_STEPS = (Purpose.MAX, Purpose.DEFAULT, Purpose.TX)
RAISE_SECONDS = 30.0
SMALL_RAISE_SECONDS = 300.0
SMALL_RAISE = 1.0


@dataclass(frozen=True, slots=True, order=True)
class Slot:
    """One place for a profile of ours at the charger."""

    connector: int
    purpose: Purpose

    @property
    def number(self) -> int:
        return FIRST_ID + 1000 * _STEPS.index(self.purpose) + self.connector


@dataclass(frozen=True, slots=True)
class Value:
    """A set-point in A per phase on so many phases; of a TxProfile also its session."""

    amps: float
    transaction_id: int | None = None
    phases: int = PHASES

    @classmethod
    def of(cls, limit: Limit, transaction_id: int | None = None) -> "Value":
        return cls(set_point(limit.amps), transaction_id, limit.phases)

    def may_lower(self, other: "Value") -> bool:
        """Whether telling this after ``other`` can mean less power, or concerns another session."""
        less = self.amps < other.amps or self.phases < other.phases
        return less or self.transaction_id != other.transaction_id


@dataclass(frozen=True, slots=True)
class Given:
    """What the charger has accepted last for a slot, and when. ``first``: it is the first word to this session."""

    value: Value
    at: float
    first: bool = False


@dataclass(frozen=True, slots=True)
class Site:
    """``sessions``: connector to (our transaction id, when it began). ``cap``: the lowest fuse before the charger.

    ``takes_max`` False: this charger refuses a ChargePointMaxProfile, so its connectors get equal parts.
    """

    profiles: tuple[ChargingProfile, ...]
    connectors: int = 1
    sessions: Mapping[int, tuple[int, int]] = field(default_factory=dict)
    cap: float | None = None
    supply: Supply = TN
    takes_max: bool = True
    shares: Mapping[int, Share] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Write:
    """``lowers``: it may be less than what the charger keeps to now."""

    slot: Slot
    value: Value
    lowers: bool


@dataclass(frozen=True, slots=True)
class Clear:
    number: int


def place_of(site: Site, connector: int, now: float, *, session: bool = True) -> Place:
    running = site.sessions.get(connector) if session else None
    if running is None:
        return Place(connector, int(now), supply=site.supply)
    return Place(connector, running[1], running[0], site.supply)


def effective(site: Site, place: Place, now: float) -> Limit | None:
    """The lower of what the backend allows and the site can give; None: the backend sets no limit."""
    limit = lower(limit_at(site.profiles, place, now), site.cap)
    if place.connector and not site.takes_max and site.connectors > 1:
        whole = lower(limit_at(site.profiles, Place(0, int(now), supply=site.supply), now), site.cap)
        if whole is not None:
            limit = lower(limit, whole.amps / site.connectors)
    return limit


def wanted(site: Site, now: float) -> dict[Slot, Value]:
    found: dict[Slot, Value] = {}
    if site.connectors > 1 and site.takes_max:
        whole = effective(site, place_of(site, 0, now), now)
        if whole is not None:
            found[Slot(0, Purpose.MAX)] = Value.of(whole)
    for connector in range(1, max(site.connectors, 1) + 1):
        share = site.shares.get(connector)
        without = effective(site, place_of(site, connector, now, session=False), now)
        without = at_most(without, share.standby if share else None)
        if without is not None:
            found[Slot(connector, Purpose.DEFAULT)] = Value.of(without)
        if connector in site.sessions:
            session = site.sessions[connector][0]
            during = effective(site, place_of(site, connector, now), now)
            during = _during(during, share, session)
            if during is not None:
                found[Slot(connector, Purpose.TX)] = Value.of(during, session)
    return found


def at_most(limit: Limit | None, amps: float | None) -> Limit | None:
    """A limit, and the portal's own share (None: it sets none)."""
    return Limit(amps) if limit is None and amps is not None else lower(limit, amps)


def shared_amps(site: Site, connector: int) -> float | None:
    """What load balancing leaves a connector as things are; None: it is not shared."""
    share, session = site.shares.get(connector), site.sessions.get(connector)
    if share is None:
        return None
    return share.current if session is not None and share.transaction_id == session[0] else share.standby


def _during(limit: Limit | None, share: Share | None, session: int) -> Limit | None:
    """A session that has no share yet is held to what a car gets that starts unheard of."""
    if share is None or share.transaction_id != session:
        return lower(limit, share.standby if share else None)
    return at_most(limit, share.current)


def next_change(site: Site, now: float) -> float | None:
    """When time alone may change what is wanted."""
    places = [place_of(site, connector, now) for connector in range(max(site.connectors, 1) + 1)]
    return min((at for place in places if (at := next_boundary(site.profiles, place, now)) is not None), default=None)


def next_step(
    goal: Mapping[Slot, Value],
    given: Mapping[Slot, Given],
    maybe: Collection[int],
    now: float,
    *,
    not_before: Mapping[int, float],
    hurry: bool = False,
) -> Write | Clear | float | None:
    """What to send now; or when something is due; or None: the charger holds all of it.

    ``maybe``: ids of ours that it may hold. ``not_before``: id to when it may be tried again. What lowers goes first,
    at once; nothing is raised while that waits for its turn. A raise waits until the last word on it is half a minute
    old, a small one longer. ``hurry``: what is not wanted goes at once (its mode is another now).
    """
    lowering: list[tuple[float, int, Write | Clear]] = []
    raising: list[tuple[float, int, Write | Clear]] = []
    for slot, value in sorted(goal.items()):
        has, earliest = given.get(slot), not_before.get(slot.number, 0.0)
        if has is None or value.may_lower(has.value):
            lowering.append((earliest, slot.number, Write(slot, value, lowers=True)))
        elif value != has.value:
            small = value.amps - has.value.amps < SMALL_RAISE and value.phases == has.value.phases
            # A session begins with what there is; what others leave for it then does not wait.
            wait = 0.0 if has.first else SMALL_RAISE_SECONDS if small else RAISE_SECONDS
            due = max(earliest, has.at + wait)
            raising.append((due, slot.number, Write(slot, value, lowers=False)))
    last_word = {slot.number: has.at for slot, has in given.items()}
    for number in set(maybe) - {slot.number for slot in goal}:
        due = 0.0 if hurry or number not in last_word else last_word[number] + RAISE_SECONDS
        raising.append((max(due, not_before.get(number, 0.0)), number, Clear(number)))
    for steps in (lowering, raising):
        ready = [step for step in steps if step[0] <= now]
        if ready:
            return min(ready, key=lambda step: step[1])[2]
    return min((due for due, _number, _step in (*lowering, *raising)), default=None)
