"""In steps of their own: what reads all purchases stops nobody who writes one meanwhile."""

from django.contrib.postgres.operations import AddConstraintNotValid, ValidateConstraint
from django.db import migrations, models


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('reservations', '0008_book_what_was_paid'),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='purchase',
            name='purchase_status_known',
        ),
        migrations.AddField(
            model_name='purchase',
            name='restocked',
            field=models.BooleanField(db_default=False, default=False, verbose_name='the pair is for sale again'),
        ),
        migrations.AlterField(
            model_name='purchase',
            name='status',
            field=models.CharField(choices=[('processing', 'Processing payment'), ('paid', 'Paid'), ('packed', 'Packed'), ('shipped', 'Shipped'), ('delivered', 'Delivered'), ('returned', 'Returned'), ('refunded', 'Refunded'), ('cancelled', 'Cancelled')], default='processing', max_length=10),
        ),
        AddConstraintNotValid(
            model_name='purchase',
            constraint=models.CheckConstraint(condition=models.Q(('status__in', ['processing', 'paid', 'packed', 'shipped', 'delivered', 'returned', 'refunded', 'cancelled'])), name='purchase_status_known'),
        ),
        AddConstraintNotValid(
            model_name='purchase',
            constraint=models.CheckConstraint(condition=models.Q(('restocked', False), ('status__in', ['returned', 'refunded', 'cancelled']), _connector='OR'), name='purchase_restocked_when_ended'),
        ),
        ValidateConstraint(
            model_name='purchase',
            name='purchase_status_known',
        ),
        ValidateConstraint(
            model_name='purchase',
            name='purchase_restocked_when_ended',
        ),
    ]
