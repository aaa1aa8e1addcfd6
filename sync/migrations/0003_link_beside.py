from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("sync", "0002_write_replaces")]

    operations = [
        migrations.AlterField(
            model_name="link",
            name="state",
            field=models.CharField(
                choices=[
                    ("half", "Half"),
                    ("linked", "Linked"),
                    ("closed", "Closed"),
                    ("retired", "Retired"),
                    ("apart", "Apart"),
                    ("beside", "Beside"),
                    ("refused", "Refused"),
                ],
                default="linked",
                max_length=8,
            ),
        ),
    ]
