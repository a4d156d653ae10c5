"""For foreign keys to a size that name its drop as well. The index is built beside traffic; then it becomes the constraint."""

from django.db import migrations, models

UNIQUE = [
    'ALTER TABLE drops_size DROP CONSTRAINT IF EXISTS size_in_its_drop',  # of a run that ended before it was noted down
    'DROP INDEX CONCURRENTLY IF EXISTS size_in_its_drop',
    'CREATE UNIQUE INDEX CONCURRENTLY size_in_its_drop ON drops_size (id, drop_id)',
    'ALTER TABLE drops_size ADD CONSTRAINT size_in_its_drop UNIQUE USING INDEX size_in_its_drop',
]


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('drops', '0008_limit_per_address'),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL(UNIQUE, 'ALTER TABLE drops_size DROP CONSTRAINT size_in_its_drop'),
            ],
            state_operations=[
                migrations.AddConstraint(
                    model_name='size',
                    constraint=models.UniqueConstraint(fields=('id', 'drop'), name='size_in_its_drop'),
                ),
            ],
        ),
    ]
