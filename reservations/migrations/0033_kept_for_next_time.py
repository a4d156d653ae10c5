"""Outside of a transaction: the index is made beside those who sell."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('reservations', '0032_withdrawals_may_open_again'),
    ]

    operations = [
        migrations.AddField(
            model_name='payment',
            name='keeps',
            field=models.BooleanField(db_default=False, default=False, verbose_name='address and card are saved for next time'),
        ),
        AddIndexConcurrently(
            model_name='payment',
            index=models.Index(condition=models.Q(('keeps', True)), fields=['settled_at'], name='payment_to_keep'),
        ),
    ]
