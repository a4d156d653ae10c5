"""Events that are not for this shop have a state of their own. In steps: what reads all events stops nobody who stores one."""

from django.contrib.postgres.operations import AddConstraintNotValid, ValidateConstraint
from django.db import migrations, models
from django.db.models import Q

CHECK = models.CheckConstraint(
    condition=Q(status__in=["waiting", "handled", "not_handled", "unknown", "failed", "set_aside"]), name="event_status_known"
)
CHOICES = [
    ("waiting", "Waits to be handled"),
    ("handled", "Handled"),
    ("not_handled", "Not handled yet: no rule for this kind"),
    ("unknown", "No payment of ours"),
    ("failed", "Could not be handled"),
    ("set_aside", "Set aside: not for this shop"),
]


class Migration(migrations.Migration):

    atomic = False

    dependencies = [('reservations', '0034_chargebacks_in_another_currency')]

    operations = [
        migrations.AlterField("providerevent", "status", models.CharField(choices=CHOICES, default="waiting", max_length=12)),
        migrations.RemoveConstraint("providerevent", CHECK.name),
        AddConstraintNotValid("providerevent", CHECK),
        ValidateConstraint("providerevent", CHECK.name),
    ]
