"""What a simulated charger still knows after a power cut, as a JSON object. It holds passwords: keep it private."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from gateway.simulator.connector import Transaction
from gateway.simulator.limits import TX, Held
from gateway.simulator.line import Line, Message

if TYPE_CHECKING:
    from gateway.simulator.charge_point import ChargePoint


def snapshot(point: "ChargePoint") -> dict[str, Any]:
    connectors = point.sessions.connectors
    return {
        "configuration": point.configuration.changed(),
        "good": point.whereabouts.good,
        "next_number": point.sessions.next_number,
        "cards": point.cards.snapshot(),
        "charging_profiles": [one.plain() for one in point.charging_profiles if one.purpose != TX],
        "reservations": point.sessions.reservations.snapshot(),
        "inoperative": [each.number for each in connectors if not _will_be_operative(each.operative, each.becomes)],
        "meters": [each.meter for each in connectors],
        "open": {str(each.number): asdict(each.transaction) for each in connectors if each.transaction},
        "lines": {name: _line(line) for name, line in point.lines.items()},
    }


def restore_settings(point: "ChargePoint", saved: Mapping[str, Any]) -> None:
    point.configuration.replace(saved["configuration"])
    point.whereabouts.good = saved["good"]


def restore(point: "ChargePoint", saved: Mapping[str, Any], now: float) -> None:
    """Transactions that were open ended with the power; the central systems are still told so."""
    sessions = point.sessions
    sessions.next_number = saved["next_number"]
    point.cards.restore(saved.get("cards", {}))
    point.charging_profiles = [Held(**one) for one in saved.get("charging_profiles", ())]
    sessions.reservations.restore(saved.get("reservations", ()))
    for connector, meter in zip(sessions.connectors, saved["meters"], strict=False):
        connector.meter = meter
    for name, kept in saved["lines"].items():
        if name in point.lines:
            _refill(point.lines[name], kept)
    for number, transaction in saved["open"].items():
        if int(number) < len(sessions.connectors):
            sessions.lost_power(sessions.connectors[int(number)], Transaction(**transaction), now)
    for connector in sessions.connectors:
        connector.operative = connector.number not in saved["inoperative"]
        connector.power_cycle()


def _will_be_operative(operative: bool, becomes: bool | None) -> bool:
    return operative if becomes is None else becomes


def _line(line: Line) -> dict[str, Any]:
    waiting = [line.outstanding] if line.outstanding is not None and line.outstanding.transaction is not None else []
    return {
        "messages": [
            {"action": each.action, "payload": each.payload, "transaction": each.transaction}
            for each in (*waiting, *line.transactions)
        ],
        "ids": list(line.ids.items()),
        "told": sorted(line.told),
    }


def _refill(line: Line, kept: Mapping[str, Any]) -> None:
    line.ids = dict(kept["ids"])
    line.told = set(kept["told"])
    for message in kept["messages"]:
        line.put(Message(message["action"], message["payload"], message["transaction"]))
