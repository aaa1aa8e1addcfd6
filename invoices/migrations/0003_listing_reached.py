from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("invoices", "0002_mail_files"),
    ]

    operations = [
        migrations.AddField(
            model_name="documentfeed",
            name="listing",
            field=models.JSONField(default=dict),
        ),
    ]
