"""A backend that does as it is told, and remembers every word."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from http import HTTPStatus
from typing import Any

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response

from tests.upstream_record import Heard

type Answer = Callable[[dict[str, Any]], dict[str, Any] | str | None]


class Backend:
    """``answers``: per action a payload, an error code, or None for silence. ``passwords`` empty: everybody may in.

    ``heard_all``: as ``calls``, with the connection each came on. ``refusal``: what a wrong password is answered with;
    0: nothing, the connection is dropped after the upgrade. ``rest``: seconds before every answer.
    """

    def __init__(self) -> None:
        self.port = 0
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.logins: list[tuple[str, bytes]] = []
        self.passwords: set[bytes] = set()
        self.links: list[ServerConnection] = []
        self.heard_all: list[Heard] = []
        self.refusal = HTTPStatus.UNAUTHORIZED.value
        self.rest = 0.0
        self.first_words: list[str] = []
        self._transactions = 4711
        self._waiting: dict[str, asyncio.Future[list[Any]]] = {}
        self._server: Server | None = None
        self._changed = asyncio.Event()
        self.answers: dict[str, Answer] = {
            "BootNotification": lambda _p: {
                "status": "Accepted", "interval": 300, "currentTime": "2026-01-01T00:00:00Z",
            },
            "Heartbeat": lambda _p: {"currentTime": "2026-01-01T00:00:00Z"},
            "Authorize": lambda _p: {"idTagInfo": {"status": "Accepted"}},
            "StartTransaction": self._start,
            "DataTransfer": lambda payload: {"status": "Accepted", "data": payload.get("data", "")[::-1]},
        }  # fmt: skip

    def _start(self, _payload: dict[str, Any]) -> dict[str, Any]:
        self._transactions += 1
        return {"transactionId": self._transactions, "idTagInfo": {"status": "Accepted"}}

    @property
    def url(self) -> str:
        return f"ws://127.0.0.1:{self.port}/ocpp/{{deviceId}}"

    async def listen(self) -> None:
        self._server = await serve(
            self._handle, "127.0.0.1", self.port, subprotocols=["ocpp1.6"],  # type: ignore[list-item]
            process_request=self._admit, compression=None,
        )  # fmt: skip
        self.port = next(iter(self._server.sockets)).getsockname()[1]

    async def vanish(self) -> None:
        """As by kill -9: nobody is told."""
        assert self._server is not None
        self._server.close(close_connections=False)
        for link in list(self._server.all_connections):  # those too whose handshake is not over
            link.transport.abort()
        self.links.clear()
        await self._server.wait_closed()

    def _admit(self, link: ServerConnection, request: Request) -> Response | None:
        _scheme, _, value = request.headers.get("Authorization", "").partition(" ")
        user, _, password = base64.b64decode(value).partition(b":")
        self.logins.append((user.decode(), password))
        if self.passwords and password not in self.passwords and self.refusal:
            return link.respond(HTTPStatus(self.refusal), "no")
        return None

    async def _handle(self, link: ServerConnection) -> None:
        if self.passwords and self.logins[-1][1] not in self.passwords:
            link.transport.abort()
            return
        self.links.append(link)
        for text in self.first_words:
            await link.send(text)
        with suppress(ConnectionClosed):
            async for frame in link:
                await self._hear(link, json.loads(frame))

    async def _hear(self, link: ServerConnection, frame: list[Any]) -> None:
        if frame[0] != 2:
            if (future := self._waiting.pop(frame[1], None)) is not None:
                future.set_result(frame)
            return
        self.calls.append((frame[2], frame[3]))
        self.heard_all.append(Heard(self.logins[-1][0], str(link.id), frame[2], frame[3]))
        self._changed.set()
        if self.rest:
            await asyncio.sleep(self.rest)
        answer = self.answers.get(frame[2], lambda _p: {})(frame[3])  # type: ignore[no-untyped-call]
        if isinstance(answer, str):
            await link.send(json.dumps([4, frame[1], answer, "", {}]))
        elif answer is not None:
            await link.send(json.dumps([3, frame[1], answer]))

    async def ask(self, action: str, payload: dict[str, Any], call_id: str = "b1") -> Any:
        """The answer's payload; a CALLERROR comes back as its code."""
        future = self._waiting[call_id] = asyncio.get_running_loop().create_future()
        await self.links[-1].send(json.dumps([2, call_id, action, payload]))
        frame = await asyncio.wait_for(future, 10)
        return frame[2]

    def heard(self, *actions: str) -> list[dict[str, Any]]:
        return [payload for action, payload in self.calls if action in actions]

    async def hears(self, action: str, count: int = 1, *, seconds: float = 10) -> list[dict[str, Any]]:
        async with asyncio.timeout(seconds):
            while len(found := self.heard(action)) < count:
                self._changed.clear()
                await self._changed.wait()
        return found


@asynccontextmanager
async def listening() -> AsyncIterator[Backend]:
    backend = Backend()
    await backend.listen()
    try:
        yield backend
    finally:
        await backend.vanish()
