"""A charge point on the PyPI package ``ocpp`` at a running gateway: real sockets, the real database, and an
implementation that judges every message of ours by the standard's schemas.
"""

import asyncio
import base64
import contextlib
import itertools
import ssl
import threading
from collections.abc import Callable, Coroutine, Iterator, Mapping
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import connection
from ocpp.charge_point import camel_to_snake_case, remove_nones, snake_to_camel_case
from ocpp.exceptions import NotImplementedError as NotImplementedByPeer
from ocpp.exceptions import NotSupportedError
from ocpp.messages import validate_payload
from ocpp.v16 import ChargePoint, call
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from chargers.link_key import digest_link_key
from chargers.models import Charger, SecurityEvent, Transaction
from gateway.ocpp16.effects import Answered
from gateway.server import Gateway
from gateway.store import reading
from installations.models import AuthenticationRevision, IdTag, Installation
from tests.conformance.point import Answer, Payload, Session
from tests.loop.gateway_world import PASSWORD, PEPPER, QUICK, db

_numbers = itertools.count(1)
_ERRORS = {"NotImplemented": NotImplementedByPeer, "NotSupported": NotSupportedError}


class Station(ChargePoint):
    """Answers calls as scripted, after the library has judged them; what the gateway asks of its own accord meanwhile
    it does not support.
    """

    def __init__(self, identity: str, socket: ClientConnection, answers: dict[str, Answer]) -> None:
        super().__init__(identity, socket, response_timeout=10)
        self.answers = answers
        self.heard: list[tuple[str, Mapping[str, Any]]] = []

    async def _handle_call(self, msg: Any) -> None:
        await validate_payload(msg, "1.6")
        answer = self.answers.get(msg.action, "NotSupported")
        if msg.action in self.answers:
            self.heard.append((msg.action, msg.payload))
        if isinstance(answer, str):
            raise _ERRORS[answer]
        result = msg.create_call_result(answer)
        await validate_payload(result, "1.6")
        await self._send(result.to_json())


class Node:
    """A gateway that serves in a loop of its own, for all tests of a module."""

    def __init__(self, name: str = "conformance", **options: Any) -> None:
        self.gateway = Gateway(node=name, host="127.0.0.1", port=0, pepper=PEPPER, session_settings=QUICK, **options)
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._serve, name="conformance-gateway")

    def _serve(self) -> None:
        try:
            self._loop.run_until_complete(self.gateway.run(ready=self._ready.set))
        finally:
            self._loop.close()

    def __enter__(self) -> "Node":
        self._thread.start()
        assert self._ready.wait(20), "the gateway did not start"
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self.gateway.stop)
        self._thread.join(20)
        assert not self._thread.is_alive()

    async def do[T](self, work: Coroutine[Any, Any, T]) -> T:
        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(work, self._loop))

    async def refresh(self, device_id: str) -> None:
        """What the directory would hear within a second."""
        entries = await db(lambda: reading.read_directory(None, [device_id]))

        async def take() -> None:
            self.gateway.directory.update(entries)

        await self.do(take())


def register() -> Charger:
    """A charger at a site of its own where cards decide."""
    number = next(_numbers)
    installation = Installation.objects.create(name=f"Site {number}")
    revision = AuthenticationRevision.objects.create(
        installation=installation, number=1, mode="native", authorization_required=True, digest="0" * 64
    )
    Installation.objects.filter(pk=installation.pk).update(revision=revision)
    digest = digest_link_key(PEPPER, PASSWORD.encode())
    return Charger.objects.create(device_id=f"PEER{number}", installation=installation, key_digest=digest)


class SocketPoint:
    """``Point`` on a socket."""

    def __init__(self, node: Node, charger: Charger) -> None:
        self.node, self.charger = node, charger
        self.answers: dict[str, Answer] = {}
        self.password = PASSWORD
        self.tls: ssl.SSLContext | None = None
        self.station: Station
        self._serving: asyncio.Task[None]

    async def connect(self) -> ClientConnection:
        """Raises InvalidStatus when the gateway refuses."""
        identity = self.charger.device_id
        login = base64.b64encode(f"{identity}:{self.password}".encode()).decode()
        address = f"{'wss' if self.tls else 'ws'}://127.0.0.1:{self.node.gateway.bound_port}/ocpp/{identity}"
        socket = await connect(
            address,
            subprotocols=["ocpp1.6"],  # type: ignore[list-item]  # the library has a name for it
            additional_headers={"Authorization": f"Basic {login}"},
            proxy=None,
            ssl=self.tls,
        )
        self.station = Station(identity, socket, self.answers)
        self._serving = asyncio.create_task(self._serve(self.station))
        await self._until(lambda: self._live() is not None)
        return socket

    async def _serve(self, station: Station) -> None:
        with contextlib.suppress(ConnectionClosed):
            await station.start()

    def _live(self) -> Any:
        link = self.node.gateway.connections.get(self.charger.device_id)
        return link if link is not None and link.session is not None and not link.closing else None

    async def _until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(10):
            while not condition():  # noqa: ASYNC110  # the gateway's loop gives no event to this one
                await asyncio.sleep(0.005)

    async def disconnect(self) -> None:
        await self.station._connection.close()
        await self._serving
        await self._until(lambda: self._live() is None)

    @property
    def heard(self) -> list[tuple[str, Mapping[str, Any]]]:
        return self.station.heard

    async def says(self, action: str, **payload: Any) -> Payload:
        request = getattr(call, action)(**camel_to_snake_case(payload))
        answer = await self.station.call(request, suppress=False)
        told: Payload = remove_nones(snake_to_camel_case(asdict(answer)))
        return told

    async def called(self, action: str, **payload: Any) -> Answered:
        return await self.node.do(self._live().call(action, payload))

    async def reconnects(self) -> None:
        await self.disconnect()
        await self.connect()

    async def card(self, id_tag: str, *, blocked: bool = False, expired: bool = False, parent: str = "") -> None:
        ends = datetime.now(UTC) - timedelta(days=1) if expired else None
        site = self.charger.installation
        card = IdTag(installation=site, id_tag=id_tag, blocked=blocked, expires_at=ends, parent_id_tag=parent)
        await db(card.save)

    async def sessions(self) -> list[Session]:
        rows = await db(lambda: list(Transaction.objects.filter(charger=self.charger).order_by("pk")))
        return [
            Session(row.connector, row.id_tag, row.id_tag_status, row.meter_start, row.meter_stop, row.stop_reason)
            for row in rows
        ]

    async def events(self) -> list[str]:
        rows = SecurityEvent.objects.filter(charger=self.charger).order_by("pk")
        return await db(lambda: list(rows.values_list("kind", flat=True)))

    def busy(self) -> str:
        return str(self._live().busy_reason())


@contextlib.contextmanager
def all_tables() -> Iterator[None]:
    """What the tests of a module wrote is gone after it."""
    from django.core.management import call_command

    try:
        yield
    finally:
        call_command("flush", verbosity=0, interactive=False, inhibit_post_migrate=True)
        connection.close()
