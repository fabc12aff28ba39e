"""A connection to a backend made only to see whether it can be made: every step of it, told one by one."""

import asyncio
import ssl
import time
from collections import defaultdict
from collections.abc import Sequence
from enum import StrEnum
from typing import Any

import msgspec

from gateway.bridge.dial import Account, DialFailed, Fault, Progress, Resolver, Step, dial, system_resolver
from gateway.wire import Wire
from installations.ocpp_url.host import Doors

AT_ONCE_PER_HOST = 4


class StepState(StrEnum):
    """NEEDLESS: ``ws://`` has no TLS. NOT_REACHED: a step before it failed."""

    DONE = "done"
    FAILED = "failed"
    NEEDLESS = "needless"
    NOT_REACHED = "not_reached"


class StepTaken(msgspec.Struct, frozen=True):
    """``milliseconds`` from the beginning to the end of this step; None: it did not end, or its end is not seen."""

    step: Step
    state: StepState
    milliseconds: int | None = None


class Rehearsed(msgspec.Struct, frozen=True):
    """``fault`` None: the backend took the charger. ``address``: the one connected to. ``http_status`` 0: no answer."""

    steps: tuple[StepTaken, ...]
    milliseconds: int
    fault: Fault | None = None
    http_status: int = 0
    address: str = ""

    def plain(self) -> dict[str, Any]:
        told: dict[str, Any] = msgspec.to_builtins(self)
        return told


class Stage:
    """Where rehearsals are played: few at once with one host."""

    def __init__(self, doors: Doors, resolver: Resolver = system_resolver) -> None:
        self._doors, self._resolver = doors, resolver
        self._hosts: dict[str, asyncio.Semaphore] = defaultdict(lambda: asyncio.Semaphore(AT_ONCE_PER_HOST))

    async def rehearse(
        self, url: str, user: str, keys: Sequence[bytes], *, context: ssl.SSLContext | None = None
    ) -> Rehearsed:
        """One connection, closed at once; with another form of the password when the first was refused."""
        begun = time.monotonic()
        async with self._hosts[url.partition("://")[2].partition("/")[0]]:
            for key in keys or (b"",):
                rehearsed = await self._try(Account(url, user, key), context)
                if rehearsed.fault is not Fault.UNAUTHORIZED:
                    break
        return msgspec.structs.replace(rehearsed, milliseconds=_milliseconds(time.monotonic() - begun))

    async def _try(self, account: Account, context: ssl.SSLContext | None) -> Rehearsed:
        progress = Progress()
        wire = Wire(lambda: None, lambda _text: None, lambda: None)
        failed: DialFailed | None = None
        try:
            await dial(account, wire, doors=self._doors, progress=progress, resolver=self._resolver, context=context)
            wire.drop(politely=True)
        except DialFailed as error:
            failed = error
        secure = account.url.startswith("wss://")
        steps = tuple(_taken(step, progress, failed, secure=secure) for step in Step)
        status = 101 if failed is None else failed.status
        return Rehearsed(steps, 0, failed.fault if failed else None, status, progress.address)


def _taken(step: Step, progress: Progress, failed: DialFailed | None, *, secure: bool) -> StepTaken:
    if failed is not None and failed.step is step:
        return StepTaken(step, StepState.FAILED)
    if step not in progress.done:
        return StepTaken(step, StepState.NOT_REACHED)
    if step is Step.TLS:
        # The handshakes of TLS and HTTP end together for us: only the second has a time of its own.
        return StepTaken(step, StepState.DONE if secure else StepState.NEEDLESS)
    return StepTaken(step, StepState.DONE, _milliseconds(progress.done[step]))


def _milliseconds(seconds: float) -> int:
    return round(seconds * 1000)
