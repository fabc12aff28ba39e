"""Where a simulated charger connects: what its configuration says, what worked last, and when it goes back to that."""

from dataclasses import dataclass, field

from gateway.simulator.configuration import Configuration
from gateway.simulator.make import Make
from gateway.simulator.values import MAIN, Endpoint

type Address = tuple[str, str]


@dataclass(slots=True)
class Whereabouts:
    """``addresses``: line to (URL, identity) in use. ``good``: the keys with which a central system last took us."""

    make: Make
    configuration: Configuration
    fallback_seconds: float
    addresses: dict[str, Address] = field(default_factory=dict)
    good: dict[str, str] | None = None
    failing_since: float | None = None

    def endpoints(self) -> dict[str, Endpoint]:
        return {name: self.make.endpoint(name, at, self.configuration) for name, at in self.addresses.items()}

    def central(self, line: str) -> str:
        return self.addresses[line][0] if line in self.addresses else ""

    def follow(self) -> dict[str, Address | None]:
        """Take over what the configuration says; answers the lines that changed, None for one that is no more."""
        before, self.addresses = self.addresses, self.make.addresses(self.configuration)
        names = sorted(before.keys() | self.addresses.keys())
        return {name: self.addresses.get(name) for name in names if before.get(name) != self.addresses.get(name)}

    def settled(self) -> bool:
        """A central system took us; True when that was not known before."""
        self.failing_since = None
        held = {name: self.configuration[name] for name in self.make.where()}
        new, self.good = held != self.good, held
        return new

    def failed(self, line: str, now: float) -> None:
        if line == MAIN and self.failing_since is None:
            self.failing_since = now

    def fall_back_at(self) -> float | None:
        """A charger that moved and finds nobody goes back to the address before; a lost network is no reason to."""
        if self.failing_since is None or self.good is None or not self.make.moves:
            return None
        before = Configuration(self.configuration.keys(), self.good)
        if self.make.addresses(before)[MAIN] == self.addresses[MAIN]:
            return None
        return self.failing_since + self.fallback_seconds

    def fall_back(self) -> None:
        """With the password that worked there."""
        for name, value in (self.good or {}).items():
            self.configuration.set(name, value)
        self.failing_since = None
