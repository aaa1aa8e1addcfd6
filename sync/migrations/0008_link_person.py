from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("sync", "0007_link_cause")]

    operations = [migrations.AddField("link", "person", models.CharField(blank=True, max_length=40))]
