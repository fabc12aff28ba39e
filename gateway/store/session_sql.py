"""The statements that keep charging sessions and meter values. Each takes columns (unnest) and may run again."""

# Card answers. LIMIT keeps the planner from joining the whole view: each tag is an index look-up.
TAGS = """
SELECT t.place, coalesce(r.authorization_required, true), g.card_id IS NOT NULL, g.blocked, g.expires_at,
       g.parent_id_tag
FROM unnest(%s::int[], %s::bigint[], %s::text[]) AS t(place, charger_id, id_tag)
JOIN chargers_charger c ON c.id = t.charger_id
JOIN installations_installation i ON i.id = c.installation_id
LEFT JOIN installations_authenticationrevision r ON r.id = i.revision_id
LEFT JOIN LATERAL (
    SELECT * FROM installations_decidingcard d WHERE d.installation_id = i.id AND d.id_tag = t.id_tag LIMIT 1
) AS g ON true
"""

# The update of a conflict changes nothing but makes RETURNING answer the row that was there first.
_START = """
INSERT INTO chargers_transaction (charger_id, installation_id, connector, id_tag, id_tag_status, reservation_id,
    meter_start, started_at, start_received_at, stop_reason, stop_id_tag, orphan, flags)
SELECT t.charger_id, c.installation_id, t.connector, t.id_tag, t.status, t.reservation_id, t.meter_start,
    t.started_at, t.at, '', '', false, t.flags
FROM unnest(%s::bigint[], %s::int[], %s::text[], %s::text[], %s::int[], %s::bigint[], %s::timestamptz[],
    %s::timestamptz[], %s::jsonb[])
    AS t(charger_id, connector, id_tag, status, reservation_id, meter_start, started_at, at, flags)
JOIN chargers_charger c ON c.id = t.charger_id
"""
_SAME_AS_BEFORE = "DO UPDATE SET connector = excluded.connector RETURNING id, charger_id, stop_received_at IS NULL"
START = (
    f"{_START} ON CONFLICT (charger_id, connector, id_tag, started_at, meter_start)"
    f" WHERE NOT orphan AND started_at IS NOT NULL {_SAME_AS_BEFORE}"
)
# A start without a time is known by the rest, while it runs.
START_UNDATED = (
    f"{_START} ON CONFLICT (charger_id, connector, id_tag, meter_start)"
    f" WHERE NOT orphan AND started_at IS NULL AND stop_received_at IS NULL {_SAME_AS_BEFORE}"
)

# A new session on a connector ends what was still open there: its stop was lost. Unless the new one is an old one,
# told late: it began before a session that was told as it began.
END_OLDER = """
UPDATE chargers_transaction o SET stop_received_at = t.at, stop_reason = '', flags = o.flags || '["stop_lost"]'
FROM unnest(%s::int[], %s::bigint[], %s::int[], %s::timestamptz[], %s::timestamptz[])
    AS t(id, charger_id, connector, at, started_at)
WHERE o.charger_id = t.charger_id AND o.connector = t.connector AND o.id < t.id
  AND o.stop_received_at IS NULL AND NOT o.orphan
  AND NOT coalesce(
      o.started_at - t.started_at BETWEEN interval '1 second' AND interval '30 days'
      AND t.at - t.started_at > interval '5 minutes'
      AND o.start_received_at - o.started_at BETWEEN interval '-5 minutes' AND interval '5 minutes', false)
"""

# Such a late one is over: its stop follows, or was lost.
END_LATE = """
UPDATE chargers_transaction n SET stop_received_at = t.at, flags = n.flags || '["stop_lost"]'
FROM unnest(%s::int[], %s::timestamptz[]) AS t(id, at)
WHERE n.id = t.id AND EXISTS (
    SELECT 1 FROM chargers_transaction o WHERE o.charger_id = n.charger_id AND o.connector = n.connector
      AND o.id < n.id AND o.stop_received_at IS NULL AND NOT o.orphan)
RETURNING n.id
"""

_STOPS = """
unnest(%s::int[], %s::bigint[], %s::bigint[], %s::timestamptz[], %s::timestamptz[], %s::text[], %s::text[],
       %s::jsonb[]) AS t(id, charger_id, meter_stop, stopped_at, at, reason, id_tag, flags)
"""

# The first stop stands; one that says something else is worth a look.
CONTRADICT = f"""
UPDATE chargers_transaction x SET flags = x.flags || '["stop_contradicted"]' FROM {_STOPS}
WHERE x.id = t.id AND x.charger_id = t.charger_id AND NOT x.orphan
  AND x.stop_received_at IS NOT NULL AND NOT x.flags @> '["stop_lost"]' AND NOT x.flags @> '["stop_contradicted"]'
  AND (x.meter_stop <> t.meter_stop OR x.stopped_at <> t.stopped_at)
"""  # noqa: S608  a constant

STOP = f"""
UPDATE chargers_transaction x SET meter_stop = t.meter_stop, stopped_at = t.stopped_at, stop_received_at = t.at,
    stop_reason = t.reason, stop_id_tag = t.id_tag, flags = (x.flags - 'stop_lost') || t.flags FROM {_STOPS}
WHERE x.id = t.id AND x.charger_id = t.charger_id AND NOT x.orphan
  AND (x.stop_received_at IS NULL OR x.flags @> '["stop_lost"]')
"""  # noqa: S608  a constant

ORPHAN = f"""
INSERT INTO chargers_transaction (charger_id, installation_id, connector, id_tag, id_tag_status, meter_stop,
    stopped_at, stop_received_at, stop_reason, stop_id_tag, foreign_id, orphan, flags)
SELECT t.charger_id, c.installation_id, 0, '', '', t.meter_stop, t.stopped_at, t.at, t.reason, t.id_tag, t.id, true,
    t.flags
FROM {_STOPS} JOIN chargers_charger c ON c.id = t.charger_id
WHERE NOT EXISTS (SELECT 1 FROM chargers_transaction x
                  WHERE x.id = t.id AND x.charger_id = t.charger_id AND NOT x.orphan)
ON CONFLICT (charger_id, foreign_id, stopped_at, meter_stop) WHERE orphan
DO UPDATE SET orphan = true
RETURNING charger_id, id
"""  # noqa: S608  a constant

# Values that name no session are those of the one that runs at their connector.
METER = """
INSERT INTO chargers_metervalue (charger_id, connector, transaction_id, sampled_at, received_at, sampled_values, digest)
SELECT t.charger_id, coalesce(x.connector, t.connector), coalesce(x.id, o.id), t.sampled_at, t.at, t.sampled, t.digest
FROM unnest(%s::bigint[], %s::int[], %s::int[], %s::boolean[], %s::timestamptz[], %s::timestamptz[], %s::jsonb[],
            %s::bytea[]) AS t(charger_id, connector, transaction_id, orphan, sampled_at, at, sampled, digest)
LEFT JOIN chargers_transaction x ON x.id = t.transaction_id AND x.charger_id = t.charger_id AND x.orphan = t.orphan
LEFT JOIN LATERAL (
    SELECT r.id FROM chargers_transaction r
    WHERE t.transaction_id IS NULL AND t.connector > 0 AND r.charger_id = t.charger_id AND r.connector = t.connector
      AND r.stop_received_at IS NULL AND NOT r.orphan AND (r.started_at IS NULL OR r.started_at <= t.sampled_at)
    ORDER BY r.id DESC LIMIT 1
) AS o ON true
ON CONFLICT (charger_id, digest) DO NOTHING
"""

USE_RESERVATION = """
UPDATE chargers_chargerlink l SET reservations = l.reservations - t.number
FROM unnest(%s::bigint[], %s::text[]) AS t(id, number) WHERE l.charger_id = t.id AND l.reservations ? t.number
"""
