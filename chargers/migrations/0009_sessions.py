"""Sessions belong to the place where they were; what cannot tell its time is stored once as well."""

import django.db.models.deletion
from django.db import migrations, models
from django.db.models import Q
from django.db.models.expressions import RawSQL

PLACE = """
UPDATE chargers_transaction t SET installation_id = c.installation_id
FROM chargers_charger c WHERE c.id = t.charger_id AND t.installation_id IS NULL
"""
# What was stored twice for want of a readable time or meter: the first of each stays. Meter values go with it.
KEEP_FIRST = """
CREATE TEMPORARY TABLE doubled ON COMMIT DROP AS
SELECT id, first FROM (
    SELECT id, min(id) OVER (
        PARTITION BY charger_id, orphan, foreign_id, stopped_at, meter_stop
    ) AS first FROM chargers_transaction WHERE orphan
    UNION ALL
    SELECT id, min(id) OVER (
        PARTITION BY charger_id, connector, id_tag, started_at, meter_start
    ) AS first FROM chargers_transaction
    WHERE NOT orphan AND (started_at IS NOT NULL OR stop_received_at IS NULL)
) AS all_of_them WHERE id <> first;
UPDATE chargers_metervalue m SET transaction_id = d.first FROM doubled d WHERE d.id = m.transaction_id;
UPDATE chargers_upstreammessage m SET transaction_id = d.first FROM doubled d WHERE d.id = m.transaction_id;
DELETE FROM chargers_upstreamtransaction u USING doubled d WHERE d.id = u.transaction_id;
DELETE FROM chargers_transaction t USING doubled d WHERE d.id = t.id;
DROP TABLE doubled;
"""
BEGAN_AT = """
CASE WHEN NOT orphan AND start_received_at - started_at BETWEEN '-5 minutes'::interval AND '30 days'::interval
     THEN started_at
     WHEN orphan AND stop_received_at - stopped_at BETWEEN '-5 minutes'::interval AND '30 days'::interval
     THEN stopped_at
     ELSE coalesce(start_received_at, stop_received_at, '1970-01-01 00:00:00+00'::timestamptz) END
"""
ENERGY_WH = """
CASE WHEN meter_stop >= meter_start AND meter_stop - meter_start <= 2000000
      AND (stopped_at - started_at IS NULL OR stopped_at <= started_at
           OR meter_stop - meter_start <= 20000 + 278 * extract(epoch FROM stopped_at - started_at))
     THEN meter_stop - meter_start END
"""


class Migration(migrations.Migration):
    dependencies = [("chargers", "0008_gateway_requests"), ("installations", "0004_upstream")]

    operations = [
        migrations.AddField(
            model_name="transaction",
            name="installation",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="sessions",
                to="installations.installation",
            ),
        ),
        migrations.RunSQL(PLACE, migrations.RunSQL.noop),
        migrations.RunSQL(KEEP_FIRST, migrations.RunSQL.noop),
        # The foreign keys' checks wait until the commit; a table cannot be altered while any does.
        migrations.RunSQL("SET CONSTRAINTS ALL IMMEDIATE", migrations.RunSQL.noop),
        migrations.AlterField(
            model_name="transaction",
            name="installation",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="sessions",
                to="installations.installation",
            ),
        ),
        migrations.AddField(
            model_name="transaction",
            name="began_at",
            field=models.GeneratedField(
                expression=RawSQL(BEGAN_AT, ()), output_field=models.DateTimeField(), db_persist=True
            ),
        ),
        migrations.AddField(
            model_name="transaction",
            name="energy_wh",
            field=models.GeneratedField(
                expression=RawSQL(ENERGY_WH, ()), output_field=models.BigIntegerField(null=True), db_persist=True
            ),
        ),
        migrations.RemoveConstraint(model_name="transaction", name="transaction_start_once"),
        migrations.RemoveConstraint(model_name="transaction", name="transaction_orphan_once"),
        migrations.AddConstraint(
            model_name="transaction",
            constraint=models.UniqueConstraint(
                condition=Q(orphan=False, started_at__isnull=False),
                fields=("charger", "connector", "id_tag", "started_at", "meter_start"),
                name="transaction_start_once",
                nulls_distinct=False,
            ),
        ),
        migrations.AddConstraint(
            model_name="transaction",
            constraint=models.UniqueConstraint(
                condition=Q(orphan=False, started_at__isnull=True, stop_received_at__isnull=True),
                fields=("charger", "connector", "id_tag", "meter_start"),
                name="transaction_undated_once",
                nulls_distinct=False,
            ),
        ),
        migrations.AddConstraint(
            model_name="transaction",
            constraint=models.UniqueConstraint(
                condition=Q(orphan=True),
                fields=("charger", "foreign_id", "stopped_at", "meter_stop"),
                name="transaction_orphan_once",
                nulls_distinct=False,
            ),
        ),
        migrations.AddIndex(
            model_name="transaction",
            index=models.Index(
                condition=Q(orphan=False, stop_received_at__isnull=True),
                fields=["installation"],
                name="transaction_open_at_site",
            ),
        ),
        migrations.AddIndex(
            model_name="transaction",
            index=models.Index(fields=["installation", "-began_at", "-id"], name="transaction_of_site"),
        ),
        migrations.AddIndex(
            model_name="transaction",
            index=models.Index(fields=["charger", "-began_at", "-id"], name="transaction_of_charger"),
        ),
        migrations.AddIndex(
            model_name="transaction", index=models.Index(fields=["-began_at", "-id"], name="transaction_newest")
        ),
    ]
