import uuid

import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0001_initial"), ("sync", "0004_setting_changed")]

    operations = [
        migrations.CreateModel(
            name="Undoing",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("series", models.UUIDField(default=uuid.uuid4)),
                ("who", models.CharField(max_length=200)),
                (
                    "state",
                    models.CharField(choices=[("open", "Open"), ("done", "Done")], default="open", max_length=4),
                ),
                ("upto", models.BigIntegerField()),
                ("below", models.BigIntegerField()),
                ("total", models.PositiveIntegerField(default=0)),
                ("looked", models.PositiveIntegerField(default=0)),
                ("undone", models.PositiveIntegerField(default=0)),
                ("kept", models.JSONField(default=list)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("beat_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "installation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="undoings",
                        to="accounts.installation",
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["installation", "series", "-id"], name="undoing_of_run")],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("state", "open")), fields=("installation", "series"), name="undoing_open"
                    )
                ],
            },
        ),
    ]
