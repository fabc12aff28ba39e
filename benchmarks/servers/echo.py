"""The floor: the gateway's WebSocket library giving every frame back, with no OCPP, no check and no record."""

import asyncio
import sys

import uvloop
from picows.websockets import ServerConnection, serve


async def echo(link: ServerConnection) -> None:
    async for frame in link:
        await link.send(frame)


async def main(port: int) -> None:
    async with serve(echo, "127.0.0.1", port, subprotocols=["ocpp1.6"], compression=None, max_size=65536):
        print("ready", flush=True)
        await asyncio.Event().wait()


if __name__ == "__main__":
    uvloop.run(main(int(sys.argv[1])))
