"""A refund that the shopper's bank did not take is booked back: a further kind of transfer. Stops nobody who writes one."""

from django.contrib.postgres.operations import AddConstraintNotValid, ValidateConstraint
from django.db import migrations, models
from django.db.models import Q

KINDS = ["authorised", "captured", "voided", "refunded", "came_back", "charged_back", "won_back", "fee"]
CHECK = models.CheckConstraint(condition=Q(kind__in=KINDS), name="ledger_kind_known")
CHOICES = [
    ("authorised", "Authorised"),
    ("captured", "Captured"),
    ("voided", "Voided"),
    ("refunded", "Refunded"),
    ("came_back", "A refund came back"),
    ("charged_back", "Charged back"),
    ("won_back", "Chargeback won"),
    ("fee", "Fee"),
]


class Migration(migrations.Migration):

    atomic = False

    dependencies = [("reservations", "0024_saved_addresses")]

    operations = [
        migrations.AlterField("ledgertransfer", "kind", models.CharField(choices=CHOICES, max_length=12)),
        migrations.RemoveConstraint("ledgertransfer", "ledger_kind_known"),
        AddConstraintNotValid("ledgertransfer", CHECK),
        ValidateConstraint("ledgertransfer", CHECK.name),
    ]
