"""Applies a batch of jobs: set-based per kind, and in order for each charger."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Any

from gateway.ocpp16 import records
from gateway.store import (
    autostart_jobs,
    link_jobs,
    link_password_jobs,
    local_list_jobs,
    push_jobs,
    record_jobs,
    request_jobs,
    security_jobs,
    transaction_jobs,
    upstream_jobs,
)
from gateway.store.jobs import (
    BeginPush,
    CloseFence,
    Connect,
    Disconnect,
    EndMessages,
    EndPassword,
    EndPush,
    EndRequest,
    Job,
    KeepCandidate,
    KeepLocalList,
    KeepReported,
    KeepReservations,
    KeepTag,
    MapTransaction,
    NotStarted,
    OrderOut,
    Raise,
    Recorded,
    RefuseLogin,
    Reroute,
    RingFor,
    SendPassword,
    StartFreely,
    StepPush,
    TellUpstream,
)

# Each takes all jobs of one kind and answers their results in order.
APPLIERS: dict[type, Callable[[list[Any]], Sequence[Any]]] = {
    Connect: link_jobs.connect,
    Disconnect: link_jobs.disconnect,
    Raise: link_jobs.raise_alarm,
    CloseFence: link_jobs.close_fence,
    OrderOut: link_jobs.order_out,
    KeepReservations: link_jobs.keep_reservations,
    KeepCandidate: link_jobs.keep_candidate,
    SendPassword: link_password_jobs.send,
    EndPassword: link_password_jobs.end,
    RefuseLogin: link_password_jobs.refuse_login,
    KeepReported: link_jobs.keep_reported,
    BeginPush: push_jobs.begin,
    StepPush: push_jobs.step,
    EndPush: push_jobs.end,
    EndRequest: request_jobs.end,
    Reroute: upstream_jobs.reroute,
    TellUpstream: upstream_jobs.tell,
    EndMessages: upstream_jobs.end_messages,
    MapTransaction: upstream_jobs.map_transaction,
    KeepTag: upstream_jobs.keep_tag,
    StartFreely: autostart_jobs.start_freely,
    NotStarted: autostart_jobs.not_started,
    KeepLocalList: local_list_jobs.keep,
    records.Boot: record_jobs.boot,
    records.Status: record_jobs.status,
    records.FirmwareStatus: record_jobs.firmware_status,
    records.DiagnosticsStatus: record_jobs.diagnostics_status,
    records.SecurityEvent: security_jobs.keep,
    records.Authorize: transaction_jobs.authorize,
    records.Start: transaction_jobs.start,
    records.Stop: transaction_jobs.stop,
    records.Meter: transaction_jobs.meter,
}

CHANGES_IDLE = (records.Boot, records.Start, records.Stop)


def apply(jobs: Sequence[Job]) -> list[Any]:
    """Results in the order of the jobs. Jobs of one charger take effect in their order, others together by kind."""
    results: list[Any] = [None] * len(jobs)
    for wave in _waves(jobs):
        for kind, places in wave.items():
            applier = APPLIERS.get(kind)
            if applier is None:
                continue
            answers = applier([jobs[place] for place in places])
            for place, answer in zip(places, answers, strict=True):
                results[place] = answer
    upstream_jobs.queue(jobs, results)
    record_jobs.seen([job for job in jobs if isinstance(job, Recorded)])
    return results


def _waves(jobs: Sequence[Job]) -> list[dict[type, list[int]]]:
    """A charger's n-th job is in wave n; meter values repeat safely and may share one."""
    turn: dict[int, int] = defaultdict(int)
    waves: list[dict[type, list[int]]] = []
    for place, job in enumerate(jobs):
        kind = _kind(job)
        if kind not in APPLIERS:
            continue
        number = turn[job.charger_id]
        turn[job.charger_id] += 1
        if number == len(waves):
            waves.append(defaultdict(list))
        waves[number][kind].append(place)
    return waves


def _kind(job: Job) -> type:
    return type(job.record) if isinstance(job, Recorded) else type(job)


def comes_back(jobs: Sequence[Job]) -> tuple[set[int], set[int]]:
    """Chargers that booted, and chargers that connected: what they hold may have changed."""
    booted = {job.charger_id for job in jobs if isinstance(job, Recorded) and isinstance(job.record, records.Boot)}
    return booted, {job.charger_id for job in jobs if isinstance(job, Connect)} - booted


def rings(jobs: Sequence[Job]) -> set[int]:
    """Chargers whose open delivery should be looked at again."""
    return {
        job.charger_id
        for job in jobs
        if isinstance(job, RingFor | Connect | Disconnect)
        or (isinstance(job, Recorded) and isinstance(job.record, CHANGES_IDLE))
    }
