"""Answers to what a charger announces: boot, heartbeat, status, jobs, vendor data, security events."""

from chargers.link_state import Busy
from gateway.central import answers
from gateway.central.reply import Inbound, Reply, cut
from gateway.clock import read_time
from gateway.ocpp16 import records
from gateway.ocpp16.effects import Oddity
from gateway.ocpp16.messages import (
    BootRequest,
    DataTransferRequest,
    HeartbeatRequest,
    JobStatusRequest,
    SecurityEventRequest,
    SignRequest,
    StatusRequest,
)

JOB_WIDTH = 30


def on_boot(inbound: Inbound[BootRequest]) -> Reply:
    """Until the boot is stored nothing else is answered; the boot number counts accepted boots."""
    boot, activity = inbound.message, inbound.activity
    activity.boot_accepted = False
    record = records.Boot(
        received_at=inbound.received_at,
        boot_number=activity.boot_number + 1,
        vendor=cut(boot.charge_point_vendor, 50),
        model=cut(boot.charge_point_model, 50),
        firmware=cut(boot.firmware_version, 50),
        serial_number=cut(boot.charge_point_serial_number or boot.charge_box_serial_number, 50),
    )
    return Reply(record=record, idle_may_change=True)


def on_heartbeat(inbound: Inbound[HeartbeatRequest]) -> Reply:
    return Reply(answers.heartbeat(inbound.now))


def on_status(inbound: Inbound[StatusRequest]) -> Reply:
    """Impossible connectors and statuses are answered and not kept."""
    status, activity = inbound.message, inbound.activity
    if not activity.report(status.connector_id, cut(status.status, 20)):
        return Reply(oddity=Oddity.ABSURD_CONNECTOR)
    reported_at = read_time(status.timestamp) if status.timestamp else None
    record = records.Status(
        received_at=inbound.received_at,
        boot_number=activity.boot_number,
        connector=status.connector_id,
        status=cut(status.status, 20),
        error_code=cut(status.error_code, 40),
        connector_count=activity.connector_count,
        info=cut(status.info, 100),
        reported_at=reported_at,
        clock_offset_seconds=(
            None
            if reported_at is None
            else round(activity.hear_clock(reported_at.timestamp() - inbound.now, inbound.now), 1)
        ),
    )
    return Reply(record=record, idle_may_change=True)


def on_firmware_status(inbound: Inbound[JobStatusRequest]) -> Reply:
    status = cut(inbound.message.status, JOB_WIDTH)
    inbound.activity.hear_of_job(Busy.FIRMWARE, status)
    return Reply(record=records.FirmwareStatus(inbound.received_at, status), idle_may_change=True)


def on_diagnostics_status(inbound: Inbound[JobStatusRequest]) -> Reply:
    status = cut(inbound.message.status, JOB_WIDTH)
    inbound.activity.hear_of_job(Busy.DIAGNOSTICS, status)
    return Reply(record=records.DiagnosticsStatus(inbound.received_at, status), idle_may_change=True)


def on_data_transfer(inbound: Inbound[DataTransferRequest]) -> Reply:
    """We know no vendor's messages (6.16); a backend may."""
    if inbound.bridged:
        return Reply(record=records.DataTransfer(inbound.received_at))
    return Reply(answers.status("UnknownVendorId"))


def on_security_event(inbound: Inbound[SecurityEventRequest]) -> Reply:
    """Answered when it is stored: a charger repeats what it got no answer for."""
    event = inbound.message
    return Reply(
        record=records.SecurityEvent(
            received_at=inbound.received_at,
            kind=cut(event.type, 50),
            reported_at=read_time(event.timestamp),
            info=cut(event.tech_info, 255),
        )
    )


def on_sign_certificate(inbound: Inbound[SignRequest]) -> Reply:
    """The gateway issues no certificates, and says so as the whitepaper wants it."""
    return Reply(answers.status("Rejected"))
