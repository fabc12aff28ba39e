"""One charger's connection, as a pure core: frames and facts in, effects out. No socket, no clock, no database.

``now`` is Unix time in seconds (``gateway.clock``), never going backwards. Every method returns the effects to carry
out, in order. The runtime calls ``tick`` when ``wake_at`` has come (or at least once a second), ``alive`` on a pong.
"""

from collections.abc import Collection, Mapping
from functools import partial
from typing import Any

from chargers.link_state import Activity, Busy
from gateway.clock import utc
from gateway.ocpp16 import frames
from gateway.ocpp16.activity import ChargerActivity
from gateway.ocpp16.effects import Answered, Close, Effect, Noticed, Oddity, Outcome, Priority, Ring, Store
from gateway.ocpp16.facts import SessionFacts, SessionSettings
from gateway.ocpp16.inbound import Inbox
from gateway.ocpp16.inquiry import BOOT, Inquiry, Question
from gateway.ocpp16.outbound import Outbound, OutCall
from gateway.ocpp16.outgoing import check_request
from gateway.ocpp16.records import Boot, Seen, Start, Stop, StoreFailed, StoreResult
from gateway.ocpp16.vocabulary import CentralAction, ChargerAction, ConnectorStatus

__all__ = ["ChargerSession", "SessionFacts", "SessionSettings"]

# A relayed call that waits longer than this part of its time is not written: its answer would come too late.
RELAY_QUEUE_PART = 0.8
# How long a charger may take to report on a firmware or diagnostics job it has just agreed to.
JOB_GRACE_SECONDS = 60.0


def agreed_job(answered: Answered) -> Busy | None:
    if answered.action == CentralAction.GET_DIAGNOSTICS and answered.payload.get("fileName"):
        return Busy.DIAGNOSTICS
    return Busy.FIRMWARE if answered.action == CentralAction.UPDATE_FIRMWARE else None


class ChargerSession:
    __slots__ = (
        "_announced_idle",
        "_asked",
        "_authorization_required",
        "_charger",
        "_closed",
        "_epoch",
        "_inbox",
        "_inquiry",
        "_outbound",
        "_owed",
        "_seen_kept",
        "_settings",
        "_ticked_at",
        "device_id",
        "held",
        "last_seen",
    )

    def __init__(self, facts: SessionFacts, settings: SessionSettings, now: float) -> None:
        self.device_id = facts.device_id
        self.last_seen = now  # when the last frame or pong came, or the connection was made
        self.held = False  # for a push: nobody else's calls are written
        self._epoch = facts.epoch
        self._settings = settings
        self._charger = ChargerActivity(
            boot_accepted=facts.boot_accepted,
            boot_number=facts.boot_number,
            connector_count=max(facts.connector_count, *facts.connectors, 0),
            settled_at=now + settings.settle,
        )
        self._charger.stored = facts.connectors
        self._charger.open = dict(facts.open_transactions)
        self._charger.ordered_out = set(facts.ordered_out)
        self._charger.reservations = dict(facts.reservations)
        self._charger.firmware_status = facts.firmware_status
        self._charger.diagnostics_status = facts.diagnostics_status
        self._authorization_required = facts.authorization_required
        self._inbox = Inbox(self._charger)
        self._inbox.bridged = facts.bridged
        self._outbound = Outbound(facts.epoch)
        self._inquiry = Inquiry(
            booted=facts.boot_accepted,
            status_grace=settings.status_grace,
            boot_grace=settings.boot_grace,
            now=now,
        )
        self._asked: dict[str, Question] = {}
        self._announced_idle = False
        self._owed = False
        self._closed = False  # nothing is taken or written any more
        self._ticked_at = now
        self._seen_kept = now

    @property
    def epoch(self) -> int:
        return self._epoch

    @property
    def boot_accepted(self) -> bool:
        return self._charger.boot_accepted

    @property
    def boot_number(self) -> int:
        return self._charger.boot_number

    @property
    def open_transactions(self) -> Mapping[int, int]:
        """Sessions that run now: our id to connector."""
        return self._charger.open

    @property
    def connector_count(self) -> int:
        return self._charger.connector_count

    @property
    def wake_at(self) -> float | None:
        """When ``tick`` has something to do; None: nothing is waiting for time to pass."""
        soonest = self._outbound.wake_at()
        asks_at = self._inquiry.next_at
        if asks_at is not None and (soonest is None or asks_at < soonest):
            soonest = asks_at
        if not self._announced_idle:
            charger = self._charger
            waits = (charger.settled_at, charger.remote_start_until, charger.job_until)
            for at in (*waits, *charger.reservations.values()):
                if at > self._ticked_at and (soonest is None or at < soonest):
                    soonest = at
        return soonest

    def receive(self, text: str, now: float) -> list[Effect]:
        """One text frame from the charger. Never raises, whatever it holds."""
        if self._closed:
            return []
        self.last_seen = now
        effects: list[Effect] = []
        frame = frames.parse(text)
        if isinstance(frame, frames.Call):
            self._take_call(frame, now, effects)
        elif isinstance(frame, frames.Malformed):
            self._inbox.malformed(frame, now, effects)
            self._closed = isinstance(effects[-1], Close)
        else:
            self._take_answer(frame, now, effects)
        self._keep_seen(now, effects)
        return effects

    def alive(self, now: float) -> list[Effect]:
        """A pong came (at most a ``Seen`` record follows)."""
        effects: list[Effect] = []
        if not self._closed:
            self.last_seen = now
            self._keep_seen(now, effects)
        return effects

    def stored(self, token: int, result: StoreResult, now: float) -> list[Effect]:
        """What became of the ``Store`` effect of this token. Unknown or repeated tokens do nothing."""
        settings = self._settings
        if self._closed:
            return []
        done = self._inbox.stored(
            token, result, now, heartbeat_interval=settings.heartbeat_interval, settle=settings.settle
        )
        if done is None:
            return []
        waiting, effects = done
        if isinstance(waiting.record, Boot):
            if isinstance(result, StoreFailed):
                self._inquiry.expect_boot(now)
            else:
                self._inquiry.expect_statuses(now)
        if self._owed or isinstance(waiting.record, Boot | Start | Stop):
            self._judge(now, effects)
        return effects

    def call(
        self,
        action: str,
        payload: Mapping[str, Any],
        now: float,
        *,
        timeout: float | None = None,
        priority: Priority = Priority.COMMAND,
        only_if_idle: bool = False,
    ) -> tuple[str, list[Effect]]:
        """Queue a call of ours: (call id, effects). Exactly one ``Answered`` with that id follows, maybe at once.

        It is written when no other call of ours is out. ``timeout`` counts from the writing; a call that could not be
        written within ``queue_timeout`` ends as TIMEOUT with ``sent`` False. ``only_if_idle`` is judged at the moment
        of writing, in the same turn. Raises ValueError when ``payload`` does not fit the action's schema.
        """
        check_request(action, payload)
        call_id = self._outbound.new_id()
        call = OutCall(
            id=call_id,
            action=action,
            text=frames.call(call_id, action, payload),
            timeout=self._settings.call_timeout if timeout is None else timeout,
            expires_at=now + self._settings.queue_timeout,
            only_if_idle=only_if_idle,
        )
        if self._closed:
            return call_id, [call.over(Outcome.CLOSED, sent=False)]
        self._outbound.put(call, priority)
        effects: list[Effect] = []
        self._advance(now, effects)
        return call_id, effects

    def tick(self, now: float) -> list[Effect]:
        """Time has passed: end what waited too long, ask what the charger did not say, look at the verdict again."""
        effects: list[Effect] = []
        if self._closed:
            return effects
        self._ticked_at = now
        self._advance(now, effects)
        question = self._inquiry.due(self._charger, now)
        if question is not None:
            self._ask(question, now, effects)
        self._judge(now, effects)
        return effects

    def closed(self, now: float) -> list[Effect]:
        """The socket is gone: every open call of ours is Answered CLOSED, nothing follows."""
        self._closed = True
        self._inbox.waiting.clear()
        return [answer for answer in self._outbound.close() if answer.call_id not in self._asked]

    def require_authorization(self, required: bool) -> None:
        """The installation's setting has changed (a new revision)."""
        self._authorization_required = required

    def bridge(self, bridged: bool) -> None:
        """Whether its messages go up to a backend from now on."""
        self._inbox.bridged = bridged

    def relay(self, action: str, payload: Mapping[str, Any], now: float, *, timeout: float) -> tuple[str, list[Effect]]:
        """As ``call``, for a backend's own words: nothing but their size is judged, and the answer comes as it is.

        Over after ``timeout`` seconds, however long it had to wait before it was written. Ends as NOT_IDLE when the
        charger is ``held`` at the moment of writing.
        """
        call_id = self._outbound.new_id()
        text = frames.call(call_id, action, payload)
        expires_at = now + timeout * RELAY_QUEUE_PART
        call = OutCall(call_id, action, text, timeout, expires_at, as_it_is=True, until=now + timeout)
        if self._closed:
            return call_id, [call.over(Outcome.CLOSED, sent=False)]
        self._outbound.put(call, Priority.COMMAND)
        effects: list[Effect] = []
        self._advance(now, effects)
        return call_id, effects

    def waiting_cars(self) -> list[int]:
        """Connectors where a car is plugged in and nothing runs, by what was reported on this connection."""
        charger = self._charger
        return [
            number
            for number, status in charger.reported.items()
            if number and status == ConnectorStatus.PREPARING and number not in charger.open.values()
        ]

    def activity(self, now: float) -> Activity:
        return self._charger.snapshot(now, len(self._inbox.waiting))

    @property
    def ordered_out(self) -> Collection[int]:
        """Connectors that somebody had taken out of service, and that were not seen in service since."""
        return self._charger.ordered_out

    def order_out(self, connector: int, out: bool) -> None:
        self._charger.order_out(connector, out)

    @property
    def reservations(self) -> Mapping[int, float]:
        """Of whichever connector is free, those of the past too: number to their end."""
        return self._charger.reservations

    def reserve(self, reservations: Mapping[int, float], now: float) -> list[Effect]:
        effects: list[Effect] = []
        self._charger.reservations = dict(reservations)
        self._judge(now, effects)
        return effects

    def shown_out(self) -> Collection[int]:
        """Connectors that have said Unavailable (ChangeAvailability outlives connections and restarts)."""
        return self._charger.shown_out()

    def activity_reason(self, now: float) -> Busy | None:
        """As ``busy_reason``, for who looks again by itself and wants no ring."""
        return self._charger.busy_reason(now, len(self._inbox.waiting))

    def busy_reason(self, now: float) -> Busy | None:
        """None: idle (chargers.link_state). Who is told UNANSWERED is rung for when the answer has gone out."""
        reason = self._charger.busy_reason(now, len(self._inbox.waiting))
        if reason is Busy.UNANSWERED:
            self._owed = True
        return reason

    def is_idle(self, now: float) -> bool:
        return not self._closed and self.busy_reason(now) is None

    def _take_call(self, frame: frames.Call, now: float, effects: list[Effect]) -> None:
        was_booted = self._charger.boot_accepted
        may_change = self._inbox.take(frame, now, self._authorization_required, effects)
        if not self._charger.boot_accepted:
            if may_change and frame.action == ChargerAction.BOOT_NOTIFICATION:
                self._inquiry.pause()
            elif not was_booted:
                self._inquiry.hurry(now + self._settings.settle)
        if may_change:
            self._judge(now, effects)

    def _take_answer(self, frame: frames.CallResult | frames.CallError, now: float, effects: list[Effect]) -> None:
        answered = self._outbound.answer(frame)
        if answered is None:
            effects.append(Noticed(Oddity.LATE_RESULT))
            return
        self._learn(answered, now, effects)
        self._advance(now, effects)

    def _learn(self, answered: Answered, now: float, effects: list[Effect]) -> None:
        """Take what an answer says about the charger, and hand it on unless the question was our own."""
        payload = answered.payload
        refused = (
            answered.outcome in (Outcome.ERROR, Outcome.INVALID) or payload.get("status", "Accepted") != "Accepted"
        )
        if answered.action == CentralAction.GET_CONFIGURATION:
            self._charger.learn_configuration(payload)
            if self._inquiry.next_at is None and self._charger.missing():
                self._inquiry.expect_statuses(now)
        elif refused and answered.action == CentralAction.REMOTE_START_TRANSACTION:
            self._charger.remote_start_until = 0.0
        elif not refused and answered.outcome is Outcome.RESULT and (job := agreed_job(answered)):
            self._charger.agree_to_job(job, now + JOB_GRACE_SECONDS)
        question = self._asked.pop(answered.call_id, None)
        if question is None:
            effects.append(answered)
        elif refused and question.action == CentralAction.TRIGGER_MESSAGE:
            self._inquiry.declined(question, now)

    def _advance(self, now: float, effects: list[Effect]) -> None:
        for effect in self._outbound.advance(now, partial(self._guard, now)):
            if isinstance(effect, Answered):
                self._learn(effect, now, effects)
            else:
                effects.append(effect)
        self._judge(now, effects)

    def _guard(self, now: float, call: OutCall) -> Outcome | None:
        """What forbids writing this call now, in the same turn as it would be written."""
        if not self._charger.boot_accepted and self._asked.get(call.id) is not BOOT:
            return Outcome.NOT_BOOTED
        if (call.only_if_idle and self.busy_reason(now) is not None) or (call.as_it_is and self.held):
            return Outcome.NOT_IDLE
        if call.action == CentralAction.REMOTE_START_TRANSACTION:
            self._charger.remote_start_until = now + self._settings.remote_start_window
        return None

    def _ask(self, question: Question, now: float, effects: list[Effect]) -> None:
        call_id = self._outbound.new_id()
        self._asked[call_id] = question
        text = frames.call(call_id, question.action, question.payload)
        settings = self._settings
        call = OutCall(call_id, question.action, text, settings.call_timeout, now + settings.queue_timeout)
        self._outbound.put(call, Priority.HOUSEKEEPING)
        self._advance(now, effects)

    def _judge(self, now: float, effects: list[Effect]) -> None:
        """Ring when "idle" has changed. A message under way changes nothing, unless somebody was put off by it."""
        idle = self._charger.busy_reason(now, 0) is None
        if idle != self._announced_idle or (idle and self._owed and not self._inbox.waiting):
            self._announced_idle, self._owed = idle, False
            effects.append(Ring(idle))

    def _keep_seen(self, now: float, effects: list[Effect]) -> None:
        """Every record proves life; where none was kept for a while, one that says only that."""
        if now - self._seen_kept < self._settings.seen_interval:
            return
        self._seen_kept = now
        if not any(isinstance(effect, Store) for effect in effects):
            effects.append(self._inbox.keep(Seen(utc(now))))
