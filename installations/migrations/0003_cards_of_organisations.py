import django.db.models.deletion
from django.db import migrations, models

FORM = r'^[!-`{-~]([ -`{-~]{0,18}[!-`{-~])?$'

SITE_ORGANISATIONS = """
CREATE VIEW installations_siteorganisation AS
SELECT installation_id, organisation_id FROM installations_grant
WHERE organisation_id IS NOT NULL AND role = 'owner' AND (expires_at IS NULL OR expires_at > statement_timestamp())
"""

DECIDING_CARDS = """
CREATE VIEW installations_decidingcard AS
SELECT DISTINCT ON (installation_id, id_tag) installation_id, id_tag, card_id, blocked, expires_at, parent_id_tag
FROM (
    SELECT installation_id, id_tag, id AS card_id, blocked, expires_at, parent_id_tag
    FROM installations_idtag WHERE installation_id IS NOT NULL
    UNION ALL
    SELECT o.installation_id, g.id_tag, g.id, g.blocked, g.expires_at, g.parent_id_tag
    FROM installations_siteorganisation o JOIN installations_idtag g ON g.organisation_id = o.organisation_id
) AS entry
ORDER BY installation_id, id_tag, blocked DESC, expires_at DESC NULLS FIRST, card_id
"""


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0002_rate_window'),
        ('installations', '0002_drift_policy'),
    ]

    operations = [
        migrations.RunSQL(
            'UPDATE installations_idtag SET id_tag = upper(btrim(id_tag)), parent_id_tag = upper(btrim(parent_id_tag))',
            migrations.RunSQL.noop,
        ),
        migrations.AlterModelOptions(
            name='idtag',
            options={'ordering': ['id_tag', 'id']},
        ),
        migrations.AlterField(
            model_name='idtag',
            name='installation',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='id_tags', to='installations.installation'),
        ),
        migrations.AddField(
            model_name='idtag',
            name='organisation',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='id_tags', to='accounts.organisation'),
        ),
        migrations.AddField(
            model_name='idtag',
            name='holder',
            field=models.CharField(blank=True, max_length=100, verbose_name='holder'),
        ),
        migrations.AddField(
            model_name='idtag',
            name='version',
            field=models.PositiveIntegerField(default=1, editable=False),
        ),
        migrations.AddConstraint(
            model_name='idtag',
            constraint=models.CheckConstraint(condition=models.Q(('installation__isnull', True), ('organisation__isnull', True), _connector='XOR'), name='id_tag_has_one_owner'),
        ),
        migrations.AddConstraint(
            model_name='idtag',
            constraint=models.CheckConstraint(condition=models.Q(('id_tag__regex', FORM)), name='id_tag_form'),
        ),
        migrations.AddConstraint(
            model_name='idtag',
            constraint=models.CheckConstraint(condition=models.Q(('parent_id_tag', ''), ('parent_id_tag__regex', FORM), _connector='OR'), name='id_tag_parent_form'),
        ),
        migrations.AddConstraint(
            model_name='idtag',
            constraint=models.UniqueConstraint(fields=('organisation', 'id_tag'), name='id_tag_once_in_organisation'),
        ),
        migrations.RunSQL(SITE_ORGANISATIONS, 'DROP VIEW installations_siteorganisation'),
        migrations.RunSQL(DECIDING_CARDS, 'DROP VIEW installations_decidingcard'),
        migrations.CreateModel(
            name='SiteOrganisation',
            fields=[
                ('pk', models.CompositePrimaryKey('installation_id', 'organisation_id', blank=True, editable=False, primary_key=True, serialize=False)),
            ],
            options={
                'db_table': 'installations_siteorganisation',
                'managed': False,
            },
        ),
        migrations.CreateModel(
            name='DecidingCard',
            fields=[
                ('pk', models.CompositePrimaryKey('installation_id', 'id_tag', blank=True, editable=False, primary_key=True, serialize=False)),
                ('id_tag', models.CharField(max_length=20)),
                ('blocked', models.BooleanField()),
                ('expires_at', models.DateTimeField(null=True)),
                ('parent_id_tag', models.CharField(max_length=20)),
            ],
            options={
                'db_table': 'installations_decidingcard',
                'managed': False,
            },
        ),
    ]
