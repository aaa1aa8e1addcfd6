from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("sync", "0009_run_started_by"),
    ]

    operations = [
        migrations.AddField(
            model_name="modulesetting",
            name="requested_as",
            field=models.CharField(blank=True, max_length=20),
        ),
    ]
