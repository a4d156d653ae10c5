"""A restock is confirmed size by size (R1)."""

import django.contrib.postgres.fields
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('community', '0026_one_account_for_a_mailbox'),
    ]

    operations = [
        migrations.AddField(
            model_name='restock',
            name='confirmed_sizes',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=20), blank=True, help_text='Those that enough members, staff or a feed confirmed.', null=True, size=None),
        ),
        migrations.AddField(
            model_name='restock',
            name='joined_sizes',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=20), blank=True, help_text='Those that others named who joined the report.', null=True, size=None),
        ),
        migrations.AddField(
            model_name='restockvote',
            name='sizes',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=20), blank=True, help_text='Which they speak of; none: those the report began with.', null=True, size=None),
        ),
    ]
