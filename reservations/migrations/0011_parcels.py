"""In steps of their own: what reads all purchases stops nobody who writes one meanwhile."""

from django.contrib.postgres.operations import AddConstraintNotValid, AddIndexConcurrently, ValidateConstraint
from django.db import migrations, models


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('reservations', '0010_order_moves'),
    ]

    operations = [
        migrations.AddField(
            model_name='purchase',
            name='carrier',
            field=models.CharField(blank=True, db_default='', default='', max_length=40),
        ),
        migrations.AddField(
            model_name='purchase',
            name='tracking',
            field=models.CharField(blank=True, db_default='', default='', max_length=60, verbose_name='tracking number'),
        ),
        AddIndexConcurrently(
            model_name='purchase',
            index=models.Index(condition=models.Q(('tracking', ''), _negated=True), fields=['tracking'], name='purchase_by_tracking'),
        ),
        AddConstraintNotValid(
            model_name='purchase',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('carrier', ''), ('tracking', '')), models.Q(models.Q(('carrier', ''), _negated=True), models.Q(('tracking', ''), _negated=True), ('status__in', ['shipped', 'delivered', 'returned', 'refunded'])), _connector='OR'), name='purchase_tracked_once_shipped'),
        ),
        ValidateConstraint(
            model_name='purchase',
            name='purchase_tracked_once_shipped',
        ),
    ]
