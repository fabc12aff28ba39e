"""The floor of every bridge: bytes go through, and nobody looks at them. Arguments: the backend's port, our port."""

import asyncio
import sys
from typing import cast

import uvloop


class End(asyncio.Protocol):
    """One side of a connection; what comes before the other side is there waits for it."""

    def __init__(self) -> None:
        self.other: asyncio.Transport | None = None
        self.waiting: list[bytes] = []
        self.transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)  # uvloop's is no subclass of it

    def data_received(self, data: bytes) -> None:
        if self.other is None:
            self.waiting.append(data)
        else:
            self.other.write(data)

    def connection_lost(self, _error: Exception | None) -> None:
        if self.other is not None:
            self.other.close()


class Near(End):
    def __init__(self, backend: int) -> None:
        super().__init__()
        self.backend = backend

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self.task = asyncio.get_running_loop().create_task(self.reach())

    async def reach(self) -> None:
        _transport, far = await asyncio.get_running_loop().create_connection(End, "127.0.0.1", self.backend)
        far.other, self.other = self.transport, far.transport
        for data in self.waiting:
            far.transport.write(data)


async def main(backend: int, port: int) -> None:
    server = await asyncio.get_running_loop().create_server(lambda: Near(backend), "127.0.0.1", port, backlog=1024)
    print("ready", flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(main(int(sys.argv[1]), int(sys.argv[2])))
