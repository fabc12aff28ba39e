"""What is closed at a charger and by whom: a push's fence, which opens again, and what somebody ordered, which stays.

A push closes only connectors that are in service, and opens only what it closed, also after a crash: what a fence
holds is stored before the first call. Numbers are connectors; 0 stands for all of them.
"""

from collections.abc import Collection
from typing import TYPE_CHECKING, Any

from gateway.ocpp16.effects import Outcome, Priority
from gateway.store.jobs import CloseFence

if TYPE_CHECKING:
    from gateway.connections import Connection

ANSWERED = frozenset({Outcome.RESULT, Outcome.ERROR, Outcome.INVALID})

type Fence = tuple[int, ...]


def to_close(count: int, shown_out: Collection[int], ordered_out: Collection[int], fence: Fence) -> Fence:
    """What a new fence has to close: everything at once, or, where somebody else closed some connector, the others.

    ``shown_out``: connectors that say Unavailable. ``fence``: what an older fence left closed, which is ours.
    """
    ours = range(1, count + 1) if 0 in fence else fence
    out = (set(shown_out) - set(ours)) | set(ordered_out)
    if not out:
        return (0,)
    return tuple(number for number in range(1, count + 1) if number not in out)


def opening(fence: Fence, ordered_out: Collection[int]) -> list[dict[str, Any]]:
    """The calls, in their order, that open a fence and leave closed what somebody ordered out of service since."""
    stay = sorted(ordered_out)
    if 0 in fence:
        return [availability(0, "Operative"), *(availability(number, "Inoperative") for number in stay)]
    return [availability(number, "Operative") for number in fence if number not in stay]


def availability(number: int, kind: str) -> dict[str, Any]:
    return {"connectorId": number, "type": kind}


async def open_left(connection: "Connection") -> None:
    """Undo a fence that a crash or a lost answer left closed."""
    session = connection.session
    if not connection.fence or connection.pushing or session is None or not session.boot_accepted:
        return
    connection.pushing = True
    try:
        for payload in opening(connection.fence, session.ordered_out):
            answered = await connection.call("ChangeAvailability", payload, priority=Priority.FENCE)
            if answered.outcome not in ANSWERED:
                return
        connection.fence = ()
        connection.put(CloseFence(connection.entry.charger_id, ()), None)
    finally:
        connection.pushing = False
