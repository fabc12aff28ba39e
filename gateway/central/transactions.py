"""StartTransaction and StopTransaction: whatever can be read is stored and answered; the rest is flagged."""

from gateway.central.authorize import MAX_ID_TAG
from gateway.central.metering import clamp_connector, number_of, read_samples
from gateway.central.reply import Inbound, Reply, cut
from gateway.clock import read_time
from gateway.ocpp16 import records
from gateway.ocpp16.effects import Oddity
from gateway.ocpp16.messages import StartRequest, StopRequest

ID_TAG_WIDTH = 20


def on_start(inbound: Inbound[StartRequest]) -> Reply:
    start = inbound.message
    connector, flags = clamp_connector(start.connector_id)
    started_at = read_time(start.timestamp)
    record = records.Start(
        received_at=inbound.received_at,
        connector=connector,
        id_tag=cut(start.id_tag, MAX_ID_TAG),
        meter_start=start.meter_start,
        started_at=started_at,
        reservation_id=_int32(start.reservation_id),
        flags=(
            *inbound.flags,
            *flags,
            *_flag(started_at is None, "timestamp_unreadable"),
            *_flag(start.meter_start is None, "meter_start_missing"),
            *_flag(len(start.id_tag) > ID_TAG_WIDTH, "id_tag_long"),
        ),
    )
    inbound.activity.starting += 1
    inbound.activity.remote_start_until = 0.0
    if record.reservation_id is not None:
        inbound.activity.reservations.pop(record.reservation_id, None)
    return Reply(record=record, oddity=Oddity.FLAGGED if record.flags else None, idle_may_change=True)


def on_stop(inbound: Inbound[StopRequest]) -> Reply:
    """The transaction stays open until the stop is stored. An id we do not know as open is the store's to judge."""
    stop, activity = inbound.message, inbound.activity
    transaction_id = number_of(stop.transaction_id)
    known = transaction_id in activity.open
    stopped_at = read_time(stop.timestamp)
    samples, more = read_samples(
        stop.transaction_data or (),
        connector=activity.open.get(transaction_id, 0),
        transaction_id=transaction_id,
        now=inbound.now,
    )
    record = records.Stop(
        received_at=inbound.received_at,
        transaction_id=transaction_id,
        known=known,
        meter_stop=stop.meter_stop,
        stopped_at=stopped_at,
        id_tag=cut(stop.id_tag, MAX_ID_TAG),
        reason=cut(stop.reason, 20),
        samples=samples,
        flags=(
            *inbound.flags,
            *more,
            *_flag(stopped_at is None, "stop_timestamp_unreadable"),
            *_flag(stop.meter_stop is None, "meter_stop_missing"),
        ),
    )
    oddity = Oddity.FLAGGED if record.flags else None if known else Oddity.FOREIGN_TRANSACTION
    return Reply(record=record, oddity=oddity, idle_may_change=True)


def _flag(applies: bool, name: str) -> tuple[str, ...]:
    return (name,) if applies else ()


def _int32(number: int | None) -> int | None:
    return number if number is not None and abs(number) < 2**31 else None
