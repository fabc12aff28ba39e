"""What a person may order a charger to do: names, fields, rules, and the OCPP call each becomes. Pure.

Values of closed lists are the standard's own words. Everything is judged here before it is sent, and each fault names
its field.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from accounts.refusals import Fault, Invalid, Text
from chargers.request_states import RequestKind

PRINTABLE = re.compile(r"[\x20-\x7e]+")
LOCATION = re.compile(r"(?:https?|ftps?)://[\x21-\x7e]+")
INT32 = 2**31 - 1
MOST_KEYS = 50
MOST_WRITES = 20


@dataclass(frozen=True)
class Whole:
    least: int = 0
    most: int = INT32

    def fault(self, value: Any, now: datetime) -> tuple[str, Text] | None:
        if isinstance(value, bool) or not isinstance(value, int):
            return "type", _("This is a whole number.")
        if not self.least <= value <= self.most:
            detail = _("This is a whole number from {least} to {most}.")
            return "range", format_lazy(detail, least=self.least, most=self.most)
        return None


@dataclass(frozen=True)
class Word:
    """Printable ASCII. ``blank``: it may be empty."""

    most: int
    blank: bool = False

    def fault(self, value: Any, now: datetime) -> tuple[str, Text] | None:
        if not isinstance(value, str):
            return "type", _("This is a text.")
        fits = len(value) <= self.most and (PRINTABLE.fullmatch(value) or (self.blank and not value))
        if not fits or value != value.strip():
            detail = _("This has 1 to {most} printable ASCII characters and no space at its ends.")
            return "text", format_lazy(detail, most=self.most)
        return None


@dataclass(frozen=True)
class OneOf:
    values: tuple[str, ...]

    def fault(self, value: Any, now: datetime) -> tuple[str, Text] | None:
        if value not in self.values:
            return "choice", format_lazy(_("This is one of {values}."), values=", ".join(self.values))
        return None


@dataclass(frozen=True)
class Place:
    """Where a charger fetches something."""

    def fault(self, value: Any, now: datetime) -> tuple[str, Text] | None:
        if not isinstance(value, str) or len(value) > 512 or not LOCATION.fullmatch(value) or "@" in value:
            detail = _("This is a URL with http, https, ftp or ftps, of at most 512 characters, without a login in it.")
            return "location", detail
        return None


@dataclass(frozen=True)
class Moment:
    """``ahead``: it must lie in the future."""

    ahead: bool = False

    def fault(self, value: Any, now: datetime) -> tuple[str, Text] | None:
        if not isinstance(value, datetime) or value.tzinfo is None:
            return "time", _("This is a time with its offset from UTC, like 2026-05-04T10:00:00Z.")
        if self.ahead and value <= now:
            return "past", _("This time lies in the past.")
        return None


@dataclass(frozen=True)
class Keys:
    """Names of configuration keys."""

    def fault(self, value: Any, now: datetime) -> tuple[str, Text] | None:
        if not isinstance(value, Sequence) or isinstance(value, str) or len(value) > MOST_KEYS:
            return "keys", format_lazy(_("This is a list of at most {most} names."), most=MOST_KEYS)
        wrong = next((one for one in value if Word(50).fault(one, now)), None)
        return None if wrong is None else Word(50).fault(wrong, now)


@dataclass(frozen=True)
class Writes:
    """Configuration keys with their new values."""

    def fault(self, value: Any, now: datetime) -> tuple[str, Text] | None:
        if not isinstance(value, Mapping) or not 1 <= len(value) <= MOST_WRITES:
            return "settings", format_lazy(_("This names 1 to {most} keys, each with its value."), most=MOST_WRITES)
        for key, text in value.items():
            found = Word(50).fault(key, now) or Word(500, blank=True).fault(text, now)
            if found:
                return found[0], format_lazy("{key}: {detail}", key=str(key)[:50], detail=found[1])
        return None


type Rule = Whole | Word | OneOf | Place | Moment | Keys | Writes


@dataclass(frozen=True)
class Parameter:
    """``member`` is OCPP's name for it. ``default`` stands in where it is not given; None: it is left out."""

    name: str
    member: str
    rule: Rule
    required: bool = True
    default: Any = None


@dataclass(frozen=True)
class Command:
    """``asks_first``: it interrupts somebody or something, so a page asks for a second click."""

    kind: RequestKind
    action: str
    parameters: tuple[Parameter, ...] = ()
    asks_first: bool = False


@dataclass(frozen=True)
class Order:
    """A call that may be sent: plain values only."""

    kind: RequestKind
    action: str
    payload: Mapping[str, Any] = field(default_factory=dict)


OUTLET, CONNECTOR = Whole(1, 1000), Whole(0, 1000)
MESSAGES = (
    "BootNotification", "DiagnosticsStatusNotification", "FirmwareStatusNotification", "Heartbeat", "MeterValues",
    "StatusNotification",
)  # fmt: skip
RETRIES = (
    Parameter("retries", "retries", Whole(0, 20), required=False),
    Parameter("retry_interval", "retryInterval", Whole(0, 86_400), required=False),
)

_ALL = (
    Command(
        RequestKind.REMOTE_START, "RemoteStartTransaction",
        (
            Parameter("id_tag", "idTag", Word(20)),
            Parameter("connector_id", "connectorId", OUTLET, required=False),
        ),
    ),
    Command(
        RequestKind.REMOTE_STOP, "RemoteStopTransaction", (Parameter("transaction_id", "transactionId", Whole(1)),),
        asks_first=True,
    ),
    Command(
        RequestKind.UNLOCK, "UnlockConnector", (Parameter("connector_id", "connectorId", OUTLET),), asks_first=True
    ),
    Command(RequestKind.RESET, "Reset", (Parameter("type", "type", OneOf(("Soft", "Hard"))),), asks_first=True),
    Command(
        RequestKind.CHANGE_AVAILABILITY, "ChangeAvailability",
        (
            Parameter("type", "type", OneOf(("Operative", "Inoperative"))),
            Parameter("connector_id", "connectorId", CONNECTOR, required=False, default=0),
        ),
    ),
    Command(
        RequestKind.TRIGGER_MESSAGE, "TriggerMessage",
        (
            Parameter("message", "requestedMessage", OneOf(MESSAGES)),
            Parameter("connector_id", "connectorId", OUTLET, required=False),
        ),
    ),
    Command(RequestKind.CLEAR_CACHE, "ClearCache"),
    Command(
        RequestKind.GET_CONFIGURATION, "GetConfiguration", (Parameter("keys", "key", Keys(), required=False),)
    ),
    Command(
        RequestKind.CHANGE_CONFIGURATION, "ChangeConfiguration", (Parameter("settings", "settings", Writes()),)
    ),
    Command(
        RequestKind.UPDATE_FIRMWARE, "UpdateFirmware",
        (
            Parameter("location", "location", Place()),
            Parameter("retrieve_at", "retrieveDate", Moment(), required=False, default="now"),
            *RETRIES,
        ),
        asks_first=True,
    ),
    Command(
        RequestKind.GET_DIAGNOSTICS, "GetDiagnostics",
        (
            Parameter("start_at", "startTime", Moment(), required=False),
            Parameter("stop_at", "stopTime", Moment(), required=False),
            *RETRIES,
        ),
    ),
    Command(
        RequestKind.RESERVE_NOW, "ReserveNow",
        (
            Parameter("id_tag", "idTag", Word(20)),
            Parameter("connector_id", "connectorId", CONNECTOR, required=False, default=0),
            Parameter("expires_at", "expiryDate", Moment(ahead=True)),
            Parameter("reservation_id", "reservationId", Whole(1)),
        ),
    ),
    Command(
        RequestKind.CANCEL_RESERVATION, "CancelReservation", (Parameter("reservation_id", "reservationId", Whole(1)),)
    ),
    Command(
        RequestKind.DATA_TRANSFER, "DataTransfer",
        (
            Parameter("vendor_id", "vendorId", Word(255)),
            Parameter("message_id", "messageId", Word(50), required=False),
            Parameter("data", "data", Word(10_000, blank=True), required=False),
        ),
    ),
)  # fmt: skip
COMMANDS: Mapping[RequestKind, Command] = {command.kind: command for command in _ALL}
FIELDS = frozenset(parameter.name for command in _ALL for parameter in command.parameters)


def read_order(kind: str, given: Mapping[str, Any], *, now: datetime) -> Order:
    """The order that ``given`` makes. Raises Invalid with every fault, each at its field."""
    command = next((one for one in _ALL if one.kind == kind), None)
    if command is None:
        names = ", ".join(sorted(COMMANDS))
        raise Invalid("command", format_lazy(_("The command is one of {names}."), names=names), pointer="/command")
    known = {parameter.name for parameter in command.parameters}
    faults = [
        Fault("not_for_this_command", _("This command does not take this field."), f"/{name}")
        for name in given
        if name not in known
    ]
    payload: dict[str, Any] = {}
    for parameter in command.parameters:
        value = given.get(parameter.name)
        if value is None:
            if parameter.required:
                faults.append(Fault("required", _("This command needs this field."), f"/{parameter.name}"))
            elif parameter.default is not None:
                payload[parameter.member] = _plain(now) if parameter.default == "now" else parameter.default
            continue
        if (fault := parameter.rule.fault(value, now)) is not None:
            faults.append(Fault(fault[0], fault[1], f"/{parameter.name}"))
        else:
            payload[parameter.member] = _plain(value)
    if not faults and _ends_before_it_starts(given.get("start_at"), given.get("stop_at")):
        faults.append(Fault("order", _("The end lies before the start."), "/stop_at"))
    if faults:
        raise Invalid(faults[0].code, faults[0].detail, pointer=faults[0].pointer, faults=faults)
    return Order(command.kind, command.action, payload)


def _ends_before_it_starts(start: datetime | None, stop: datetime | None) -> bool:
    return start is not None and stop is not None and stop <= start


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    if isinstance(value, Mapping):
        return dict(value)
    return list(value) if isinstance(value, Sequence) and not isinstance(value, str) else value
