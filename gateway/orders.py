"""Orders of people and of backends that a push must know of later: what was taken out of service, what is reserved."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from gateway.clock import read_time, utc
from gateway.ocpp16.effects import Answered, Outcome
from gateway.ocpp16.session import ChargerSession
from gateway.store.jobs import Job, KeepReservations, OrderOut

if TYPE_CHECKING:
    from gateway.connections import Connection

TAKEN = frozenset({"Accepted", "Scheduled"})


def heed(connection: "Connection", action: str, payload: Mapping[str, Any], answered: Answered) -> Job | None:
    """The charger has agreed to an order: its session knows from now on, and the job keeps it. None: no such order."""
    session, charger_id = connection.session, connection.entry.charger_id
    if session is None or answered.outcome is not Outcome.RESULT or answered.payload.get("status") not in TAKEN:
        return None
    match action:
        case "ChangeAvailability":
            return _availability(session, charger_id, payload)
        case "ReserveNow" | "CancelReservation":
            return _reservation(connection, session, payload)
    return None


def _availability(session: ChargerSession, charger_id: int, payload: Mapping[str, Any]) -> OrderOut | None:
    number, out = payload.get("connectorId"), payload.get("type") == "Inoperative"
    if not isinstance(number, int):
        return None
    session.order_out(number, out)
    return OrderOut(charger_id, number, out, utc(session.last_seen))


def _reservation(
    connection: "Connection", session: ChargerSession, payload: Mapping[str, Any]
) -> KeepReservations | None:
    """Of a single connector its status tells; one of the same number is replaced."""
    number, until = payload.get("reservationId"), read_time(str(payload.get("expiryDate", "")))
    if not isinstance(number, int):
        return None
    now, before = session.last_seen, session.reservations
    held = {one: end for one, end in before.items() if one != number and end > now}
    if payload.get("connectorId") == 0 and until is not None:
        held[number] = until.timestamp()
    if held == before:
        return None
    connection.reserve(held)
    return KeepReservations(connection.entry.charger_id, held)
