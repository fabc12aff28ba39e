import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

# Nobody but the sealing (which gives an entry its place, once) may update; nobody but a retention job may delete.
GUARD = """
CREATE FUNCTION accounts_audit_guard() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE unsealed accounts_auditentry;
BEGIN
  IF TG_OP = 'DELETE' THEN
    IF current_setting('portal.audit_retention', true) = 'on' THEN
      RETURN OLD;
    END IF;
  ELSIF OLD.position IS NULL AND NEW.position IS NOT NULL THEN
    unsealed := NEW;
    unsealed.position := OLD.position;
    unsealed.digest := OLD.digest;
    IF unsealed IS NOT DISTINCT FROM OLD THEN
      RETURN NEW;
    END IF;
  END IF;
  RAISE EXCEPTION 'the audit trail is append-only' USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER accounts_audit_guard BEFORE UPDATE OR DELETE ON accounts_auditentry
  FOR EACH ROW EXECUTE FUNCTION accounts_audit_guard();
"""
UNGUARD = """
DROP TRIGGER accounts_audit_guard ON accounts_auditentry;
DROP FUNCTION accounts_audit_guard();
"""


class Migration(migrations.Migration):

    dependencies = [
        ("accounts", "0003_saved_filters"),
    ]

    operations = [
        migrations.AlterField(
            model_name="auditentry",
            name="actor",
            field=models.ForeignKey(
                db_constraint=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AlterField(
            model_name="auditentry",
            name="installation_id",
            field=models.BigIntegerField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="auditentry",
            name="object_label",
            field=models.CharField(blank=True, default="", max_length=200),
        ),
        migrations.AddField(
            model_name="auditentry",
            name="position",
            field=models.BigIntegerField(editable=False, null=True, unique=True),
        ),
        migrations.AddField(
            model_name="auditentry",
            name="digest",
            field=models.BinaryField(max_length=32, null=True),
        ),
        migrations.AddIndex(
            model_name="auditentry",
            index=models.Index(fields=["installation_id", "-id"], name="audit_by_installation"),
        ),
        migrations.AddIndex(
            model_name="auditentry",
            index=models.Index(condition=models.Q(("position__isnull", True)), fields=["id"], name="audit_unsealed"),
        ),
        migrations.RunSQL(GUARD, UNGUARD),
    ]
