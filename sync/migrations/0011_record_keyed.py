from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("sync", "0010_setting_requested_as"),
    ]

    operations = [
        migrations.AddField(
            model_name="record",
            name="keyed",
            field=models.BooleanField(default=False),
        ),
    ]
