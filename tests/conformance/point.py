"""What a conformance scenario needs of a charge point, and the steps most scenarios share."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple, Protocol

from gateway.ocpp16.effects import Answered

TAG = "CARD0001"
type Payload = dict[str, Any]
type Answer = Payload | str  # a payload, or the code of a CALLERROR


class Session(NamedTuple):
    """A charging session as the central system keeps it."""

    connector: int
    id_tag: str
    verdict: str
    meter_start: int | None
    meter_stop: int | None
    reason: str


class Point(Protocol):
    """A charge point at the gateway: ``answers`` by action to what it is called, ``heard`` is what it was called."""

    answers: dict[str, Answer]

    @property
    def heard(self) -> list[tuple[str, Mapping[str, Any]]]: ...

    async def says(self, action: str, **payload: Any) -> Payload:
        """Its own call; the payload of the CALLRESULT, which fits the standard's schema."""
        ...

    async def called(self, action: str, **payload: Any) -> Answered:
        """The central system calls; what it learned from the answer."""
        ...

    async def reconnects(self) -> None:
        """The socket goes and comes back, without a boot."""
        ...

    async def card(self, id_tag: str, *, blocked: bool = False, expired: bool = False, parent: str = "") -> None: ...
    async def sessions(self) -> list[Session]: ...
    async def events(self) -> list[str]:
        """The kinds of security events on record, oldest first."""
        ...

    def busy(self) -> str:
        """Why nothing may be pushed to it now; empty: it is idle."""
        ...


def moment(ago_seconds: float = 0) -> str:
    at = datetime.now(UTC).replace(microsecond=0) - timedelta(seconds=ago_seconds)
    return at.isoformat().replace("+00:00", "Z")


async def boots(point: Point) -> None:
    answer = await point.says("BootNotification", chargePointVendor="Peer", chargePointModel="Peer1")
    assert answer["status"] == "Accepted"
    assert answer["interval"] > 0
    told = datetime.fromisoformat(answer["currentTime"])
    assert abs((datetime.now(UTC) - told).total_seconds()) < 60
    for connector in (0, 1):
        await reports(point, connector, "Available")
    assert point.busy() == ""


async def reports(point: Point, connector: int, status: str, error: str = "NoError") -> None:
    answer = await point.says(
        "StatusNotification", connectorId=connector, status=status, errorCode=error, timestamp=moment()
    )
    assert answer == {}


async def shows_card(point: Point, id_tag: str = TAG) -> str:
    return str((await point.says("Authorize", idTag=id_tag))["idTagInfo"]["status"])


async def starts(point: Point, id_tag: str = TAG, *, ago_seconds: float = 0, meter: int = 100, **more: Any) -> Payload:
    return await point.says(
        "StartTransaction", connectorId=1, idTag=id_tag, meterStart=meter, timestamp=moment(ago_seconds), **more
    )


async def charges(point: Point, id_tag: str = TAG, **more: Any) -> int:
    """Starts and reports it; the central system's transaction id."""
    answer = await starts(point, id_tag, **more)
    assert answer["idTagInfo"]["status"] == "Accepted"
    assert answer["transactionId"] > 0
    await reports(point, 1, "Charging")
    assert point.busy() != ""
    return int(answer["transactionId"])


async def stops(point: Point, transaction: int, *, reason: str = "", meter: int = 900, **more: Any) -> Payload:
    given = {"reason": reason} if reason else {}
    return await point.says(
        "StopTransaction", transactionId=transaction, meterStop=meter, timestamp=moment(), **given, **more
    )


async def leaves(point: Point) -> None:
    """The car drives off."""
    for status in ("Finishing", "Available"):
        await reports(point, 1, status)
    assert point.busy() == ""


async def answered(point: Point, action: str, answer: Answer, **payload: Any) -> Answered:
    """Call it and let it answer that."""
    point.answers[action] = answer
    outcome = await point.called(action, **payload)
    assert point.heard[-1] == (action, payload)
    return outcome
