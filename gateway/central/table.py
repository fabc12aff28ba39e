"""Which answer each call of a charger gets. What is not in the table is refused, by whether the standard has it."""

from collections.abc import Callable
from typing import Any

from gateway.central.authorize import on_authorize
from gateway.central.metering import on_meter_values
from gateway.central.notices import (
    on_boot,
    on_data_transfer,
    on_diagnostics_status,
    on_firmware_status,
    on_heartbeat,
    on_security_event,
    on_sign_certificate,
    on_status,
)
from gateway.central.reply import Inbound, Reply
from gateway.central.transactions import on_start, on_stop
from gateway.ocpp16.errors import ErrorCode, Refusal
from gateway.ocpp16.vocabulary import ACTIONS, ChargerAction

type Handler = Callable[[Inbound[Any]], Reply]

HANDLERS: dict[str, Handler] = {
    ChargerAction.AUTHORIZE: on_authorize,
    ChargerAction.BOOT_NOTIFICATION: on_boot,
    ChargerAction.DATA_TRANSFER: on_data_transfer,
    ChargerAction.DIAGNOSTICS_STATUS_NOTIFICATION: on_diagnostics_status,
    ChargerAction.FIRMWARE_STATUS_NOTIFICATION: on_firmware_status,
    ChargerAction.HEARTBEAT: on_heartbeat,
    ChargerAction.METER_VALUES: on_meter_values,
    ChargerAction.START_TRANSACTION: on_start,
    ChargerAction.STATUS_NOTIFICATION: on_status,
    ChargerAction.STOP_TRANSACTION: on_stop,
    ChargerAction.SIGN_CERTIFICATE: on_sign_certificate,
    ChargerAction.SECURITY_EVENT_NOTIFICATION: on_security_event,
    ChargerAction.LOG_STATUS_NOTIFICATION: on_diagnostics_status,
    ChargerAction.SIGNED_FIRMWARE_STATUS_NOTIFICATION: on_firmware_status,
}


def refusal(action: str) -> Refusal:
    """For an action without a handler."""
    if action in ACTIONS:
        return Refusal(ErrorCode.NOT_SUPPORTED, "not supported by this central system")
    return Refusal(ErrorCode.NOT_IMPLEMENTED, "no such action in OCPP 1.6")
