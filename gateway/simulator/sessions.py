"""Cars at the connectors: they come, are authorised, charge and leave. Pure; what happens is told through ``tell``."""

import random
from collections.abc import Callable
from typing import Any

from gateway.simulator.connector import Connector, Status, Transaction, Visit
from gateway.simulator.line import Message, status_notification
from gateway.simulator.reservations import Reservations
from gateway.simulator.values import SHORTEST_PREPARE_SECONDS, Pace, timestamp

WATT_HOURS_PER_SECOND = 3
# What a car takes that nobody limits: 10.8 kW on three phases.
CAR_AMPS = WATT_HOURS_PER_SECOND * 3600 / 690
SUSPENDED_PART = 0.15


class Sessions:
    """``tell`` hands a message to every central system; ``ask`` to the one that authorises: False when it is away."""

    def __init__(
        self,
        connectors: int,
        pace: Pace,
        rng: random.Random,
        tell: Callable[[Message], None],
        ask: Callable[[Message], bool],
    ) -> None:
        self.connectors = [Connector(number) for number in range(connectors + 1)]
        self.next_number = 1
        self._pace = pace
        self._rng = rng
        self._tell = tell
        self._ask = ask
        self.reservations = Reservations(self.connectors, self._move)
        self.limit_of: Callable[[Connector, float], float | None] = lambda _connector, _now: None

    @property
    def transaction_open(self) -> bool:
        return any(connector.transaction for connector in self.connectors)

    def statuses(self) -> dict[int, str]:
        return {connector.number: connector.status.value for connector in self.connectors}

    def due(self) -> float | None:
        times = [at for connector in self.connectors for at in (connector.next_at, connector.meter_at)]
        times.append(self.reservations.due())
        return min((at for at in times if at is not None), default=None)

    def random_seconds(self) -> float:
        return self._rng.uniform(*self._pace.session)

    def arrive(self, number: int, visit: Visit, now: float) -> bool:
        """False sends the car away: the connector is taken, kept for another card, or out of service."""
        if not 0 < number < len(self.connectors):
            return False
        connector = self.connectors[number]
        if not connector.operative or not self.reservations.admits(connector, visit.id_tag):
            return False
        connector.visit = visit
        connector.next_at = now + max(self._pace.prepare, SHORTEST_PREPARE_SECONDS)
        self._move(connector, Status.PREPARING, now)
        return True

    def tick(self, offline_allowed: Callable[[str], bool], now: float) -> None:
        self.obey_limits(now)
        self.reservations.tick(now)
        for connector in self.connectors[1:]:
            if connector.next_at is not None and now >= connector.next_at:
                self._step(connector, offline_allowed, now)
            if connector.meter_at is not None and now >= connector.meter_at:
                connector.meter_at = now + self._pace.meter
                self.read_meter(connector, now, context="Sample.Periodic")

    def obey_limits(self, now: float) -> None:
        """At 0 A the transaction goes on without current."""
        for connector in self.connectors[1:]:
            paused = connector.transaction is not None and self.limit_of(connector, now) == 0
            if paused and connector.status is Status.CHARGING:
                self._move(connector, Status.SUSPENDED_EVSE, now)
            elif not paused and connector.status is Status.SUSPENDED_EVSE:
                self._move(connector, Status.CHARGING, now)

    def _charged(self, connector: Connector, seconds: float, now: float) -> int:
        """Watt-hours in that time, under the limit of now."""
        amps = self.limit_of(connector, now)
        part = 1.0 if amps is None else min(1.0, amps / CAR_AMPS)
        return round(seconds * WATT_HOURS_PER_SECOND * part)

    def _step(self, connector: Connector, offline_allowed: Callable[[str], bool], now: float) -> None:
        connector.next_at = None
        visit = connector.visit
        match connector.status:
            case Status.PREPARING if visit is not None and visit.authorize:
                question = Message("Authorize", {"idTag": visit.id_tag}, connector=connector.number)
                if not self._ask(question):
                    self.authorised(connector.number, offline_allowed(visit.id_tag), now)
            case Status.PREPARING:
                self._begin(connector, now)
            case Status.CHARGING if visit is not None:
                self._move(connector, Status.SUSPENDED_EV, now)
                connector.next_at = now + visit.seconds * SUSPENDED_PART
            case Status.SUSPENDED_EV | Status.SUSPENDED_EVSE:
                self.stop(connector, "EVDisconnected", now)
            case Status.FINISHING:
                connector.leave()
                self._move(connector, connector.rest, now)

    def authorised(self, number: int, accepted: bool, now: float) -> None:
        """The answer to Authorize, or what the charger decides by itself where nobody answers."""
        connector = self.connectors[number]
        if connector.status is not Status.PREPARING or connector.transaction is not None:
            return
        if accepted and connector.visit is not None:
            self._begin(connector, now)
        else:
            connector.leave()
            self._move(connector, connector.rest, now)

    def unanswered(self, now: float) -> None:
        """The central system that was asked is gone: judge those who wait for its answer again."""
        for connector in self.connectors[1:]:
            if connector.status is Status.PREPARING and connector.next_at is None:
                connector.next_at = now

    def _begin(self, connector: Connector, now: float) -> None:
        assert connector.visit is not None
        transaction = Transaction(self.next_number, connector.visit.id_tag, connector.meter, now)
        self.next_number += 1
        connector.transaction = transaction
        connector.next_at = now + connector.visit.seconds * (1 - SUSPENDED_PART)
        connector.meter_at = now + self._pace.meter
        payload = {
            "connectorId": connector.number,
            "idTag": transaction.id_tag,
            "meterStart": transaction.meter_start,
            "timestamp": timestamp(now),
        }
        reservation = self.reservations.take(connector.number, transaction.id_tag)
        if reservation is not None:
            payload["reservationId"] = reservation
        self._tell(Message("StartTransaction", payload, transaction.number, connector.number))
        self._move(connector, Status.CHARGING, now)
        self.obey_limits(now)

    def read_meter(self, connector: Connector, now: float, *, context: str, triggered: bool = False) -> None:
        transaction = connector.transaction
        if transaction is not None:
            connector.meter += self._charged(connector, self._pace.meter, now)
        sample: dict[str, Any] = {
            "value": str(connector.meter),
            "context": context,
            "measurand": "Energy.Active.Import.Register",
            "unit": "Wh",
        }
        values = [{"timestamp": timestamp(now), "sampledValue": [sample]}]
        number = None if transaction is None else transaction.number
        payload = {"connectorId": connector.number, "meterValue": values}
        self._tell(Message("MeterValues", payload, number, connector.number, triggered))

    def refused(self, number: int, now: float) -> None:
        """The central system does not want the transaction with this number of ours (idTagInfo not Accepted)."""
        for connector in self.connectors:
            if connector.transaction is not None and connector.transaction.number == number:
                self.stop(connector, "DeAuthorized", now)

    def stop(self, connector: Connector, reason: str, now: float) -> None:
        transaction = connector.transaction
        assert transaction is not None
        connector.meter += self._charged(connector, 1, now)
        payload = {
            "idTag": transaction.id_tag,
            "meterStop": connector.meter,
            "timestamp": timestamp(now),
            "reason": reason,
        }
        self._tell(Message("StopTransaction", payload, transaction.number, connector.number))
        connector.transaction = None
        connector.meter_at = None
        connector.next_at = now + self._pace.finish
        self._move(connector, Status.FINISHING, now)
        for waiting in (connector, self.connectors[0]):
            if waiting.becomes is not None and (waiting.number or not self.transaction_open):
                waiting.operative, waiting.becomes = waiting.becomes, None
        self._rest(self.connectors[0], now)

    def lost_power(self, connector: Connector, transaction: Transaction, now: float) -> None:
        """It was open when the power went; ``power_cycle`` follows."""
        connector.transaction, connector.status = transaction, Status.CHARGING
        self.stop(connector, "PowerLoss", now)

    def send_all_away(self, reason: str, now: float) -> None:
        """End every transaction, and let nobody begin who only waits."""
        for connector in self.connectors:
            if connector.transaction is not None:
                self.stop(connector, reason, now)
            elif connector.status is Status.PREPARING:
                connector.leave()
                self._move(connector, connector.rest, now)

    def set_availability(self, number: int, operative: bool, now: float) -> bool:
        """ChangeAvailability (1.6, 5.2). True: done. False: scheduled for the end of the transaction."""
        concerned = self.connectors if number == 0 else [self.connectors[number]]
        charging = any(connector.transaction for connector in concerned)
        done = True
        for connector in concerned:
            waits = connector.transaction is not None or (connector.number == 0 and charging)
            if waits and operative != connector.operative:
                connector.becomes = operative
                done = False
                continue
            connector.becomes = None
            connector.operative = operative
            if not operative:
                self.reservations.closed(connector.number)
            if not waits:
                self._rest(connector, now)
        return done

    def _rest(self, connector: Connector, now: float) -> None:
        """Show what a change of availability did; a connector taken out of service sends a waiting car away."""
        busy = connector.status in (Status.PREPARING, Status.FINISHING)
        if busy and connector.operative:
            return
        if busy:
            connector.leave()
        if connector.transaction is None:
            self._move(connector, connector.rest, now)

    def _move(self, connector: Connector, status: Status, now: float) -> None:
        if connector.move(status):
            payload = status_notification(connector.number, status, now)
            self._tell(Message("StatusNotification", payload, connector=connector.number))
