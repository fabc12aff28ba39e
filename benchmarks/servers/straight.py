"""The floor of a rollout: the very calls a push makes, sent straight to every charger, with no database and no queue.

Answers every call of a charger with the least that keeps it content. A line ``go URL`` on standard input sends the
calls to all connected chargers at once and prints one JSON line with the seconds until the last answer.
"""

import asyncio
import json
import sys
import time
from datetime import UTC, datetime
from typing import Any

import uvloop
from picows.websockets import ConnectionClosed, ServerConnection, serve

ANSWERS: dict[str, dict[str, Any]] = {
    "BootNotification": {"status": "Accepted", "interval": 300},
    "Heartbeat": {},
    "Authorize": {"idTagInfo": {"status": "Accepted"}},
    "StartTransaction": {"transactionId": 1, "idTagInfo": {"status": "Accepted"}},
}
links: set["Straight"] = set()


class Straight:
    def __init__(self, link: ServerConnection) -> None:
        self.link = link
        self.waiting: dict[str, asyncio.Future[dict[str, Any]]] = {}
        self.sent = 0

    async def serve(self) -> None:
        links.add(self)
        try:
            async for text in self.link:
                kind, identifier, *rest = json.loads(text)
                if kind == 2:
                    body = {**ANSWERS.get(rest[0], {}), "currentTime": datetime.now(UTC).isoformat()}
                    await self.link.send(json.dumps([3, identifier, body]))
                elif identifier in self.waiting:
                    self.waiting.pop(identifier).set_result(rest[0] if kind == 3 else {})
        except ConnectionClosed:
            pass
        finally:
            links.discard(self)

    async def call(self, action: str, payload: dict[str, Any]) -> dict[str, Any]:
        self.sent += 1
        identifier = f"s{self.sent}"
        future = self.waiting[identifier] = asyncio.get_running_loop().create_future()
        await self.link.send(json.dumps([2, identifier, action, payload]))
        answer: dict[str, Any] = await future
        return answer

    async def push(self, url: str) -> None:
        identity = self.link.request.path.rsplit("/", 1)[-1]
        keys = {"key": ["CentralSystemURL", "FreeVendActive", "FreeVendIdTag"]}
        await self.call("GetConfiguration", keys)
        await self.call("ChangeAvailability", {"connectorId": 0, "type": "Inoperative"})
        await self.call("ChangeConfiguration", {"key": "CentralSystemURL", "value": f"{url}/{identity}"})
        await self.call("GetConfiguration", keys)
        await self.call("ChangeAvailability", {"connectorId": 0, "type": "Operative"})


async def handle(link: ServerConnection) -> None:
    await Straight(link).serve()


async def main(port: int) -> None:
    async with serve(handle, "127.0.0.1", port, subprotocols=["ocpp1.6"], compression=None):
        print("ready", flush=True)
        while line := await asyncio.to_thread(sys.stdin.readline):
            word, _, url = line.strip().partition(" ")
            if word == "count":
                print(json.dumps({"connected": len(links)}), flush=True)
            elif word == "go":
                begun = time.perf_counter()
                await asyncio.gather(*(link.push(url) for link in list(links)))
                print(json.dumps({"seconds": round(time.perf_counter() - begun, 3)}), flush=True)


if __name__ == "__main__":
    uvloop.run(main(int(sys.argv[1])))
