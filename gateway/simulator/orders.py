"""What the simulated charger does when a central system calls it: one function per action, one table."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

import msgspec

from gateway.simulator import requests
from gateway.simulator.configuration import MAX_KEYS_PER_CALL, Change
from gateway.simulator.connector import Connector, Status, Visit
from gateway.simulator.limits import HIGHEST_STACK_LEVEL, MAX, TX, Held
from gateway.simulator.line import Boot, Line, Message, status_notification
from gateway.simulator.reservations import Reservation
from gateway.simulator.rpc import Fault
from gateway.simulator.values import Quirk

if TYPE_CHECKING:
    from gateway.simulator.charge_point import ChargePoint

type Answer = dict[str, Any]

NOT_SUPPORTED = {"GetCompositeSchedule"}


def obey(point: "ChargePoint", line: Line, action: str, payload: Any, now: float) -> Answer:
    """The payload of the CALLRESULT. Raises Fault for a CALLERROR."""
    if action in NOT_SUPPORTED:
        raise Fault("NotSupported")
    order = ORDERS.get(action)
    if order is None:
        raise Fault("NotImplemented")
    shape, act = order
    return act(point, line, requests.read(shape, payload), now)


def _status(accepted: bool, otherwise: str = "Rejected") -> Answer:
    return {"status": "Accepted" if accepted else otherwise}


def _connector(point: "ChargePoint", number: int) -> Connector | None:
    connectors = point.sessions.connectors
    return connectors[number] if 0 <= number < len(connectors) else None


def _get_configuration(point: "ChargePoint", line: Line, asked: requests.GetConfiguration, now: float) -> Answer:
    if len(asked.key) > MAX_KEYS_PER_CALL:
        raise Fault("OccurenceConstraintViolation", f"at most {MAX_KEYS_PER_CALL} keys")
    return point.configuration.report(asked.key)


def _change_configuration(point: "ChargePoint", line: Line, asked: requests.ChangeConfiguration, now: float) -> Answer:
    known = asked.key in point.configuration
    if known and not point.make.may_write(asked.key, point.configuration):
        return {"status": Change.REJECTED}
    if point.quirk is Quirk.IGNORES:
        return {"status": Change.ACCEPTED}
    change = point.configuration.change(asked.key, asked.value)
    if change in (Change.ACCEPTED, Change.REBOOT_REQUIRED):
        point.configured(asked.key, asked.value, now)
        if point.quirk is Quirk.REBOOTS:
            point.lose_power(now)
    return {"status": change}


def _change_availability(point: "ChargePoint", line: Line, asked: requests.ChangeAvailability, now: float) -> Answer:
    if _connector(point, asked.connector_id) is None:
        return _status(False)
    done = point.sessions.set_availability(asked.connector_id, asked.type == "Operative", now)
    point.save()
    return _status(done, "Scheduled")


def _reset(point: "ChargePoint", line: Line, asked: requests.Reset, now: float) -> Answer:
    point.reset(asked.type, now)
    return _status(True)


def _trigger(point: "ChargePoint", line: Line, asked: requests.TriggerMessage, now: float) -> Answer:
    connectors = point.sessions.connectors
    if asked.connector_id is not None:
        one = _connector(point, asked.connector_id)
        if one is None:
            return _status(False)
        connectors = [one]
    match asked.requested_message:
        case "BootNotification":
            line.put(Message("BootNotification", point.make.boot_payload(), triggered=True))
        case "Heartbeat":
            line.put(Message("Heartbeat", {}, triggered=True))
        case "StatusNotification":
            for each in connectors:
                payload = status_notification(each.number, each.status, now)
                line.put(Message("StatusNotification", payload, connector=each.number, triggered=True))
        case "MeterValues":
            for each in connectors:
                if each.number:
                    point.sessions.read_meter(each, now, context="Trigger", triggered=True)
        case name:
            line.put(Message(name, {"status": point.errands.status(name)}, triggered=True))
    return _status(True)


def _remote_start(point: "ChargePoint", line: Line, asked: requests.RemoteStartTransaction, now: float) -> Answer:
    connectors = point.sessions.connectors[1:]
    if asked.connector_id is not None:
        connectors = [each for each in connectors if each.number == asked.connector_id]
    if line.boot is not Boot.ACCEPTED or point.rebooting:
        return _status(False)
    visit = Visit(
        asked.id_tag, point.sessions.random_seconds(), authorize=point.configuration.flag("AuthorizeRemoteTxRequests")
    )
    for connector in connectors:
        if connector.status is Status.PREPARING:
            connector.visit, connector.next_at = visit, now
            return _status(True)
    return _status(any(point.sessions.arrive(each.number, visit, now) for each in connectors))


def _remote_stop(point: "ChargePoint", line: Line, asked: requests.RemoteStopTransaction, now: float) -> Answer:
    for connector in point.sessions.connectors:
        transaction = connector.transaction
        if transaction is not None and line.ids.get(transaction.number) == asked.transaction_id:
            point.sessions.stop(connector, "Remote", now)
            return _status(True)
    return _status(False)


def _unlock(point: "ChargePoint", line: Line, asked: requests.UnlockConnector, now: float) -> Answer:
    connector = _connector(point, asked.connector_id)
    if connector is None:
        return {"status": "NotSupported"}
    if connector.transaction is not None:
        point.sessions.stop(connector, "UnlockCommand", now)
    return {"status": "Unlocked"}


def _text(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()


def _set_profile(point: "ChargePoint", line: Line, asked: requests.SetChargingProfile, now: float) -> Answer:
    given, connector = asked.cs_charging_profiles, _connector(point, asked.connector_id)
    purpose, session = given.charging_profile_purpose, None
    if connector is None or given.stack_level > HIGHEST_STACK_LEVEL or (purpose == MAX and connector.number):
        return _status(False)
    if purpose == TX:
        if connector.transaction is None:
            return _status(False)
        session = connector.transaction.number
        if given.transaction_id not in (None, line.ids.get(session)):
            return _status(False)
    new = Held(
        given.charging_profile_id, asked.connector_id, purpose, given.stack_level, given.charging_profile_kind,
        msgspec.to_builtins(given.charging_schedule), given.recurrency_kind, _text(given.valid_from),
        _text(given.valid_to), session,
    )  # fmt: skip
    place = (new.connector, new.purpose, new.stack_level)
    point.charging_profiles = [
        one
        for one in point.charging_profiles
        if one.id != new.id and (one.connector, one.purpose, one.stack_level) != place
    ]
    point.charging_profiles.append(new)
    point.sessions.obey_limits(now)
    point.save()
    return _status(True)


def _clear_profile(point: "ChargePoint", line: Line, asked: requests.ClearChargingProfile, now: float) -> Answer:
    wanted = (asked.connector_id, asked.charging_profile_purpose, asked.stack_level)
    found = [
        one
        for one in point.charging_profiles
        if (
            one.id == asked.id
            if asked.id is not None
            else all(
                want in (None, has)
                for want, has in zip(wanted, (one.connector, one.purpose, one.stack_level), strict=True)
            )
        )
    ]
    point.charging_profiles = [one for one in point.charging_profiles if one not in found]
    point.sessions.obey_limits(now)
    point.save()
    return _status(bool(found), "Unknown")


def _reserve(point: "ChargePoint", line: Line, asked: requests.ReserveNow, now: float) -> Answer:
    new = Reservation(asked.reservation_id, asked.connector_id, asked.id_tag, asked.expiry_date.timestamp())
    status = point.sessions.reservations.reserve(new, now)
    point.save()
    return {"status": status}


def _cancel_reservation(point: "ChargePoint", line: Line, asked: requests.CancelReservation, now: float) -> Answer:
    known = point.sessions.reservations.cancel(asked.reservation_id, now)
    point.save()
    return _status(known)


def _update_firmware(point: "ChargePoint", line: Line, asked: requests.UpdateFirmware, now: float) -> Answer:
    point.errands.update_firmware(line, asked, now)
    return {}


def _get_diagnostics(point: "ChargePoint", line: Line, asked: requests.GetDiagnostics, now: float) -> Answer:
    return {"fileName": point.errands.get_diagnostics(line, asked, now)}


def _list_version(point: "ChargePoint", line: Line, asked: requests.Empty, now: float) -> Answer:
    return {"listVersion": point.cards.version}


def _send_local_list(point: "ChargePoint", line: Line, asked: requests.SendLocalList, now: float) -> Answer:
    status = point.cards.update(asked, point.configuration)
    point.save()
    return {"status": status}


ORDERS: Mapping[str, tuple[type[Any], Callable[["ChargePoint", Line, Any, float], Answer]]] = {
    "CancelReservation": (requests.CancelReservation, _cancel_reservation),
    "ChangeAvailability": (requests.ChangeAvailability, _change_availability),
    "ChangeConfiguration": (requests.ChangeConfiguration, _change_configuration),
    "ClearCache": (requests.Empty, lambda point, line, asked, now: _status(True)),
    "ClearChargingProfile": (requests.ClearChargingProfile, _clear_profile),
    "DataTransfer": (requests.DataTransfer, lambda point, line, asked, now: {"status": "UnknownVendorId"}),
    "GetConfiguration": (requests.GetConfiguration, _get_configuration),
    "GetDiagnostics": (requests.GetDiagnostics, _get_diagnostics),
    "GetLocalListVersion": (requests.Empty, _list_version),
    "RemoteStartTransaction": (requests.RemoteStartTransaction, _remote_start),
    "RemoteStopTransaction": (requests.RemoteStopTransaction, _remote_stop),
    "ReserveNow": (requests.ReserveNow, _reserve),
    "Reset": (requests.Reset, _reset),
    "SendLocalList": (requests.SendLocalList, _send_local_list),
    "SetChargingProfile": (requests.SetChargingProfile, _set_profile),
    "TriggerMessage": (requests.TriggerMessage, _trigger),
    "UpdateFirmware": (requests.UpdateFirmware, _update_firmware),
    "UnlockConnector": (requests.UnlockConnector, _unlock),
}
