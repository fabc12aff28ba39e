"""Remembers which cards chargers were told to refuse: the newest of each charger, for a day."""

from collections.abc import Sequence
from datetime import datetime

from django.db import connection

from gateway.ocpp16.records import TagAnswer
from gateway.ocpp16.vocabulary import AuthorizationStatus
from installations.id_tag import is_id_tag, normal_id_tag

MOST_OF_A_CHARGER = 20

REMEMBER = """
INSERT INTO chargers_refusedtag (charger_id, id_tag, status, refused_at)
SELECT * FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::timestamptz[])
ON CONFLICT (charger_id, id_tag) DO UPDATE SET status = excluded.status, refused_at = excluded.refused_at
"""

FORGET = """
DELETE FROM chargers_refusedtag WHERE id IN (
    SELECT id FROM (
        SELECT id, refused_at, row_number() OVER (PARTITION BY charger_id ORDER BY refused_at DESC, id DESC) AS place
        FROM chargers_refusedtag WHERE charger_id = ANY(%s)
    ) AS mine
    WHERE place > %s OR refused_at < now() - interval '24 h'
)
"""


def remember(asked: Sequence[tuple[int, str, datetime]], answers: Sequence[TagAnswer]) -> None:
    """``asked`` holds (charger, tag, time), a charger at most once. What cannot be a card's number is not kept."""
    rows = sorted(
        (charger, normal_id_tag(tag), answer.status, at)
        for (charger, tag, at), answer in zip(asked, answers, strict=True)
        if answer.status != AuthorizationStatus.ACCEPTED.value and is_id_tag(normal_id_tag(tag))
    )
    if not rows:
        return
    columns = [list(column) for column in zip(*rows, strict=True)]
    with connection.cursor() as cursor:
        cursor.execute(REMEMBER, columns)
        cursor.execute(FORGET, [columns[0], MOST_OF_A_CHARGER])
