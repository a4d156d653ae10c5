"""No two members with one mailbox."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("community", "0025_fill_mailbox_keys")]

    operations = [
        migrations.AddConstraint(
            "member",
            models.UniqueConstraint(
                fields=("mailbox_key",),
                name="member_email_is_one_mailbox",
                violation_error_message="A member with that e-mail address already exists.",
            ),
        ),
    ]
