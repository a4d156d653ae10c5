"""What members write about themselves and about each other can be complained of, and hidden.

A rating gets a reference as all other things that are complained of have one: at first none, so that no row is written anew;
the database gives it to those that the shop's former code still writes.
"""

import uuid

from django.contrib.postgres.functions import RandomUUID
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("community", "0027_restocks_confirmed_size_by_size")]

    operations = [
        migrations.AddField(
            "member",
            "bio_hidden",
            models.BooleanField(
                default=False, db_default=False, editable=False, help_text="A moderator has hidden it; only its author reads it."
            ),
        ),
        migrations.AddField(
            "rating",
            "hidden",
            models.BooleanField(default=False, db_default=False, help_text="A moderator hid the words; the stars count."),
        ),
        migrations.AddField("rating", "reference", models.UUIDField(null=True, editable=False)),
        migrations.AlterField("rating", "reference", models.UUIDField(null=True, editable=False, db_default=RandomUUID())),
    ]
