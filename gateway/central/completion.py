"""The answer to a charger's call once the store has spoken, and what that changes in what we know of the charger."""

from gateway.central import answers
from gateway.ocpp16.activity import ChargerActivity
from gateway.ocpp16.errors import ErrorCode, Refusal
from gateway.ocpp16.records import (
    Authorize,
    Boot,
    DataTransfer,
    Record,
    Relayed,
    Start,
    StartStored,
    Stop,
    StoreFailed,
    StoreResult,
    TagAnswer,
)
from gateway.ocpp16.vocabulary import RegistrationStatus

BOOT_RETRY_SECONDS = 30
NOT_STORED = Refusal(ErrorCode.INTERNAL_ERROR, "not stored, please repeat")


def complete(
    record: Record,
    result: StoreResult,
    activity: ChargerActivity,
    now: float,
    *,
    heartbeat_interval: int,
    settled_at: float,
) -> bytes | Refusal:
    """A CALLERROR makes the charger repeat a transaction message (EJ-3.3), so only what was not stored gets one.

    A boot that could not be stored is Pending: the charger waits and boots again, and is not told Accepted before we
    would remember it.
    """
    match record, result:
        case Boot(), StoreFailed():
            return answers.boot(now, RegistrationStatus.PENDING, BOOT_RETRY_SECONDS)
        case Boot(), _:
            activity.booted(record.boot_number, settled_at)
            return answers.boot(now, RegistrationStatus.ACCEPTED, heartbeat_interval)
        case Start(), _:
            activity.starting -= 1
            if not isinstance(result, StartStored):
                return NOT_STORED
            if result.open:
                activity.start(result.transaction_id, record.connector)
            return answers.start(result)
        case DataTransfer(), Relayed():
            return result.payload
        case DataTransfer(), _:
            return answers.status("UnknownVendorId")
        case _, StoreFailed():
            return NOT_STORED
        case Stop(), _:
            activity.end(record.transaction_id)
            return answers.stop(result if isinstance(result, TagAnswer) else None)
        case Authorize(), TagAnswer():
            return answers.authorize(result)
        case Authorize(), _:
            return NOT_STORED
        case _:
            return answers.EMPTY
