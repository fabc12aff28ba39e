"""Reservations of a simulated charge point (1.6, 5.13): a connector, or any, kept for a card until a time."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from gateway.simulator.connector import Connector, Status

ANY = 0
type Move = Callable[[Connector, Status, float], None]


@dataclass(frozen=True, slots=True)
class Reservation:
    """``connector`` 0: whichever is free when its card comes."""

    id: int
    connector: int
    id_tag: str
    ends_at: float

    def is_for(self, tag: str) -> bool:
        return self.id_tag.casefold() == tag.casefold()


class Reservations:
    """``connectors``: those of the charge point, number 0 first. ``move`` tells a change of a connector's state."""

    def __init__(self, connectors: Sequence[Connector], move: Move) -> None:
        self._connectors = connectors
        self._move = move
        self._held: dict[int, Reservation] = {}

    def due(self) -> float | None:
        return min((one.ends_at for one in self._held.values()), default=None)

    def reserve(self, new: Reservation, now: float) -> str:
        """The status of the answer. One of the same number is replaced, unless the new one cannot be had."""
        before = dict(self._held)
        self._held.pop(new.id, None)
        self._mark()
        status = self._judge(new, now)
        if status == "Accepted":
            self._held[new.id] = new
        else:
            self._held = before
        self._show(now)
        return status

    def cancel(self, number: int, now: float) -> bool:
        known = self._held.pop(number, None) is not None
        self._show(now)
        return known

    def tick(self, now: float) -> None:
        if any(one.ends_at <= now for one in self._held.values()):
            self._held = {number: one for number, one in self._held.items() if one.ends_at > now}
            self._show(now)

    def admits(self, connector: Connector, tag: str) -> bool:
        """Whether a car with this card may come here, without taking what is kept for another."""
        if connector.status is Status.RESERVED:
            return any(one.connector == connector.number and one.is_for(tag) for one in self._held.values())
        kept = sum(one.connector == ANY and not one.is_for(tag) for one in self._held.values())
        return connector.status is Status.AVAILABLE and len(self._free()) > kept

    def take(self, connector: int, tag: str) -> int | None:
        """A transaction begins there with this card: the number of the reservation that it uses up."""
        fitting = [one for one in self._held.values() if one.connector in (connector, ANY) and one.is_for(tag)]
        if not fitting:
            return None
        used = max(fitting, key=lambda one: one.connector)
        del self._held[used.id]
        self._mark()
        return used.id

    def closed(self, connector: int) -> None:
        """Taken out of service: what was kept there is kept no more. 0: the whole charge point."""
        if connector == ANY:
            self._held.clear()
        else:
            self._held = {number: one for number, one in self._held.items() if one.connector != connector}
        self._mark()

    def snapshot(self) -> list[dict[str, Any]]:
        return [asdict(one) for one in self._held.values()]

    def restore(self, saved: Sequence[dict[str, Any]]) -> None:
        self._held = {one["id"]: Reservation(**one) for one in saved}
        self._mark()

    def _judge(self, new: Reservation, now: float) -> str:
        if new.ends_at <= now or new.connector >= len(self._connectors):
            return "Rejected"
        free = self._free()
        kept = sum(one.connector == ANY for one in self._held.values())
        wanted = self._connectors[1:] if new.connector == ANY else [self._connectors[new.connector]]
        if all(each.status is Status.UNAVAILABLE for each in wanted):
            return "Unavailable"
        if not any(each in free for each in wanted) or len(free) <= kept:
            return "Occupied"
        return "Accepted"

    def _free(self) -> list[Connector]:
        states = (Status.AVAILABLE, Status.RESERVED)
        return [each for each in self._connectors[1:] if each.status in states and not each.reserved]

    def _mark(self) -> None:
        numbers = {one.connector for one in self._held.values()} - {ANY}
        for each in self._connectors:
            each.reserved = each.number in numbers

    def _show(self, now: float) -> None:
        self._mark()
        for each in self._connectors[1:]:
            if each.status in (Status.AVAILABLE, Status.RESERVED):
                self._move(each, each.rest, now)
