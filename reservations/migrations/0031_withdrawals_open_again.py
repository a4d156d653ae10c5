"""A withdrawal that is open again says why, and its words may have been forgotten. In steps: what reads all withdrawals stops
nobody who writes one.
"""

from django.contrib.postgres.operations import AddConstraintNotValid, ValidateConstraint
from django.db import migrations, models
from django.db.models import Q

CHECKS = (
    models.CheckConstraint(
        condition=Q(settled_at__isnull=False) | Q(settled_at=None, settled_by=None),
        name="withdrawal_settled_by_someone_at_some_time",
    ),
    models.CheckConstraint(
        condition=Q(name__isnull=False, email__isnull=False)
        | Q(name=None, email=None) & (Q(settled_at__isnull=False) | Q(member_left=True)),
        name="withdrawal_known_while_open",
    ),
)
NOTE = models.CharField("how it was settled, or why it is open again", max_length=300, blank=True, default="", db_default="")


class Migration(migrations.Migration):

    atomic = False

    dependencies = [("reservations", "0030_saved_methods")]

    operations = [
        migrations.AlterField("withdrawal", "note", NOTE),
        *(migrations.RemoveConstraint("withdrawal", check.name) for check in CHECKS),
        *(AddConstraintNotValid("withdrawal", check) for check in CHECKS),
        *(ValidateConstraint("withdrawal", check.name) for check in CHECKS),
    ]
