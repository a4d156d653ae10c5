"""Outside of a transaction: the indexes are made beside those who sell. `manage.py rotate_field_keys` fills in the places of older addresses."""

import dropshop.core.blind_index
from django.conf import settings
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('drops', '0008_limit_per_address'),
        ('reservations', '0027_addresses_can_be_forgotten'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name='payment',
            name='place_hash',
            field=dropshop.core.blind_index.KeyedHashField(editable=False, max_length=60, null=True, verbose_name='keyed hash of the place'),
        ),
        migrations.AddField(
            model_name='purchase',
            name='place_hash',
            field=dropshop.core.blind_index.KeyedHashField(editable=False, max_length=60, null=True, verbose_name='keyed hash of the place'),
        ),
        migrations.AddField(
            model_name='savedaddress',
            name='place_hash',
            field=dropshop.core.blind_index.KeyedHashField(editable=False, max_length=60, null=True, verbose_name='keyed hash of the place'),
        ),
        AddIndexConcurrently(
            model_name='payment',
            index=models.Index(condition=models.Q(('place_hash__gt', ''), ('status__in', ['started', 'confirming'])), fields=['place_hash'], name='payment_under_way_by_place'),
        ),
        AddIndexConcurrently(
            model_name='purchase',
            index=models.Index(condition=models.Q(('place_hash__gt', '')), fields=['place_hash', 'drop'], name='purchase_by_place'),
        ),
        AddIndexConcurrently(
            model_name='savedaddress',
            index=models.Index(condition=models.Q(('place_hash__gt', '')), fields=['place_hash'], name='saved_address_by_place'),
        ),
    ]
