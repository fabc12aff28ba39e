"""What the web process asks of a gateway: kinds, states and the fixed reasons why nothing came of it. Pure."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from accounts.permissions import Action


class RequestKind(StrEnum):
    BACKEND_TEST = "backend_test"


class RequestState(StrEnum):
    """WAITING: no gateway has taken it. RUNNING: one has, and nobody else may. The last two are final."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


class RequestError(StrEnum):
    """Why a request came to nothing; a backend test has the faults of the gateway's dial module besides.

    NO_GATEWAY: nobody took it before its deadline. OUTCOME_UNKNOWN: a gateway took it, and no more is known.
    """

    BUS_AWAY = "bus_away"
    NO_GATEWAY = "no_gateway"
    OUTCOME_UNKNOWN = "outcome_unknown"
    NOT_ALLOWED = "not_allowed"
    BROKEN = "broken"


class PasswordUse(StrEnum):
    """The password of a backend test. WITHHELD: the stored one is not shown to another server than it is for."""

    TYPED = "typed"
    KEPT = "kept"
    NONE = "none"
    WITHHELD = "withheld"


OPEN = frozenset({RequestState.WAITING, RequestState.RUNNING})

# The right that asking takes, judged when it is asked and again when a gateway takes it.
ACTIONS: Mapping[RequestKind, Action] = MappingProxyType({RequestKind.BACKEND_TEST: Action.SET_AUTHENTICATION})
