"""The sweeper finds what is due by the index by size, and no other query asked this one, for which every hold paid."""

from django.contrib.postgres.operations import RemoveIndexConcurrently
from django.db import migrations


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('reservations', '0037_frozen_working_days'),
    ]

    operations = [
        RemoveIndexConcurrently(
            model_name='reservation',
            name='reservation_active_expiry',
        ),
    ]
