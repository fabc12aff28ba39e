"""The floor of a bridge that speaks WebSocket: frames go through unread, on the library the bridge uses.

Arguments: the backend's port, our port.
"""

import asyncio
import sys

import uvloop
from picows import WSFrame, WSListener, WSMsgType, WSTransport, WSUpgradeRequest, ws_connect, ws_create_server


class Side(WSListener):
    def __init__(self) -> None:
        self.other: WSTransport | None = None
        self.own: WSTransport
        self.waiting: list[bytes] = []

    def on_ws_connected(self, transport: WSTransport) -> None:
        self.own = transport

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        if frame.msg_type is WSMsgType.CLOSE:
            transport.disconnect()
        elif self.other is None:
            self.waiting.append(frame.get_payload_as_bytes())
        else:
            self.other.send(WSMsgType.TEXT, frame.get_payload_as_bytes())

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        if self.other is not None:
            self.other.disconnect()


class Near(Side):
    def __init__(self, url: str) -> None:
        super().__init__()
        self.url = url

    def on_ws_connected(self, transport: WSTransport) -> None:
        super().on_ws_connected(transport)
        self.task = asyncio.get_running_loop().create_task(self.reach())

    async def reach(self) -> None:
        headers = {"Sec-WebSocket-Protocol": "ocpp1.6"}
        far = Side()
        transport, _ = await ws_connect(lambda: far, self.url, extra_headers=headers, read_buffer_init_size=2048)
        far.other, self.other = self.own, transport
        for data in self.waiting:
            transport.send(WSMsgType.TEXT, data)


async def main(backend: int, port: int) -> None:
    def accept(request: WSUpgradeRequest) -> WSListener:
        identity = request.path.decode().rpartition("/")[2]
        return Near(f"ws://127.0.0.1:{backend}/ocpp/{identity}")

    server = await ws_create_server(accept, "127.0.0.1", port, read_buffer_init_size=2048, backlog=1024)
    print("ready", flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(main(int(sys.argv[1]), int(sys.argv[2])))
