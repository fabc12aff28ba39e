from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0008_passkeys")]

    operations = [
        migrations.AddField(
            model_name="organisation", name="second_factor_required", field=models.BooleanField(default=False)
        ),
    ]
