from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("sync", "0003_link_beside")]

    operations = [
        migrations.AddField(model_name="modulesetting", name="changed", field=models.JSONField(default=dict)),
    ]
