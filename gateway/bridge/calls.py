"""What is done with each call of a backend: the table of the bridge. Pure.

A call is answered here, refused, or forwarded to the charger. Nothing that would let a backend take the charger's
connection to this portal away, or read a secret, is ever forwarded.
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from gateway.ocpp16.errors import ErrorCode
from gateway.ocpp16.vocabulary import ACTIONS, CentralAction

A = CentralAction

# Keys that belong to the backend's own leg: kept and answered here.
LEG_KEYS = ("HeartbeatInterval", "WebSocketPingInterval")
KEY = "AuthorizationKey"
_NETWORK = re.compile(
    r"securityprofile|authorizationkey|passw|passphrase|secret|token|credential|certificate|privatekey|\bpin\b|psk|"
    r"centralsystem|backend|server|url|uri|host|apn|ocpp.?(address|endpoint|profile)|network|wifi|wlan|ssid|ethernet|"
    r"ipaddress|gateway|dns|proxy|vpn|modem|chargepointid|chargeboxid|identity",
    re.IGNORECASE,
)
_HEX_KEY = re.compile(r"[0-9A-Fa-f]{32,40}")
_PLAIN_KEY = re.compile(r"[\x20-\x7e]{16,40}")

FORWARDED = frozenset(
    {
        A.REMOTE_START_TRANSACTION, A.REMOTE_STOP_TRANSACTION, A.CHANGE_AVAILABILITY, A.UNLOCK_CONNECTOR, A.RESERVE_NOW,
        A.CANCEL_RESERVATION, A.CLEAR_CACHE, A.SEND_LOCAL_LIST, A.GET_LOCAL_LIST_VERSION, A.DATA_TRANSFER,
    }
)  # fmt: skip
# Only where the installation allows it: the charger restarts, or uploads what it knows to wherever it is told.
MAINTENANCE = frozenset({A.UPDATE_FIRMWARE, A.GET_DIAGNOSTICS})
# How each says "not now" without an error, where the standard has a word for it.
BUSY: Mapping[str, dict[str, Any]] = {
    A.UNLOCK_CONNECTOR: {"status": "UnlockFailed"},
    A.RESERVE_NOW: {"status": "Unavailable"},
    A.SEND_LOCAL_LIST: {"status": "Failed"},
}
REJECTED: dict[str, Any] = {"status": "Rejected"}
HAS_STATUS = FORWARDED - {A.GET_LOCAL_LIST_VERSION}
_BY_NAME = {key.lower(): key for key in (KEY, *LEG_KEYS)}


@dataclass(frozen=True)
class Answer:
    """The result, known here."""

    payload: Mapping[str, Any]


@dataclass(frozen=True)
class Refuse:
    """A CALLERROR."""

    code: ErrorCode
    description: str = ""


@dataclass(frozen=True)
class Forward:
    """To the charger, with this payload."""

    payload: Mapping[str, Any]


@dataclass(frozen=True)
class TakeKey:
    """The backend gives this charge point a new password."""

    key: str = field(repr=False)


@dataclass(frozen=True)
class SetLegKey:
    """A setting of the backend's own leg, in seconds."""

    key: str
    seconds: int


@dataclass(frozen=True)
class ShowLegKeys:
    """GetConfiguration of nothing that the charger would have to be asked for."""

    keys: tuple[str, ...]


@dataclass(frozen=True)
class Limiting:
    """About charging profiles: a backend's limits are kept here, and what the charger is told is our own."""

    action: str
    payload: Mapping[str, Any]


@dataclass(frozen=True)
class Say:
    """Send the backend this message from what is known here; ``connector`` None: all of them."""

    action: str
    connector: int | None = None


type Deed = Answer | Refuse | Forward | TakeKey | SetLegKey | ShowLegKeys | Say | Limiting

UNREACHABLE = Refuse(ErrorCode.INTERNAL_ERROR, "the charge point cannot be reached just now")


def decide(action: str, payload: Any, *, allowed_keys: Collection[str] = (), maintenance: bool = False) -> Deed:
    """``allowed_keys``: further configuration keys a backend may change at this make of charger.

    ``maintenance``: the installation lets the backend update firmware and fetch diagnostics.
    """
    if not isinstance(payload, dict):
        return Refuse(ErrorCode.FORMATION_VIOLATION, "the payload must be an object")
    if action in FORWARDED or (maintenance and action in MAINTENANCE):
        return Forward(payload)
    match action:
        case A.CHANGE_CONFIGURATION:
            return _change_configuration(payload, allowed_keys)
        case A.GET_CONFIGURATION:
            return _get_configuration(payload)
        case A.RESET:
            # A hard reset may break what is being written; a charger that hangs is reset from this portal.
            return Forward(payload) if payload.get("type") == "Soft" else Answer(REJECTED)
        case A.TRIGGER_MESSAGE:
            return _trigger(payload)
        case A.SET_CHARGING_PROFILE | A.CLEAR_CHARGING_PROFILE | A.GET_COMPOSITE_SCHEDULE:
            return Limiting(action, payload)
    if action in ACTIONS:
        return Refuse(ErrorCode.NOT_SUPPORTED, "not supported through this portal")
    return Refuse(ErrorCode.NOT_IMPLEMENTED, "no such action in OCPP 1.6")


def busy(action: str) -> Answer | Refuse:
    """While this portal writes to the charger."""
    if action in HAS_STATUS or action in {A.RESET, A.CHANGE_CONFIGURATION, A.TRIGGER_MESSAGE}:
        return Answer(BUSY.get(action, REJECTED))
    return Refuse(ErrorCode.INTERNAL_ERROR, "this portal is writing to the charge point")


def is_network_key(key: str) -> bool:
    """Keys whose change could take the charger away from this portal, or whose value is nobody else's."""
    return _NETWORK.search(key) is not None


def overlay(answer: Mapping[str, Any], asked: Collection[str], leg: Mapping[str, int]) -> dict[str, Any]:
    """A charger's GetConfiguration answer as the backend may see it.

    ``leg``: the backend leg's own settings, shown instead of the charger's. ``asked`` empty: everything.
    """
    wanted = {key.lower() for key in asked}
    rows = [
        row for row in answer.get("configurationKey") or ()
        if not is_network_key(str(row.get("key", ""))) and str(row.get("key", "")).lower() not in _BY_NAME
        and (not wanted or str(row.get("key", "")).lower() in wanted)
    ]  # fmt: skip
    rows += [
        {"key": key, "readonly": False, "value": str(seconds)}
        for key, seconds in leg.items()
        if not wanted or key.lower() in wanted
    ]
    known = {str(row["key"]).lower() for row in rows}
    unknown = [key for key in asked if key.lower() not in known]
    return {"configurationKey": rows, "unknownKey": unknown}


def _change_configuration(payload: Mapping[str, Any], allowed_keys: Collection[str]) -> Deed:
    key, value = payload.get("key"), payload.get("value")
    if not isinstance(key, str) or not isinstance(value, str):
        return Refuse(ErrorCode.FORMATION_VIOLATION, "key and value must be text")
    ours = _BY_NAME.get(key.lower())
    if ours == KEY:
        return TakeKey(value) if _HEX_KEY.fullmatch(value) or _PLAIN_KEY.fullmatch(value) else Answer(REJECTED)
    if ours is not None:
        seconds = int(value) if re.fullmatch(r"[0-9]{1,6}", value) else -1
        return SetLegKey(ours, seconds) if seconds >= 0 else Answer(REJECTED)
    if is_network_key(key) or key.lower() not in {name.lower() for name in allowed_keys}:
        return Answer({"status": "NotSupported"})
    return Forward(payload)


def _get_configuration(payload: Mapping[str, Any]) -> Deed:
    keys = payload.get("key")
    if not keys and isinstance(keys, list | None):
        return Forward({})
    if not isinstance(keys, list) or not all(isinstance(key, str) for key in keys):
        return Refuse(ErrorCode.FORMATION_VIOLATION, "key must be a list of text")
    rest = [key for key in keys if not is_network_key(key) and key.lower() not in _BY_NAME]
    # A charger that is asked for an empty list tells everything.
    return Forward({"key": rest}) if rest else ShowLegKeys(tuple(keys))


def _trigger(payload: Mapping[str, Any]) -> Deed:
    wanted, connector = payload.get("requestedMessage"), payload.get("connectorId")
    if wanted in {"BootNotification", "Heartbeat", "StatusNotification"}:
        return Say(str(wanted), connector if isinstance(connector, int) else None)
    return Forward(payload) if wanted == "MeterValues" else Answer({"status": "NotImplemented"})
