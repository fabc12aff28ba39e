"""What people ask of this node: taken from its row, carried out once, answered into the row before its deadline."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Protocol

import structlog

from chargers.request_states import RequestError, RequestKind
from gateway.bridge.rehearsal import Stage
from gateway.store.jobs import EndRequest, Job
from gateway.store.request_jobs import Claimed

log = structlog.get_logger(__name__)

# The answer has to be stored before the deadline ends the row.
MARGIN_SECONDS = 2.0

type Way = Callable[[Claimed], Awaitable[EndRequest]]


class Desk(Protocol):
    """The part of a gateway that requests need."""

    node: str

    async def claim_request(self, request_id: int) -> Claimed | None: ...
    async def commit(self, job: Job) -> Any: ...


class Requests:
    """``command`` does all that is asked of a charger."""

    def __init__(self, desk: Desk, stage: Stage, command: Way) -> None:
        self._desk, self._stage = desk, stage
        self._ways: Mapping[RequestKind, Way] = dict.fromkeys(RequestKind, command) | {
            RequestKind.BACKEND_TEST: self._test_backend
        }

    async def carry_out(self, request_id: int) -> None:
        """Never raises. A request that is not ours to take, doubled or late, does nothing."""
        try:
            claimed = await self._desk.claim_request(request_id)
        except Exception as error:
            log.warning("a request was not taken", request=request_id, error=type(error).__name__)
            return
        if claimed is None:
            return
        try:
            async with asyncio.timeout(claimed.seconds_left - MARGIN_SECONDS):
                ended = await self._ways[claimed.kind](claimed)
        except TimeoutError:
            ended = EndRequest(request_id, error=RequestError.OUTCOME_UNKNOWN)
        except Exception as error:
            log.exception("a request broke", request=request_id, kind=claimed.kind, error=type(error).__name__)
            ended = EndRequest(request_id, error=RequestError.BROKEN)
        try:
            await self._desk.commit(ended)
        except RuntimeError:
            log.error("the end of a request was not stored", request=request_id)

    async def _test_backend(self, claimed: Claimed) -> EndRequest:
        asked = claimed.payload
        rehearsed = await self._stage.rehearse(str(asked["url"]), str(asked["identity"]), claimed.keys)
        return EndRequest(claimed.request_id, error=rehearsed.fault or "", result=rehearsed.plain())
