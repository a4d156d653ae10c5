"""One foreign key for a hold's size and drop in place of two: a commit asks a third less, and a size of another drop is refused.

In steps of their own: what reads all holds stops nobody who writes one meanwhile.
"""

import django.db.models.deletion
from django.db import migrations, models

BOTH = [
    'ALTER TABLE reservations_reservation DROP CONSTRAINT IF EXISTS reservation_size_in_its_drop',
    """
    ALTER TABLE reservations_reservation
      ADD CONSTRAINT reservation_size_in_its_drop FOREIGN KEY (size_id, drop_id) REFERENCES drops_size (id, drop_id)
          DEFERRABLE INITIALLY DEFERRED NOT VALID
    """,
    'ALTER TABLE reservations_reservation VALIDATE CONSTRAINT reservation_size_in_its_drop',
]


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('drops', '0009_size_in_its_drop'),
        ('reservations', '0038_fewer_indexes_of_holds'),
    ]

    operations = [
        migrations.RunSQL(BOTH, 'ALTER TABLE reservations_reservation DROP CONSTRAINT reservation_size_in_its_drop'),
        migrations.AlterField(
            model_name='reservation',
            name='drop',
            field=models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='reservations', to='drops.drop'),
        ),
        migrations.AlterField(
            model_name='reservation',
            name='size',
            field=models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='reservations', to='drops.size'),
        ),
    ]
