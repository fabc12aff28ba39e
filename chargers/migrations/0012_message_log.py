import django.db.models.deletion
from django.db import migrations, models

# Partitioned by day, which Django's schema editor cannot say. There is no primary key in the database: nothing looks a
# row up by it, and every index is paid for by every message. Partitions are made by chargers.message_partitions.
CREATE = """
CREATE SEQUENCE chargers_message_id_seq;
CREATE TABLE chargers_message (
    id bigint NOT NULL DEFAULT nextval('chargers_message_id_seq'),
    at timestamptz NOT NULL,
    charger_id bigint NOT NULL,
    latency_seconds double precision,
    missing integer NOT NULL DEFAULT 0 CHECK (missing >= 0),
    direction varchar(12) NOT NULL,
    outcome varchar(10) NOT NULL,
    action varchar(64) NOT NULL,
    message_id varchar(64) NOT NULL,
    status varchar(40) NOT NULL,
    payload text NOT NULL,
    answer text NOT NULL
) PARTITION BY RANGE (at);
ALTER SEQUENCE chargers_message_id_seq OWNED BY chargers_message.id;
CREATE INDEX message_of_charger ON chargers_message (charger_id, at, id);
"""


class Migration(migrations.Migration):

    dependencies = [
        ('chargers', '0011_charging_profiles'),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL(CREATE, 'DROP TABLE chargers_message')],
            state_operations=[
                migrations.CreateModel(
                    name='Message',
                    fields=[
                        ('pk', models.CompositePrimaryKey('at', 'id', blank=True, editable=False, primary_key=True, serialize=False)),
                        ('id', models.BigIntegerField()),
                        ('at', models.DateTimeField()),
                        ('direction', models.CharField(choices=[('from_charger', 'from the charger'), ('to_charger', 'to the charger'), ('from_backend', 'from the backend'), ('to_backend', 'to the backend')], max_length=12)),
                        ('action', models.CharField(blank=True, max_length=64)),
                        ('message_id', models.CharField(blank=True, max_length=64)),
                        ('outcome', models.CharField(choices=[('answered', 'answered'), ('error', 'answered with an error'), ('unanswered', 'no answer'), ('stray', 'answer to nothing'), ('malformed', 'not readable'), ('not_kept', 'not kept')], max_length=10)),
                        ('status', models.CharField(blank=True, max_length=40)),
                        ('latency_seconds', models.FloatField(null=True)),
                        ('payload', models.TextField(blank=True)),
                        ('answer', models.TextField(blank=True)),
                        ('missing', models.PositiveIntegerField(default=0)),
                        ('charger', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='messages', to='chargers.charger')),
                    ],
                    options={
                        'ordering': ['-at', '-id'],
                        'indexes': [models.Index(fields=['charger', 'at', 'id'], name='message_of_charger')],
                    },
                ),
            ],
        ),
    ]
