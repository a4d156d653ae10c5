"""In steps of their own: the indexes are made beside those who sell."""

import dropshop.core.encrypted
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ('reservations', '0026_refunds_that_failed'),
    ]

    operations = [
        migrations.AddField(
            model_name='purchase',
            name='address_forgotten',
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.AddField(
            model_name='purchase',
            name='member_left',
            field=models.BooleanField(db_default=False, default=False, verbose_name='its member is erased'),
        ),
        migrations.AlterField(
            model_name='payment',
            name='address',
            field=dropshop.core.encrypted.EncryptedJSONField(help_text='Forgotten a day after nothing is left to do: a sale has its own.', null=True),
        ),
        AddIndexConcurrently(
            model_name='payment',
            index=models.Index(condition=models.Q(('address__isnull', False), ('settled_at__isnull', False)), fields=['settled_at'], name='payment_address_to_forget'),
        ),
        AddIndexConcurrently(
            model_name='purchase',
            index=models.Index(condition=models.Q(('address_forgotten', False), ('status__in', ['delivered', 'returned', 'refunded', 'cancelled'])), fields=['created_at'], name='purchase_address_to_forget'),
        ),
    ]
