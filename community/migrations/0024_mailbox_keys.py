"""Which mailbox a member's address means. Code from before may still write members without it."""

from django.db import migrations

import community.people.mailbox_field


class Migration(migrations.Migration):
    dependencies = [("community", "0023_indexes_of_who_is_told")]

    operations = [
        migrations.AddField(
            "member",
            "mailbox_key",
            community.people.mailbox_field.MailboxKeyField(editable=False, max_length=300, null=True),
        ),
    ]
