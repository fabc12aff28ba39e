"""What the web process asks of a gateway: kinds, states and the fixed reasons why nothing came of it. Pure."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from accounts.permissions import Action


class RequestKind(StrEnum):
    """The test of a backend, and the commands to a charger."""

    BACKEND_TEST = "backend_test"
    REMOTE_START = "remote_start"
    REMOTE_STOP = "remote_stop"
    UNLOCK = "unlock"
    RESET = "reset"
    CHANGE_AVAILABILITY = "change_availability"
    TRIGGER_MESSAGE = "trigger_message"
    CLEAR_CACHE = "clear_cache"
    GET_CONFIGURATION = "get_configuration"
    CHANGE_CONFIGURATION = "change_configuration"
    UPDATE_FIRMWARE = "update_firmware"
    GET_DIAGNOSTICS = "get_diagnostics"
    RESERVE_NOW = "reserve_now"
    CANCEL_RESERVATION = "cancel_reservation"
    DATA_TRANSFER = "data_transfer"


class RequestState(StrEnum):
    """WAITING: no gateway has taken it. RUNNING: one has, and nobody else may. The last two are final."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


class RequestError(StrEnum):
    """Why a request came to nothing; a backend test has the faults of the gateway's dial module besides.

    NO_GATEWAY: nobody took it before its deadline. OUTCOME_UNKNOWN: a gateway took it, and no more is known.
    OFFLINE, NOT_BOOTED, BUSY: nothing was sent. NOT_SENT: other calls were before it all the time. CALL_ERROR: the
    charger answered with an error, INVALID_ANSWER: with something that is no answer. MISMATCH: it accepted a setting
    and holds another.
    """

    BUS_AWAY = "bus_away"
    NO_GATEWAY = "no_gateway"
    OUTCOME_UNKNOWN = "outcome_unknown"
    NOT_ALLOWED = "not_allowed"
    BROKEN = "broken"
    OFFLINE = "offline"
    NOT_BOOTED = "not_booted"
    BUSY = "busy"
    NOT_SENT = "not_sent"
    CALL_ERROR = "call_error"
    INVALID_ANSWER = "invalid_answer"
    MISMATCH = "mismatch"


class PasswordUse(StrEnum):
    """The password of a backend test. WITHHELD: the stored one is not shown to another server than it is for."""

    TYPED = "typed"
    KEPT = "kept"
    NONE = "none"
    WITHHELD = "withheld"


OPEN = frozenset({RequestState.WAITING, RequestState.RUNNING})

# The right that asking takes, judged when it is asked and again when a gateway takes it.
ACTIONS: Mapping[RequestKind, Action] = MappingProxyType(
    dict.fromkeys(RequestKind, Action.COMMAND_CHARGERS) | {RequestKind.BACKEND_TEST: Action.SET_AUTHENTICATION}
)
