"""In steps of their own: the index is made beside those who sell."""

import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.db.models.deletion
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('reservations', '0013_refund_constraints'),
    ]

    operations = [
        migrations.CreateModel(
            name='RecipientWords',
            fields=[
                ('purchase', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, primary_key=True, related_name='recipient_words', serialize=False, to='reservations.purchase')),
                ('hashes', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=16), size=None)),
                ('key', models.CharField(max_length=40, verbose_name='name of the key')),
            ],
        ),
        migrations.AlterModelOptions(
            name='purchase',
            options={'ordering': ('-created_at', 'id'), 'permissions': (('view_address', 'Can see where a purchase is sent'), ('ship', 'Can pack and ship orders, and take them back'))},
        ),
        migrations.AddField(
            model_name='purchase',
            name='found_by_name',
            field=models.BooleanField(db_default=False, default=False, verbose_name="its recipient's words are stored"),
        ),
        AddIndexConcurrently(
            model_name='purchase',
            index=models.Index(condition=models.Q(('found_by_name', False)), fields=['id'], name='purchase_not_found_by_name'),
        ),
        migrations.AddIndex(
            model_name='recipientwords',
            index=django.contrib.postgres.indexes.GinIndex(fields=['hashes'], name='recipient_by_words'),
        ),
        migrations.AddIndex(
            model_name='recipientwords',
            index=models.Index(fields=['key'], name='recipient_by_key'),
        ),
    ]
