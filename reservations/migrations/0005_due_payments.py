"""In steps of their own: what reads all payments stops nobody who writes one meanwhile."""

import django.db.models.functions.comparison
from django.contrib.postgres.operations import AddConstraintNotValid, AddIndexConcurrently, ValidateConstraint
from django.db import migrations, models


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('reservations', '0004_when_payments_are_looked_at'),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='payment',
            name='payment_status_known',
        ),
        AddConstraintNotValid(
            model_name='payment',
            constraint=models.CheckConstraint(condition=models.Q(('status__in', ['started', 'confirming', 'authorised', 'captured', 'voided', 'declined', 'uncaptured'])), name='payment_status_known'),
        ),
        ValidateConstraint(
            model_name='payment',
            name='payment_status_known',
        ),
        AddConstraintNotValid(
            model_name='payment',
            constraint=models.CheckConstraint(condition=models.Q(('asked', True), ('status__in', ['started', 'declined']), _connector='OR'), name='payment_answered_only_when_asked'),
        ),
        ValidateConstraint(
            model_name='payment',
            name='payment_answered_only_when_asked',
        ),
        AddIndexConcurrently(
            model_name='payment',
            index=models.Index(django.db.models.functions.comparison.Coalesce('retry_at', 'created_at'), condition=models.Q(('settled_at', None)), name='payment_due'),
        ),
    ]
