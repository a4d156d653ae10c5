"""In steps of their own: what reads all payments and purchases stops nobody who writes one meanwhile."""

import django.db.models.expressions
from decimal import Decimal
from django.contrib.postgres.operations import AddConstraintNotValid, ValidateConstraint
from django.db import migrations, models


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('reservations', '0019_shipping_and_tax_rates'),
    ]

    operations = [
        migrations.AddField(
            model_name='payment',
            name='shipping',
            field=models.BigIntegerField(db_default=0, default=0, help_text='In minor units.'),
        ),
        migrations.AddField(
            model_name='payment',
            name='tax',
            field=models.BigIntegerField(db_default=0, default=0, help_text='In minor units.'),
        ),
        migrations.AddField(
            model_name='payment',
            name='tax_included',
            field=models.BooleanField(db_default=False, default=False, verbose_name='tax is in the price'),
        ),
        migrations.AddField(
            model_name='payment',
            name='tax_name',
            field=models.CharField(blank=True, db_default='', default='', max_length=40),
        ),
        migrations.AddField(
            model_name='payment',
            name='tax_percent',
            field=models.DecimalField(db_default=Decimal('0'), decimal_places=3, default=Decimal('0'), max_digits=6),
        ),
        migrations.AddField(
            model_name='purchase',
            name='shipping',
            field=models.BigIntegerField(db_default=0, default=0, help_text='In minor units.'),
        ),
        migrations.AddField(
            model_name='purchase',
            name='tax',
            field=models.BigIntegerField(db_default=0, default=0, help_text='In minor units.'),
        ),
        migrations.AddField(
            model_name='purchase',
            name='tax_included',
            field=models.BooleanField(db_default=False, default=False, verbose_name='tax is in the price'),
        ),
        migrations.AddField(
            model_name='purchase',
            name='tax_name',
            field=models.CharField(blank=True, db_default='', default='', max_length=40),
        ),
        migrations.AddField(
            model_name='purchase',
            name='tax_percent',
            field=models.DecimalField(db_default=Decimal('0'), decimal_places=3, default=Decimal('0'), max_digits=6),
        ),
        migrations.AlterField(
            model_name='payment',
            name='amount',
            field=models.PositiveBigIntegerField(help_text='In minor units: price, shipping, and the tax that is added to them.'),
        ),
        migrations.AlterField(
            model_name='purchase',
            name='price',
            field=models.PositiveBigIntegerField(help_text='Of the pair alone, in minor units.'),
        ),
        AddConstraintNotValid(
            model_name='payment',
            constraint=models.CheckConstraint(condition=models.Q(('shipping__gte', 0), ('tax__gte', 0), ('tax_percent__range', (0, 100)), models.Q(models.Q(('amount__gte', django.db.models.expressions.CombinedExpression(models.F('shipping'), '+', models.F('tax'))), ('tax_included', False)), models.Q(('amount__gte', models.F('shipping')), ('tax_included', True), ('amount__gte', models.F('tax'))), _connector='OR')), name='payment_covers_its_charges'),
        ),
        AddConstraintNotValid(
            model_name='purchase',
            constraint=models.CheckConstraint(condition=models.Q(('shipping__gte', 0), ('tax__gte', 0), ('tax_percent__range', (0, 100)), models.Q(('tax_included', False), ('tax__lte', django.db.models.expressions.CombinedExpression(models.F('price'), '+', models.F('shipping'))), _connector='OR')), name='purchase_charges_sound'),
        ),
        ValidateConstraint(
            model_name='payment',
            name='payment_covers_its_charges',
        ),
        ValidateConstraint(
            model_name='purchase',
            name='purchase_charges_sound',
        ),
    ]
