"""Gives chargers new passwords for their connection to us, each once the charger is idle and held by nobody.

The password is made up here and never leaves this process but to the charger. Its digest is the candidate before the
call is written; both work until one was shown, so that a lost answer locks nobody out.
"""

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Protocol

import structlog

from chargers.link_key import digest_link_key
from gateway.directory import Entry
from gateway.ocpp16.effects import Answered, Outcome
from gateway.store.jobs import EndPassword, Job, SendPassword

log = structlog.get_logger(__name__)

LOOK_SECONDS = 2.0
KEY_BYTES = 20


class Line(Protocol):
    """The part of a connection a rotation uses."""

    pushing: bool
    entry: Entry

    def is_idle(self) -> bool: ...
    async def call(self, action: str, payload: Mapping[str, Any], *, only_if_idle: bool = ...) -> Answered: ...


class Rotation:
    """``waiting`` answers (change id, device id) of this node; ``commit`` is done when the job is in the database."""

    def __init__(
        self,
        lines: Mapping[str, Line],
        waiting: Callable[[], Awaitable[list[tuple[int, str]]]],
        commit: Callable[[Job], Awaitable[Any]],
        expect: Callable[[str, bytes], None],
        pepper: bytes,
    ) -> None:
        self._lines, self._waiting, self._commit, self._expect, self._pepper = lines, waiting, commit, expect, pepper

    async def keep_looking(self) -> None:
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            try:
                for change_id, device_id in await self._waiting():
                    await self.rotate(change_id, device_id)
            except Exception as error:
                log.warning("no look for new passwords", error=type(error).__name__)

    async def rotate(self, change_id: int, device_id: str) -> None:
        """Nothing happens while the charger is busy or being pushed to."""
        line = self._lines.get(device_id)
        if line is None or line.pushing or not line.is_idle():
            return
        line.pushing = True
        try:
            await self._give(change_id, device_id, line)
        finally:
            line.pushing = False

    async def _give(self, change_id: int, device_id: str, line: Line) -> None:
        key = secrets.token_bytes(KEY_BYTES)
        digest = digest_link_key(self._pepper, key)
        if not await self._commit(SendPassword(line.entry.charger_id, change_id, digest)):
            return
        self._expect(device_id, digest)
        payload = {"key": "AuthorizationKey", "value": key.hex()}
        answered = await line.call("ChangeConfiguration", payload, only_if_idle=True)
        state, answer = verdict(answered)
        log.info("a new password for a charger", device_id=device_id, state=state)
        await self._commit(EndPassword(line.entry.charger_id, change_id, state, answer, digest))


def verdict(answered: Answered) -> tuple[str, str]:
    """What the call's end means: accepted, refused, unknown, or (nothing was written) waiting again."""
    if not answered.sent:
        return "waiting", ""
    match answered.outcome:
        case Outcome.RESULT:
            status = str(answered.payload["status"])
            return ("accepted" if status in {"Accepted", "RebootRequired"} else "refused"), status
        case Outcome.ERROR:
            return "refused", str(answered.error_code)
    return "unknown", answered.outcome.value
