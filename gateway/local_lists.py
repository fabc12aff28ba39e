"""Brings the cards of a site into its chargers' own lists, so that they let the right cars charge without us. asyncio.

Never urgent: what else is to be said to a charger goes first, and it is left at once when a push takes it. What was
accepted is written down message by message; whatever a crash leaves behind shows in the version, and then everything is
sent again.
"""

import asyncio
from functools import partial
from typing import TYPE_CHECKING, Any

import structlog

from gateway.clock import utc
from gateway.connections import Connection
from gateway.ocpp16 import local_list
from gateway.ocpp16.effects import Answered, Outcome, Priority
from gateway.ocpp16.errors import ErrorCode
from gateway.store import local_list_reading
from gateway.store.jobs import KeepLocalList, KeepReported
from gateway.store.local_list_reading import Wish

if TYPE_CHECKING:
    from gateway.server import Gateway

log = structlog.get_logger(__name__)

LOOK_SECONDS = 5.0
AT_ONCE = 200
FAILED, CANNOT, SENT = "failed", "not_supported", "sent"
# Charger and connection that was asked what its list can hold.
type Asked = set[tuple[int, int]]
UNKNOWN_ACTION = frozenset({ErrorCode.NOT_IMPLEMENTED, ErrorCode.NOT_SUPPORTED})


class _Over(Exception):
    """This round ends here: ``state`` is kept, or nothing is (the charger is gone or taken by a push)."""

    def __init__(self, state: str = "") -> None:
        super().__init__(state)
        self.state = state


async def keep_lists(gateway: "Gateway") -> None:
    """For ever: some chargers of this node at a time, in turn."""
    waiting: list[Connection] = []
    busy: set[int] = set()
    asked: Asked = set()
    while True:
        await asyncio.sleep(LOOK_SECONDS)
        if not waiting:
            waiting = list(gateway.connections.values())
            asked &= {(one.entry.charger_id, one.session.epoch) for one in waiting if one.session is not None}
        batch, waiting = waiting[:AT_ONCE], waiting[AT_ONCE:]
        by_id = {one.entry.charger_id: one for one in batch if _is_free(one) and one.entry.charger_id not in busy}
        if not by_id:
            continue
        try:
            wishes: list[Wish] = await asyncio.wrap_future(
                gateway.store.ask(partial(local_list_reading.wishes, list(by_id)))
            )
        except Exception as error:
            log.warning("local lists were not looked at", error=type(error).__name__)
            continue
        for wish in wishes:
            busy.add(wish.charger_id)
            gateway.spawn(_one(ListUpdate(gateway, by_id[wish.charger_id], wish, asked), busy))


def _is_free(connection: Connection) -> bool:
    session = connection.session
    return session is not None and session.boot_accepted and not connection.closing and not connection.pushing


async def _one(update: "ListUpdate", busy: set[int]) -> None:
    try:
        await update.run()
    except _Over as over:
        if over.state:
            update.keep(over.state)
    finally:
        busy.discard(update.wish.charger_id)


class ListUpdate:
    """One charger's list, from what it holds to what it should hold."""

    def __init__(self, gateway: "Gateway", connection: Connection, wish: Wish, asked: Asked) -> None:
        self.gateway, self.connection, self.wish, self.asked = gateway, connection, wish, asked
        self.held = wish.held
        self.left_out = 0

    async def run(self) -> None:
        """Raises _Over."""
        limits = self.wish.limits
        if limits is None:
            if self._place() in self.asked:
                return
            limits = local_list.read_limits(await self._read_keys())
        if limits is None:
            return
        wanted, self.left_out = local_list.entries_for(self.wish.cards, limits.in_all)
        if not limits.enabled and wanted:
            await self._enable()
        version = await self._version()
        if self.wish.leaving and (self.held is None or self.held.version != version):
            self.held = None  # somebody else's list by now: not ours to empty
            self.keep("")
            return
        if not await self._send(local_list.plan(wanted, self.held, version, limits.in_message)):
            again = await self._version()
            if not await self._send(local_list.plan(wanted, None, again, limits.in_message)):
                raise _Over(FAILED)
        self.held = self.held or local_list.Held(version, {})
        self.keep(SENT)

    async def _send(self, steps: tuple[local_list.Step, ...]) -> bool:
        """False: the charger did not take one, it may have another version than we thought."""
        for step in steps:
            status = (await self._call("SendLocalList", step.payload)).payload.get("status")
            if status == "NotSupported":
                raise _Over(CANNOT)
            if status != "Accepted":
                return False
            self.held = local_list.Held(step.payload["listVersion"], step.after)
            self.keep("sending")
        return True

    async def _version(self) -> int:
        version = (await self._call("GetLocalListVersion", {})).payload.get("listVersion")
        if not isinstance(version, int) or version < local_list.NO_LIST:
            raise _Over(CANNOT)
        return version

    async def _enable(self) -> None:
        payload = {"key": "LocalAuthListEnabled", "value": "true"}
        status = (await self._call("ChangeConfiguration", payload, only_if_idle=True)).payload.get("status")
        if status not in {"Accepted", "RebootRequired"}:
            raise _Over(CANNOT)
        self._report({"LocalAuthListEnabled": ("true", False)})

    async def _read_keys(self) -> dict[str, str | None]:
        answered = await self._call("GetConfiguration", {"key": list(local_list.KEYS)})
        self.asked.add(self._place())
        told = {one["key"]: (one["value"], one["readonly"]) for one in answered.payload["configurationKey"]}
        if told:
            self._report(told)
        return {key: value for key, (value, _read_only) in told.items()}

    def _place(self) -> tuple[int, int]:
        session = self.connection.session
        return self.wish.charger_id, session.epoch if session is not None else 0

    def _report(self, told: dict[str, tuple[str | None, bool]]) -> None:
        self.gateway.store.put(KeepReported(self.wish.charger_id, utc(self.gateway.now()), told))

    async def _call(self, action: str, payload: dict[str, Any], *, only_if_idle: bool = False) -> Answered:
        """A result that fits. Raises _Over: not now, or never."""
        if not _is_free(self.connection):
            raise _Over
        answered = await self.connection.call(
            action, payload, priority=Priority.HOUSEKEEPING, only_if_idle=only_if_idle
        )
        if answered.outcome is Outcome.RESULT:
            return answered
        if answered.outcome is Outcome.ERROR and answered.error_code in UNKNOWN_ACTION:
            raise _Over(CANNOT)
        raise _Over(FAILED if answered.outcome in {Outcome.ERROR, Outcome.INVALID, Outcome.TIMEOUT} else "")

    def keep(self, state: str) -> None:
        held = self.held
        self.gateway.store.put(
            KeepLocalList(
                charger_id=self.wish.charger_id,
                state=state,
                version=held.version if held else 0,
                entries=dict(held.entries) if held else {},
                digest=local_list.digest_of(held.entries if held else {}, self.left_out),
                left_out=self.left_out,
                firmware=self.wish.firmware,
                at=utc(self.gateway.now()),
            )
        )
