"""Meter values, each known by its content: what a charger repeats is the same sample."""

from collections.abc import Sequence
from hashlib import sha256

import msgspec

from gateway.central.reply import Inbound, Reply
from gateway.clock import read_time, utc
from gateway.ocpp16 import records
from gateway.ocpp16.activity import MAX_CONNECTORS
from gateway.ocpp16.effects import Oddity
from gateway.ocpp16.messages import MeterValue, MeterValuesRequest

_encode = msgspec.json.Encoder().encode


def on_meter_values(inbound: Inbound[MeterValuesRequest]) -> Reply:
    message, activity = inbound.message, inbound.activity
    connector, flags = clamp_connector(message.connector_id)
    # Ours are positive; some chargers write 0 for "no transaction".
    transaction_id = number_of(message.transaction_id) if message.transaction_id else None
    foreign = transaction_id is not None and activity.speaks_of(transaction_id, connector)
    samples, more = read_samples(
        message.meter_value, connector=connector, transaction_id=transaction_id, now=inbound.now
    )
    record = records.Meter(
        received_at=inbound.received_at,
        connector=connector,
        transaction_id=transaction_id,
        samples=samples,
        flags=(*inbound.flags, *flags, *more),
    )
    return Reply(record=record, oddity=Oddity.FOREIGN_TRANSACTION if foreign else None, idle_may_change=foreign)


def read_samples(
    elements: Sequence[MeterValue], *, connector: int, transaction_id: int | None, now: float
) -> tuple[tuple[records.Sample, ...], tuple[str, ...]]:
    """Samples in the charger's order, and flags. An unreadable timestamp becomes the time of receipt.

    The digest covers transaction, the charger's own timestamp and the values in canonical JSON; the connector only
    where no transaction of ours tells it, because a repeated StopTransaction cannot say it again.
    ``Celcius``, the 1.6 spelling, is kept as ``Celsius``.
    """
    samples: list[records.Sample] = []
    flags: tuple[str, ...] = ()
    at = 0 if transaction_id is not None and transaction_id > 0 else connector
    for element in elements:
        values = _encode(element.sampled_value)
        if b'"Celcius"' in values:
            values = values.replace(b'"unit":"Celcius"', b'"unit":"Celsius"')
        digest = sha256(b"%d %d %b %b" % (at, transaction_id or 0, element.timestamp.encode(), values)).digest()
        sampled_at = read_time(element.timestamp)
        if sampled_at is None:
            sampled_at, flags = utc(now), ("timestamp_unreadable",)
        samples.append(records.Sample(sampled_at, values.decode(), digest))
    return tuple(samples), flags


def number_of(transaction_id: int) -> int:
    """A transaction id that can be kept (32 bit); what cannot is nobody's, like -1."""
    return transaction_id if abs(transaction_id) < 2**31 else -1


def clamp_connector(connector: int) -> tuple[int, tuple[str, ...]]:
    """A connector number that can be true, else 0 (the charge point) and a flag."""
    return (connector, ()) if 0 <= connector <= MAX_CONNECTORS else (0, ("connector_absurd",))
