"""Who has a name keeps it: of several that look alike the oldest has the key, and the others one that no new name can have."""

from django.db import migrations

from community.people.names import name_key

BATCH = 1000


def fill(apps, schema_editor):
    Member = apps.get_model("community", "Member")
    taken = set(Member.objects.exclude(name_key=None).values_list("name_key", flat=True))
    waiting = Member.objects.filter(name_key=None).order_by("date_joined", "pk")
    while batch := list(waiting.only("username")[:BATCH]):
        for member in batch:
            key = name_key(member.username)
            member.name_key = key if key not in taken else f"{key} {member.pk.hex}"  # names hold no blank
            taken.add(key)
            Member.objects.filter(pk=member.pk).update(name_key=member.name_key)


class Migration(migrations.Migration):
    dependencies = [("community", "0016_name_keys")]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
