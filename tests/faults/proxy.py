"""A TCP proxy on loopback that injects faults: it cuts, refuses, freezes, delays, or cuts at a word.

It runs in a thread of its own, so that tests stay plain functions. ``target``: ("host", port) or a Unix socket's path.
"""

import asyncio
import itertools
import threading
from collections.abc import Sequence
from typing import Any

CHUNK = 65_536


class Proxy:
    """``up`` is what clients say, ``down`` what they hear."""

    def __init__(self, target: "Target") -> None:
        self.target = target
        self.targets = itertools.cycle([target])
        self.port = 0
        self.refusing = False
        self.frozen = False
        self.deaf: set[str] = set()
        self.delay_seconds = {"up": 0.0, "down": 0.0}
        self.passed = {"up": 0, "down": 0}
        self._cut_at: tuple[str, bytes, float] | None = None
        self._pairs: set[Pair] = set()
        self._server: asyncio.Server
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="fault-proxy", daemon=True)

    def start(self) -> "Proxy":
        self._thread.start()
        self._run(self._listen())
        return self

    def stop(self) -> None:
        self.frozen = False
        self._run(self._end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)
        self._loop.close()

    # Faults

    def cut(self) -> int:
        """Drop every connection without a word; how many."""

        count: int = self._run(self._cut())
        return count

    def refuse(self) -> None:
        """Drop what there is, and accept nothing more."""
        self.refusing = True
        self.cut()

    def freeze(self) -> None:
        """Bytes of standing and new connections go nowhere, and nobody is told: half-open TCP."""
        self.frozen = True

    def swallow(self, direction: str) -> None:
        """Bytes of one direction get lost, as through a broken router; the other one passes."""
        self.deaf.add(direction)

    def mend(self) -> None:
        """Behave from now on. What was frozen is cut, as a network that comes back after its time-outs does."""
        was_frozen = self.frozen or bool(self.deaf)
        self.refusing, self.frozen, self.deaf = False, False, set()
        self.delay_seconds = {"up": 0.0, "down": 0.0}
        self._cut_at = None
        if was_frozen:
            self.cut()

    def cut_after(self, direction: str, word: bytes, *, seconds: float = 0.0) -> None:
        """Once: drop the connection that carries ``word``, this long after the word was passed on."""
        self._cut_at = (direction, word, seconds)

    def balance(self, targets: Sequence["Target"]) -> None:
        """New connections go to these in turn."""
        self.targets = itertools.cycle(targets)

    # Plumbing

    def _run(self, work: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(10)

    async def _listen(self) -> None:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def _end(self) -> None:
        self._server.close()
        while self._pairs:
            await self._cut()
            await asyncio.sleep(0.01)

    async def _cut(self) -> int:
        pairs = list(self._pairs)
        for pair in pairs:
            abort(pair)
        return len(pairs)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.refusing:
            writer.transport.abort()
            return
        try:
            there, back = await _open(next(self.targets))
        except OSError:
            writer.transport.abort()
            return
        pair = (writer, back)
        self._pairs.add(pair)
        try:
            await asyncio.gather(
                self._pass(reader, back, "up", pair), self._pass(there, writer, "down", pair), return_exceptions=True
            )
        finally:
            abort(pair)
            self._pairs.discard(pair)

    async def _pass(
        self, source: asyncio.StreamReader, sink: asyncio.StreamWriter, direction: str, pair: "Pair"
    ) -> None:
        try:
            while data := await source.read(CHUNK):
                if self.delay_seconds[direction]:
                    await asyncio.sleep(self.delay_seconds[direction])
                while self.frozen:  # noqa: ASYNC110  the flag is set in another thread
                    await asyncio.sleep(0.05)
                if direction in self.deaf:
                    continue
                self.passed[direction] += len(data)
                sink.write(data)
                await sink.drain()
                if self._cut_at is not None and self._cut_at[0] == direction and self._cut_at[1] in data:
                    seconds, self._cut_at = self._cut_at[2], None
                    await asyncio.sleep(seconds)
                    break
        finally:
            abort(pair)


async def _open(target: "Target") -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    if isinstance(target, str):
        return await asyncio.open_unix_connection(target)
    return await asyncio.open_connection(*target)


type Target = tuple[str, int] | str
type Pair = tuple[asyncio.StreamWriter, asyncio.StreamWriter]


def abort(pair: Pair) -> None:
    for writer in pair:
        writer.transport.abort()
