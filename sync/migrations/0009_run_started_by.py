from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("sync", "0008_link_person"),
    ]

    operations = [
        migrations.AddField(
            model_name="modulesetting",
            name="requested_by",
            field=models.CharField(blank=True, max_length=200),
        ),
        migrations.AddField(
            model_name="run",
            name="started_by",
            field=models.CharField(blank=True, max_length=200),
        ),
        migrations.AddField(
            model_name="undoing",
            name="tries",
            field=models.PositiveSmallIntegerField(default=0),
        ),
        migrations.AlterField(
            model_name="undoing",
            name="state",
            field=models.CharField(
                choices=[("open", "Open"), ("done", "Done"), ("failed", "Failed")], default="open", max_length=6
            ),
        ),
    ]
