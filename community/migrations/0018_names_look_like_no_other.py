"""No two members with names that look alike (N1)."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("community", "0017_fill_name_keys")]

    operations = [
        migrations.AddConstraint(
            "member",
            models.UniqueConstraint(
                fields=("name_key",),
                name="member_name_looks_like_no_other",
                violation_error_message="A member with a name that looks like it already exists.",
            ),
        ),
    ]
