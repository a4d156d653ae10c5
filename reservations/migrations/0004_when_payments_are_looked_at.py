"""New columns only, without reading the table; the constraints and the index follow in 0005."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('reservations', '0003_fewer_indexes'),
    ]

    operations = [
        migrations.AddField(
            model_name='payment',
            name='asked',
            field=models.BooleanField(db_default=True, default=True, verbose_name='the bank was asked'),
        ),
        migrations.AddField(
            model_name='payment',
            name='retry_at',
            field=models.DateTimeField(blank=True, null=True, verbose_name='next look'),
        ),
        migrations.AddField(
            model_name='payment',
            name='tries',
            field=models.SmallIntegerField(db_default=0, default=0, verbose_name='looks so far'),
        ),
        migrations.AlterField(
            model_name='payment',
            name='status',
            field=models.CharField(choices=[('started', 'Asked; no answer yet'), ('confirming', "Waits for the shopper's confirmation"), ('authorised', 'Authorised'), ('captured', 'Captured'), ('voided', 'Voided'), ('declined', 'Declined'), ('uncaptured', 'Sold, but the bank refuses the money')], default='started', max_length=10),
        ),
    ]
