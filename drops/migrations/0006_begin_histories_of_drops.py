"""The drops there are get the first line of their history: how they stand now, as made when they were made."""

from django.db import migrations

BEGIN = """
INSERT INTO drops_dropevent (pgh_created_at, pgh_label, pgh_obj_id, {fields})
SELECT created_at, 'insert', id, {fields} FROM drops_drop
 WHERE NOT EXISTS (SELECT FROM drops_dropevent WHERE pgh_obj_id = drops_drop.id)
"""


def begin(apps, schema_editor):
    event = apps.get_model("drops", "DropEvent")
    columns = [field.column for field in event._meta.concrete_fields if not field.column.startswith("pgh_")]
    quoted = ", ".join(schema_editor.quote_name(column) for column in columns)
    schema_editor.execute(BEGIN.format(fields=quoted))


class Migration(migrations.Migration):
    dependencies = [("drops", "0005_history_of_drops")]

    operations = [migrations.RunPython(begin, migrations.RunPython.noop)]
