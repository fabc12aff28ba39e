"""Charging sessions: stored once by content, whatever a charger repeats; and who may charge."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import connection

from gateway.central.authorize import Card, judge_tag
from gateway.ocpp16.records import Authorize, Meter, Start, StartStored, Stop, TagAnswer
from gateway.store import refused_tags, session_sql, upstream_jobs
from gateway.store.jobs import Recorded
from installations.id_tag import normal_id_tag


def _judge_all(asked: Sequence[tuple[Recorded, str, datetime]]) -> list[TagAnswer]:
    """By the installation's cards, or where a backend authorises by what it said before."""
    native = [(job.charger_id, tag, at) for job, tag, at in asked if job.upward is None]
    bridged = [one for one in asked if one[0].upward is not None]
    by_cards, by_backend = iter(_judge(native) if native else ()), iter(upstream_jobs.judge(bridged) if bridged else ())
    return [next(by_cards if job.upward is None else by_backend) for job, _tag, _at in asked]


def _remember_refused(asked: Sequence[tuple[Recorded, str, datetime]], answers: Sequence[TagAnswer]) -> None:
    """Cards that could be added here; a backend's cards are the backend's."""
    pairs = [(one, answer) for one, answer in zip(asked, answers, strict=True) if one[0].upward is None]
    refused_tags.remember(
        [(job.charger_id, tag, at) for (job, tag, at), _answer in pairs], [answer for _one, answer in pairs]
    )


def _judge(pairs: Sequence[tuple[int, str, datetime]]) -> list[TagAnswer]:
    """For (charger, tag, time): what the installation says of the tag."""
    with connection.cursor() as cursor:
        cursor.execute(
            session_sql.TAGS,
            [
                list(range(len(pairs))),
                [charger for charger, _tag, _at in pairs],
                [normal_id_tag(tag) for _charger, tag, _at in pairs],
            ],
        )
        rows = {row[0]: row[1:] for row in cursor.fetchall()}
    answers = []
    for place, (_charger, _tag, at) in enumerate(pairs):
        required, listed, blocked, expires_at, parent = rows.get(place, (True, False, None, None, None))
        card = Card(blocked, expires_at, parent or "") if listed else None
        answers.append(judge_tag(required=required, card=card, at=at))
    return answers


def authorize(jobs: list[Recorded]) -> list[TagAnswer]:
    asked: list[Authorize] = [job.record for job in jobs]  # type: ignore[misc]  # apply groups jobs by record
    questions = [(job, one.id_tag, one.received_at) for job, one in zip(jobs, asked, strict=True)]
    answers = _judge_all(questions)
    _remember_refused(questions, answers)
    return answers


def start(jobs: list[Recorded]) -> list[StartStored]:
    starts: list[Start] = [job.record for job in jobs]  # type: ignore[misc]  # apply groups jobs by record
    questions = [(job, one.id_tag, one.received_at) for job, one in zip(jobs, starts, strict=True)]
    tags = _judge_all(questions)
    _remember_refused(questions, tags)
    dated = [place for place, one in enumerate(starts) if one.started_at is not None]
    undated = [place for place, one in enumerate(starts) if one.started_at is None]
    # One job per charger in a wave: the charger tells the rows apart.
    rows: dict[int, tuple[int, bool]] = {}
    for places, statement in ((dated, session_sql.START), (undated, session_sql.START_UNDATED)):
        rows |= _insert([(jobs[place].charger_id, starts[place], tags[place]) for place in places], statement)
    _use_reservations([(job.charger_id, one) for job, one in zip(jobs, starts, strict=True)])
    over = _end_others(
        [(rows[job.charger_id][0], job.charger_id, one) for job, one in zip(jobs, starts, strict=True)
         if rows[job.charger_id][1]]
    )  # fmt: skip
    return [
        StartStored(number, tag, still_open and number not in over)
        for (number, still_open), tag in zip((rows[job.charger_id] for job in jobs), tags, strict=True)
    ]


def _insert(rows: Sequence[tuple[int, Start, TagAnswer]], statement: str) -> dict[int, tuple[int, bool]]:
    """By charger: the session's id, and whether it still runs."""
    if not rows:
        return {}
    values = [
        (charger, one.connector, one.id_tag, tag.status, one.reservation_id, one.meter_start, one.started_at,
         one.received_at, json.dumps(one.flags))
        for charger, one, tag in rows
    ]  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(statement, [list(column) for column in zip(*values, strict=True)])
        return {charger: (number, still_open) for number, charger, still_open in cursor.fetchall()}


def _use_reservations(rows: Sequence[tuple[int, Start]]) -> None:
    used = [(charger, str(one.reservation_id)) for charger, one in rows if one.reservation_id is not None]
    if used:
        with connection.cursor() as cursor:
            cursor.execute(session_sql.USE_RESERVATION, [list(column) for column in zip(*used, strict=True)])


def _end_others(opened: Sequence[tuple[int, int, Start]]) -> set[int]:
    """What these sessions prove to be over ends; answers those of them that were told late and are over themselves."""
    if not opened:
        return set()
    values = [(number, charger, one.connector, one.received_at, one.started_at) for number, charger, one in opened]
    with connection.cursor() as cursor:
        cursor.execute(session_sql.END_OLDER, [list(column) for column in zip(*values, strict=True)])
        cursor.execute(session_sql.END_LATE, [[row[0] for row in values], [row[3] for row in values]])
        return {row[0] for row in cursor.fetchall()}


def stop(jobs: list[Recorded]) -> list[TagAnswer | None]:
    stops: list[Stop] = [job.record for job in jobs]  # type: ignore[misc]  # apply groups jobs by record
    columns: list[Any] = [
        [one.transaction_id for one in stops],
        [job.charger_id for job in jobs],
        [one.meter_stop for one in stops],
        [one.stopped_at for one in stops],
        [one.received_at for one in stops],
        [one.reason for one in stops],
        [one.id_tag for one in stops],
        [json.dumps(one.flags) for one in stops],
    ]
    with connection.cursor() as cursor:
        cursor.execute(session_sql.CONTRADICT, columns)
        cursor.execute(session_sql.STOP, columns)
        cursor.execute(session_sql.ORPHAN, columns)
        orphans = dict(cursor.fetchall())
    _keep_samples(
        [
            (job.charger_id, 0, orphans.get(job.charger_id, one.transaction_id), job.charger_id in orphans, one)
            for job, one in zip(jobs, stops, strict=True)
        ]
    )
    asked = [(job, one.id_tag, one.received_at) for job, one in zip(jobs, stops, strict=True) if one.id_tag]
    answers = iter(_judge_all(asked) if asked else [])
    return [next(answers) if one.id_tag else None for one in stops]


def meter(jobs: list[Recorded]) -> list[None]:
    meters: list[Meter] = [job.record for job in jobs]  # type: ignore[misc]  # apply groups jobs by record
    _keep_samples(
        [(job.charger_id, one.connector, one.transaction_id, False, one) for job, one in zip(jobs, meters, strict=True)]
    )
    return [None] * len(jobs)


def _keep_samples(rows: Sequence[tuple[int, int, int | None, bool, Meter | Stop]]) -> None:
    """``rows`` hold charger, connector, session and whether that is an orphan, and who brings the samples."""
    flat = [
        (charger, connector, transaction, orphan, sample.sampled_at, told.received_at, sample.sampled_values,
         sample.digest)
        for charger, connector, transaction, orphan, told in rows
        for sample in told.samples
    ]  # fmt: skip
    if flat:
        with connection.cursor() as cursor:
            cursor.execute(session_sql.METER, [list(column) for column in zip(*flat, strict=True)])
