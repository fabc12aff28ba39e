"""When a connected charger's messages go over to another backend, or to none."""

from typing import Protocol

from gateway.bridge.bridges import Bridges
from gateway.bridge.upstream import Local, Upstream
from gateway.directory import Backend, Entry
from gateway.store.jobs import Reroute


class Traveller(Local, Protocol):
    """A charger's connection. ``route``: the backend its messages go to; ``wished_at``: since when they are to go
    elsewhere, by the gateway's clock.
    """

    entry: Entry
    route: Backend | None
    wished_at: float | None
    upstream: Upstream | None

    def is_at_rest(self) -> bool: ...
    def join(self, upstream: Upstream | None) -> None: ...


def go_over(one: Traveller, bridges: Bridges, now: float) -> None:
    """To the backend of the setting the charger holds, if that is another: between sessions, and not before what goes
    to the one before has been taken there (within reason).
    """
    wanted = one.entry.backend
    if wanted == one.route:
        one.route, one.wished_at = wanted, None
        return
    one.wished_at = now if one.wished_at is None else one.wished_at
    if not one.is_at_rest() or not bridges.may_leave(one.upstream, now - one.wished_at):
        return
    if bridges.put(Reroute(one.entry.charger_id, wanted, one.entry.applied_id)):
        # What the charger says from now on is stored after this job, and under the new address.
        one.route, one.wished_at = wanted, None
        one.join(bridges.attach(one.entry, wanted, one))
        bridges.limits.wake(one.entry.charger_id)
