"""Every rating that has no reference gets one."""

from django.db import migrations

BATCH = 1000
GIVE = """
UPDATE community_rating SET reference = gen_random_uuid()
 WHERE id IN (SELECT id FROM community_rating WHERE reference IS NULL LIMIT %s)
"""


def give(apps, schema_editor):
    with schema_editor.connection.cursor() as cursor:
        given = BATCH
        while given:
            cursor.execute(GIVE, [BATCH])
            given = cursor.rowcount


class Migration(migrations.Migration):
    dependencies = [("community", "0028_bios_and_ratings_are_moderated")]

    operations = [migrations.RunPython(give, migrations.RunPython.noop)]
