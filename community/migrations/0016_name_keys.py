"""A member's name by its look (N1). Code from before may still write members without it."""

import django.contrib.auth.validators
from django.db import migrations, models

import community.people.names


class Migration(migrations.Migration):
    dependencies = [("community", "0015_sizes_are_values")]

    operations = [
        migrations.AddField(
            "member", "name_key", community.people.names.NameKeyField(editable=False, max_length=600, null=True)
        ),
        migrations.AlterField(
            "member",
            "username",
            models.CharField(
                error_messages={"unique": "A member with that username already exists."},
                help_text="Letters, digits and . + - _; nothing that looks like another member's name.",
                max_length=150,
                unique=True,
                validators=[
                    django.contrib.auth.validators.UnicodeUsernameValidator(),
                    community.people.names.validate_name,
                ],
            ),
        ),
    ]
