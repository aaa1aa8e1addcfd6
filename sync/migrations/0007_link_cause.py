from typing import Any

from django.db import migrations, models

# What the reasons said until now.
_FOLLOWED = ("It was deleted in Bigin, and then here.", "It was deleted in Bigin along with its company.")
_INACTIVATED = "It was deleted in Bigin; in Books it was marked inactive."
_BY_HAND = "linked by "


def fill(apps: Any, schema_editor: Any) -> None:
    links = apps.get_model("sync", "Link").objects
    links.filter(reason__in=_FOLLOWED).update(cause="followed")
    links.filter(reason=_INACTIVATED).update(cause="inactivated")
    links.filter(reason__startswith=_BY_HAND).update(cause="by_hand")


class Migration(migrations.Migration):
    dependencies = [("sync", "0006_write_traces")]

    operations = [
        migrations.AddField(
            model_name="link",
            name="cause",
            field=models.CharField(
                blank=True,
                choices=[
                    ("", "None"),
                    ("by_hand", "By Hand"),
                    ("followed", "Followed"),
                    ("inactivated", "Inactivated"),
                ],
                default="",
                max_length=11,
            ),
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
