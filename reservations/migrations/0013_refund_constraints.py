"""In steps of their own: what reads all payments and transfers stops nobody who writes one meanwhile."""

from django.contrib.postgres.operations import AddConstraintNotValid, ValidateConstraint
from django.db import migrations, models
from django.db.models import F, Q

# The new index is built beside the old one; then the constraint changes in one short step.
ONCE = """
DROP INDEX CONCURRENTLY IF EXISTS ledger_once_for_a_cause;
CREATE UNIQUE INDEX CONCURRENTLY ledger_once_for_a_cause ON reservations_ledgertransfer (payment_id, kind, cause);
ALTER TABLE reservations_ledgertransfer
  ADD CONSTRAINT ledger_once_for_a_cause UNIQUE USING INDEX ledger_once_for_a_cause,
  DROP CONSTRAINT ledger_once_per_cause;
"""
BEFORE = """
ALTER TABLE reservations_ledgertransfer
  ADD CONSTRAINT ledger_once_per_cause UNIQUE (payment_id, kind), DROP CONSTRAINT ledger_once_for_a_cause;
"""
KINDS = ["authorised", "captured", "voided", "refunded", "charged_back", "won_back", "fee"]
CHECKS = [
    (
        "payment",
        models.CheckConstraint(
            condition=Q(refunded__gte=0, charged_back__gte=0, refunded__lte=F("amount") - F("charged_back")),
            name="payment_money_back_within_capture",
        ),
    ),
    (
        "payment",
        models.CheckConstraint(
            condition=Q(status="captured") | Q(refunded=0, charged_back=0), name="payment_money_back_only_of_captured"
        ),
    ),
    ("ledgertransfer", models.CheckConstraint(condition=Q(kind__in=KINDS), name="ledger_kind_known")),
]


class Migration(migrations.Migration):

    atomic = False

    dependencies = [("reservations", "0012_refunds")]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL([step.strip() for step in ONCE.split(";") if step.strip()], BEFORE)
            ],
            state_operations=[
                migrations.RemoveConstraint("ledgertransfer", "ledger_once_per_cause"),
                migrations.AddConstraint(
                    "ledgertransfer",
                    models.UniqueConstraint(fields=("payment", "kind", "cause"), name="ledger_once_for_a_cause"),
                ),
            ],
        ),
        migrations.RemoveConstraint("ledgertransfer", "ledger_kind_known"),
        *(
            step
            for table, check in CHECKS
            for step in (AddConstraintNotValid(table, check), ValidateConstraint(table, check.name))
        ),
    ]
