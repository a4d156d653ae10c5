"""Whom is still to be told of what: members are told by workers, and no longer inside the deed."""

import uuid

import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("community", "0021_what_feeds_do_not_say")]

    operations = [
        migrations.CreateModel(
            name="Telling",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                (
                    "what",
                    models.CharField(
                        choices=[
                            ("reported", "Followers hear of a report"),
                            ("confirmed", "Followers hear that it is so"),
                            ("wanted", "Members hear of what they look for"),
                        ],
                        max_length=10,
                    ),
                ),
                (
                    "sizes",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=20),
                        default=list,
                        help_text="Of the report, those that are new.",
                        size=None,
                    ),
                ),
                ("told", models.UUIDField(help_text="Who was told last.", null=True)),
                ("created_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                (
                    "pair",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="community.pair"
                    ),
                ),
                (
                    "restock",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="community.restock"
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["created_at", "id"], name="telling_oldest")],
                "constraints": [
                    models.CheckConstraint(
                        condition=Q(Q(restock__isnull=False, pair=None), Q(restock=None, pair__isnull=False), _connector="OR"),
                        name="telling_of_one_thing",
                    ),
                    models.CheckConstraint(condition=Q(what__in=["reported", "confirmed", "wanted"]), name="telling_known"),
                ],
            },
        )
    ]
