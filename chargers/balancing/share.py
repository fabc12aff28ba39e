"""Equal shares (max-min fairness): all rise together until a fuse binds some of them or they need no more. Pure."""

import heapq
from collections import defaultdict
from collections.abc import Sequence

from chargers.balancing.site import LEAST, Key, Outlet, Room


class _Rising:
    """Outlets that rise together, and how far each fuse lets them."""

    def __init__(self, outlets: Sequence[Outlet], room: Room) -> None:
        self.outlets, self.room = outlets, room
        self.found: dict[Key, tuple[int, int | None]] = {}
        self.members: dict[tuple[int, int], list[Outlet]] = defaultdict(list)
        for outlet in outlets:
            for place in room.places(outlet):
                self.members[place].append(outlet)
        self.rising = {place: len(members) for place, members in self.members.items()}

    def level_of(self, place: tuple[int, int]) -> int:
        """Where this fuse is full if all that still rise behind it go on."""
        return self.room.left[place] // self.rising[place]

    def stop(self, outlet: Outlet, level: int, fuse: int | None) -> None:
        if outlet.key in self.found:
            return
        self.found[outlet.key] = level, fuse
        self.room.take(outlet, level)
        for place in self.room.places(outlet):
            self.rising[place] -= 1


def equal_shares(outlets: Sequence[Outlet], room: Room) -> dict[Key, tuple[int, int | None]]:
    """What each gets, and the fuse that keeps it from more. 6 A for each of them must fit; ``room`` is used up.

    Levels of fuses only grow while outlets stop below them, so a heap of them, each looked at again when it is popped,
    gives the next outlet or fuse at which something stops.
    """
    rising = _Rising(outlets, room)
    heap = [(rising.level_of(place), place, -1) for place in rising.members]
    heap += [(_need(outlet), (0, 0), number) for number, outlet in enumerate(outlets)]
    heapq.heapify(heap)
    while heap:
        level, place, number = heapq.heappop(heap)
        if number >= 0:
            rising.stop(outlets[number], level, None)
        elif rising.rising[place] and (now := rising.level_of(place)) > level:
            heapq.heappush(heap, (now, place, -1))
        elif rising.rising[place]:
            for outlet in rising.members[place]:
                rising.stop(outlet, max(level, LEAST), place[0])
    return rising.found


def _need(outlet: Outlet) -> int:
    assert outlet.session is not None
    return max(min(outlet.session.need, outlet.most), LEAST)
