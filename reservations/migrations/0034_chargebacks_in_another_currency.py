"""Chargebacks in another currency than the payment's have a state of their own. In steps: what reads all of them stops nobody who
writes one.
"""

from django.contrib.postgres.operations import AddConstraintNotValid, ValidateConstraint
from django.db import migrations, models
from django.db.models import Q

CHECK = models.CheckConstraint(
    condition=Q(status__in=["taken", "above", "foreign"], settled_at=None) | Q(status="won", settled_at__isnull=False),
    name="chargeback_taken_or_won",
)
CHOICES = [
    ("taken", "Taken back by the bank"),
    ("won", "Won: the money is ours again"),
    ("above", "Reported above the capture, not booked"),
    ("foreign", "In another currency, not booked"),
]


class Migration(migrations.Migration):

    atomic = False

    dependencies = [("reservations", "0033_kept_for_next_time")]

    operations = [
        migrations.AlterField("chargeback", "status", models.CharField(choices=CHOICES, max_length=10)),
        migrations.RemoveConstraint("chargeback", CHECK.name),
        AddConstraintNotValid("chargeback", CHECK),
        ValidateConstraint("chargeback", CHECK.name),
    ]
