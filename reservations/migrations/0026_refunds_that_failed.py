"""A refund that did not arrive has a state of its own. In steps: what reads all refunds stops nobody who writes one."""

from django.contrib.postgres.operations import AddConstraintNotValid, ValidateConstraint
from django.db import migrations, models
from django.db.models import Q

CHECK = models.CheckConstraint(
    condition=Q(status__in=["waiting", "approved", "above"], settled_at=None)
    | Q(status__in=["sent", "failed", "refused", "called_off"], settled_at__isnull=False),
    name="refund_is_open_or_settled",
)
CHOICES = [
    ("waiting", "Waits for approval"),
    ("approved", "To be sent"),
    ("sent", "Sent"),
    ("failed", "Sent, and did not arrive"),
    ("refused", "Refused by the bank"),
    ("called_off", "Called off"),
    ("above", "Reported above the capture, not booked"),
]


class Migration(migrations.Migration):

    atomic = False

    dependencies = [("reservations", "0025_refunds_come_back")]

    operations = [
        migrations.AlterField("refund", "status", models.CharField(choices=CHOICES, max_length=10)),
        migrations.RemoveConstraint("refund", CHECK.name),
        AddConstraintNotValid("refund", CHECK),
        ValidateConstraint("refund", CHECK.name),
    ]
