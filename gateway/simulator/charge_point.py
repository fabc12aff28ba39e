"""A simulated charge point. Pure: no socket, no clock; ``now`` is Unix time in seconds, effects wait in ``drain``.

It keeps its own truth of what it is doing and says it with every CALL it receives (``Judged``), so that the portal's
conduct can be judged by somebody else than the portal. Whoever runs it dials what ``wanted`` names, tells ``opened``,
``closed`` and ``received``, and calls ``tick`` when ``due`` has come.
"""

import random
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from gateway.simulator import memory, orders, replies, rpc
from gateway.simulator.connector import Connector, Visit
from gateway.simulator.errands import Errands
from gateway.simulator.limits import Held, obeyed
from gateway.simulator.line import TIMEOUTS_TO_HANG_UP, Boot, Line, Message, status_notification
from gateway.simulator.local_cards import LocalCards
from gateway.simulator.make import Make, fingerprint
from gateway.simulator.sessions import Sessions
from gateway.simulator.values import BACKEND, MAIN, Effect, Endpoint, HangUp, Judged, Pace, Quirk, Save, Send, Told
from gateway.simulator.whereabouts import Whereabouts

RELOGIN_SECONDS = 0.5


class ChargePoint:
    def __init__(
        self,
        make: Make,
        *,
        connectors: int = 1,
        pace: Pace | None = None,
        rng: random.Random | None = None,
        now: float,
        saved: Mapping[str, Any] | None = None,
        quirk: Quirk = Quirk.NONE,
    ) -> None:
        """``saved``: an older ``snapshot``; transactions open in it ended with the power."""
        self.make = make
        self.pace = pace or Pace()
        self.quirk = quirk
        self.rng = rng or random.Random()  # noqa: S311  no secret
        self.configuration = make.configuration(connectors, self.pace.meter)
        self.sessions = Sessions(connectors, self.pace, self.rng, self._tell, self._ask)
        self.lines: dict[str, Line] = {}
        self.charging_profiles: list[Held] = []
        self.sessions.limit_of = self.limit_of
        self.cards = LocalCards()
        self.errands = Errands(self)
        self._effects: list[Effect] = []
        self._prefix = f"{int(now * 1000):x}"
        self._reset_at: float | None = None
        self._power_at: float | None = None
        self._cable_at: float | None = None
        self._relogin_at: float | None = None
        self.whereabouts = Whereabouts(make, self.configuration, self.pace.fallback)
        if saved:
            memory.restore_settings(self, saved)
        self.rewire(now)
        if saved:
            memory.restore(self, saved, now)
        self._effects = [effect for effect in self._effects if isinstance(effect, Told)]

    @property
    def device_id(self) -> str:
        return self.make.device_id

    @property
    def rebooting(self) -> bool:
        return self._reset_at is not None or self._power_at is not None

    def limit_of(self, connector: Connector, now: float) -> float | None:
        """The current it keeps to, A per phase; None: nobody limits it."""
        running = connector.transaction
        session, began = (running.number, running.began) if running is not None else (None, now)
        return obeyed(self.charging_profiles, connector.number, session, began, now)

    @property
    def authority(self) -> Line:
        """Who says whether a card may charge: the backend where there is one."""
        return self.lines.get(BACKEND) or self.lines[MAIN]

    def may_offline(self, tag: str, now: float) -> bool:
        """Whether a card may charge while nobody can be asked: by the local list, else as for any unknown card."""
        known = self.cards.says(tag, self.configuration, now)
        return self.configuration.flag("AllowOfflineTxForUnknownId") if known is None else known

    def wanted(self) -> dict[str, Endpoint]:
        """Line to what it should be connected to at this moment."""
        if self._power_at is not None or self._cable_at is not None:
            return {}
        return self.whereabouts.endpoints()

    def drain(self) -> list[Effect]:
        effects, self._effects = self._effects, []
        return effects

    def due(self) -> float | None:
        """When ``tick`` has something to do."""
        times = [self.sessions.due(), *(line.due() for line in self.lines.values())]
        times.append(self.errands.due())
        times += [self._reset_at, self._power_at, self._cable_at, self._relogin_at, self.whereabouts.fall_back_at()]
        return min((at for at in times if at is not None), default=None)

    def opened(self, name: str, now: float) -> None:
        line = self.lines[name]
        line.opened(now)
        if line.boot is Boot.ACCEPTED:
            self.settled(line, now)
        self._pump(now)

    def closed(self, name: str, now: float) -> None:
        """The connection ended or could not be made."""
        line = self.lines.get(name)
        if line is None:
            return
        line.closed()
        self.whereabouts.failed(name, now)
        if line is self.authority:
            self.sessions.unanswered(now)
        self._pump(now)

    def received(self, name: str, text: str | bytes, now: float) -> None:
        line = self.lines.get(name)
        frame = rpc.read(text)
        if line is None or not line.connected or frame is None:
            return
        if isinstance(frame, rpc.Call):
            self._obey(line, frame, now)
        elif delivered := line.answered(frame, now):
            replies.take(self, line, delivered, now)
        self._pump(now)

    def tick(self, now: float) -> None:
        if self._cable_at is not None and now >= self._cable_at:
            self._cable_at = None
        if self._power_at is not None:
            if now < self._power_at:
                return
            self._power_at = None
        for line in list(self.lines.values()):
            if delivered := line.overdue(now):
                replies.take(self, line, delivered, now)
                if line.timeouts >= TIMEOUTS_TO_HANG_UP:
                    self._effects.append(HangUp(line.name))
        self.sessions.tick(lambda tag: self.may_offline(tag, now), now)
        self._effects += self.errands.tick(now)
        fall_back_at = self.whereabouts.fall_back_at()
        if fall_back_at is not None and now >= fall_back_at:
            self.whereabouts.fall_back()
            self.rewire(now)
            self.save()
        if self._relogin_at is not None and now >= self._relogin_at:
            self._relogin_at = None
            self._effects.append(HangUp(BACKEND))
        if self._reset_at is not None and now >= self._reset_at:
            self._reboot(now)
        self._pump(now)

    def arrive(self, connector: int, visit: Visit, now: float) -> bool:
        """A car comes; False when it finds no place."""
        if self.rebooting:
            return False
        tag = self.make.free_vend_tag(self.configuration)
        if tag is not None:
            visit = replace(visit, id_tag=tag or visit.id_tag, authorize=False)
        came = self.sessions.arrive(connector, visit, now)
        self._pump(now)
        return came

    def pull_cable(self, seconds: float, now: float) -> None:
        """No network for a while; charging goes on."""
        self._cable_at = now + seconds
        self._effects += [HangUp(name) for name in self.lines]

    def configured(self, name: str, value: str, now: float) -> None:
        """A key was changed by a central system: what follows from it at once."""
        auth = self.make.profile.auth
        if auth is not None and name.lower() == auth.key.lower():
            if auth.proof_key:
                self.configuration.set(auth.proof_key, fingerprint(value))
            if BACKEND in self.lines:
                self._relogin_at = now + RELOGIN_SECONDS
        if name.lower() == "heartbeatinterval":
            for line in self.lines.values():
                line.beat(float(value), now)
        if not self.make.profile.reboot:
            self.rewire(now)
        self.save()

    def reset(self, kind: str, now: float) -> None:
        """Soft and Hard end transactions in order; the messages about it are kept across the reboot."""
        self.sessions.send_all_away(f"{kind}Reset", now)
        self._reset_at = now + self.pace.reset

    def restart_for_firmware(self, now: float) -> None:
        self._reset_at = now

    def errand_ended(self, number: int, good: bool, now: float) -> None:
        """What the runner was asked to fetch or to upload is over."""
        self.errands.ended(number, good, now)
        self.tick(now)

    def lose_power(self, now: float) -> None:
        self.quirk = Quirk.NONE
        self._reset_at = now

    def settled(self, line: Line, now: float) -> None:
        """A central system takes us, at a boot or again at a reconnect."""
        if line.name == MAIN and self.whereabouts.settled():
            self.save()
        self._report(line, now)
        self.errands.booted(line)

    def save(self) -> None:
        if Save() not in self._effects:
            self._effects.append(Save())

    def snapshot(self) -> dict[str, Any]:
        return memory.snapshot(self)

    def rewire(self, now: float) -> None:
        """Dial what the configuration says now: a line whose address changed starts anew."""
        changed = self.whereabouts.follow()
        for name, address in changed.items():
            if name in self.lines:
                self._effects.append(HangUp(name))
                self.lines[name].restart()
            if address is None or name == BACKEND:
                self.lines.pop(name, None)
            if address is not None and name not in self.lines:
                self.lines[name] = Line(name, f"{self._prefix}{name[0]}", self.pace.call_timeout, self.configuration)
        if changed:
            self.sessions.unanswered(now)

    def _ask(self, message: Message) -> bool:
        line = self.authority
        if not line.connected or line.boot is not Boot.ACCEPTED:
            return False
        line.put(message)
        return True

    def _tell(self, message: Message) -> None:
        for line in self.lines.values():
            line.put(replace(message))
        if message.transaction is not None:
            self._effects.append(Told(message.action, message.payload))
        if message.transaction is not None and message.action != "MeterValues":
            self.save()

    def _obey(self, line: Line, call: rpc.Call, now: float) -> None:
        truth = self.sessions.transaction_open, self.sessions.statuses()
        try:
            payload = orders.obey(self, line, call.action, call.payload, now)
        except rpc.Fault as fault:
            text, answer = rpc.error(call.id, fault), fault.code
        else:
            text, answer = rpc.result(call.id, payload), str(payload.get("status", "Answered"))
        central = self.whereabouts.central(line.name)
        said: list[Effect] = [
            Send(line.name, text),
            Judged(now, central, call.action, call.payload, answer, *truth, self._limits(now)),
        ]
        self._effects[:0] = said

    def _limits(self, now: float) -> dict[int, float]:
        limits = {each.number: self.limit_of(each, now) for each in self.sessions.connectors[1:]}
        return {number: amps for number, amps in limits.items() if amps is not None}

    def _report(self, line: Line, now: float) -> None:
        """E-3.22: after a boot the status of the charge point and of every connector."""
        for number, status in self.sessions.statuses().items():
            payload = status_notification(number, status, now)
            line.put(Message("StatusNotification", payload, connector=number))

    def _pump(self, now: float) -> None:
        if self._power_at is not None:
            return
        for line in self.lines.values():
            if text := line.pump(self.make.boot_payload, now):
                self._effects.append(Send(line.name, text))

    def _reboot(self, now: float) -> None:
        self._reset_at = self._relogin_at = None
        self.errands.lost_power()
        self._power_at = now + self.rng.uniform(*self.pace.reboot)
        self._effects += [HangUp(name) for name in self.lines]
        for line in self.lines.values():
            line.restart()
        for connector in self.sessions.connectors:
            connector.power_cycle()
        self.rewire(now)
        self.save()
