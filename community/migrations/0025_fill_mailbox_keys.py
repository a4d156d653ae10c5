"""Who has an account keeps it: of several of one mailbox the oldest has the key, and the others one that no address can have."""

from django.db import migrations

from community.people.mailbox_field import own_key
from dropshop.core.mailboxes import mailbox_key

BATCH = 1000


def fill(apps, schema_editor):
    Member = apps.get_model("community", "Member")
    taken = set(Member.objects.exclude(mailbox_key=None).values_list("mailbox_key", flat=True))
    waiting = Member.objects.filter(mailbox_key=None).exclude(email="").order_by("date_joined", "pk")
    while batch := list(waiting.only("email")[:BATCH]):
        for member in batch:
            key = mailbox_key(member.email)
            Member.objects.filter(pk=member.pk).update(mailbox_key=own_key(key, member) if key in taken else key)
            taken.add(key)


class Migration(migrations.Migration):
    dependencies = [("community", "0024_mailbox_keys")]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
