"""How often an identity and an address may try to connect: token buckets in bounded memory. ``now`` in seconds."""

import ipaddress
from collections import OrderedDict

import msgspec


class Rate(msgspec.Struct, frozen=True):
    """``burst`` attempts at once, refilled at ``per_minute``."""

    burst: float
    per_minute: float


class Verdict(msgspec.Struct, frozen=True):
    allowed: bool
    retry_after_seconds: float = 0.0


ALLOWED = Verdict(True)


class Buckets:
    """At most ``capacity`` keys: the one unused for longest is forgotten (and so starts full again)."""

    __slots__ = ("_capacity", "_levels", "_rate")

    def __init__(self, rate: Rate, capacity: int) -> None:
        self._rate = rate
        self._capacity = capacity
        self._levels: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._levels)

    def wait(self, key: str, now: float) -> float:
        """Seconds until an attempt is allowed; 0: now."""
        return max(0.0, (1.0 - self._level(key, now)) * 60.0 / self._rate.per_minute)

    def change(self, key: str, by: float, now: float) -> None:
        level = min(self._rate.burst, self._level(key, now) + by)
        self._levels.pop(key, None)
        if level < self._rate.burst:
            self._levels[key] = (level, now)
        if len(self._levels) > self._capacity:
            self._levels.popitem(last=False)

    def _level(self, key: str, now: float) -> float:
        found = self._levels.get(key)
        if found is None:
            return self._rate.burst
        level, at = found
        return min(self._rate.burst, level + max(0.0, now - at) * self._rate.per_minute / 60.0)


class AttemptLimiter:
    """``admit`` counts before anything is hashed; ``succeeded`` gives the attempt back.

    So a thousand chargers behind one address may come back at once, while guessing runs dry.
    """

    __slots__ = ("_addresses", "_identities")

    def __init__(
        self,
        identity: Rate = Rate(burst=10, per_minute=10),  # noqa: B008  frozen
        address: Rate = Rate(burst=200, per_minute=200),  # noqa: B008  frozen
        capacity: int = 20_000,
    ) -> None:
        self._identities = Buckets(identity, capacity)
        self._addresses = Buckets(address, capacity)

    def admit(self, identity: str | None, address: str, now: float) -> Verdict:
        """``identity`` as ``handshake.read_identity`` gives it; None counts for the address alone."""
        place = address_key(address)
        wait = self._addresses.wait(place, now)
        if identity is not None:
            wait = max(wait, self._identities.wait(identity, now))
        if wait > 0:
            return Verdict(False, wait)
        self._addresses.change(place, -1.0, now)
        if identity is not None:
            self._identities.change(identity, -1.0, now)
        return ALLOWED

    def succeeded(self, identity: str, address: str, now: float) -> None:
        self._addresses.change(address_key(address), 1.0, now)
        self._identities.change(identity, 1.0, now)


def address_key(address: str) -> str:
    """An IPv6 host has a whole /64 to itself, so that counts as one; IPv4 (mapped too) as it is."""
    if ":" not in address:
        return address
    try:
        parsed = ipaddress.IPv6Address(address.partition("%")[0])
    except ValueError:
        return address[:64]
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return parsed.packed[:8].hex()
