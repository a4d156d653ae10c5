"""The index of the payments that nobody has looked at yet, newest first: built beside the one before, which stops nobody."""

from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('reservations', '0017_withdrawals'),
    ]

    operations = [
        AddIndexConcurrently(
            model_name='payment',
            index=models.Index(condition=models.Q(('settled_at', None), ('tries', 0)), fields=['created_at'], name='payment_never_looked_at'),
        ),
        RemoveIndexConcurrently(
            model_name='payment',
            name='payment_unsettled',
        ),
    ]
