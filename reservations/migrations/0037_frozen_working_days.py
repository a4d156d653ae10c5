"""In steps of their own: what reads all payments and purchases stops nobody who writes one meanwhile."""

from django.contrib.postgres.operations import AddConstraintNotValid, ValidateConstraint
from django.db import migrations, models


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('reservations', '0036_working_days'),
    ]

    operations = [
        migrations.AddField(
            model_name='payment',
            name='least_days',
            field=models.SmallIntegerField(blank=True, null=True, verbose_name='arrives in at least (working days)'),
        ),
        migrations.AddField(
            model_name='payment',
            name='most_days',
            field=models.SmallIntegerField(blank=True, null=True, verbose_name='arrives in at most (working days)'),
        ),
        migrations.AddField(
            model_name='purchase',
            name='least_days',
            field=models.SmallIntegerField(blank=True, null=True, verbose_name='arrives in at least (working days)'),
        ),
        migrations.AddField(
            model_name='purchase',
            name='most_days',
            field=models.SmallIntegerField(blank=True, null=True, verbose_name='arrives in at most (working days)'),
        ),
        AddConstraintNotValid(
            model_name='payment',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('least_days', None), ('most_days', None)), models.Q(('least_days__gte', 1), ('least_days__isnull', False), ('least_days__lte', models.F('most_days')), ('most_days__isnull', False), ('most_days__lte', 120)), _connector='OR'), name='payment_days_sound'),
        ),
        AddConstraintNotValid(
            model_name='purchase',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('least_days', None), ('most_days', None)), models.Q(('least_days__gte', 1), ('least_days__isnull', False), ('least_days__lte', models.F('most_days')), ('most_days__isnull', False), ('most_days__lte', 120)), _connector='OR'), name='purchase_days_sound'),
        ),
        ValidateConstraint(
            model_name='payment',
            name='payment_days_sound',
        ),
        ValidateConstraint(
            model_name='purchase',
            name='purchase_days_sound',
        ),
    ]
