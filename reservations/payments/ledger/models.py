"""The tables of the ledger: double entry, only ever appended to (M5)."""

import pgtrigger
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from dropshop.core.money import Money
from dropshop.core.triggers import APPEND_ONLY, NEVER_EMPTIED
from reservations.payments.models import Payment


class LedgerAccount(models.Model):
    """Where money stands. It keeps no balance, for which every sale would wait: that is the sum of its entries."""

    code = models.CharField(primary_key=True, max_length=20)
    title = models.CharField(max_length=120)
    clears = models.BooleanField("returns to zero", help_text="Every payment that is settled has left nothing here.")

    class Meta:
        ordering = ("code",)
        triggers = (APPEND_ONLY, NEVER_EMPTIED)

    def __str__(self) -> str:
        return self.code


class LedgerTransfer(models.Model):
    """One movement of the money of a payment: each kind once per payment and cause."""

    class Kind(models.TextChoices):
        AUTHORISED = "authorised", "Authorised"
        CAPTURED = "captured", "Captured"
        VOIDED = "voided", "Voided"
        REFUNDED = "refunded", "Refunded"
        CAME_BACK = "came_back", "A refund came back"
        CHARGED_BACK = "charged_back", "Charged back"
        WON_BACK = "won_back", "Chargeback won"
        FEE = "fee", "Fee"

    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, related_name="transfers", db_index=False)
    kind = models.CharField(max_length=12, choices=Kind)
    # "refund:3": which of those that a payment can have several of.
    cause = models.CharField(max_length=240, blank=True, default="", db_default="")
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ("-created_at", "-id")
        constraints = (
            models.UniqueConstraint(fields=("payment", "kind", "cause"), name="ledger_once_for_a_cause"),
            models.CheckConstraint(
                condition=Q(
                    kind__in=[
                        *("authorised", "captured", "voided", "refunded", "came_back", "charged_back", "won_back", "fee"),
                    ]
                ),
                name="ledger_kind_known",
            ),
        )
        indexes = (models.Index(fields=("-created_at",), name="ledger_newest"),)
        triggers = (
            APPEND_ONLY,
            NEVER_EMPTIED,
            pgtrigger.Trigger(
                name="has_two_sides",
                when=pgtrigger.After,
                operation=pgtrigger.Insert,
                timing=pgtrigger.Deferred,
                func=(
                    "IF (SELECT count(*) < 2 OR sum(amount) <> 0 OR min(currency) <> max(currency) "
                    "FROM reservations_ledgerentry WHERE transfer_id = NEW.id) THEN "
                    "RAISE EXCEPTION 'a transfer has two sides in one currency that sum to zero' "
                    "USING ERRCODE = 'check_violation'; END IF; RETURN NULL;"
                ),
            ),
        )

    def __str__(self) -> str:
        return f"{self.kind} of payment {self.payment_id}"


class LedgerEntry(models.Model):
    """One side of a transfer: what it adds to an account (positive) or takes from it.

    The trigger `balances` checks both foreign keys, once per statement: a constraint would lock the accounts' rows with every
    sale, and cost twice as much as all other checks. Neither a transfer nor an account is ever deleted.
    """

    transfer = models.ForeignKey(
        LedgerTransfer, on_delete=models.PROTECT, related_name="entries", db_index=False, db_constraint=False
    )
    account = models.ForeignKey(
        LedgerAccount, on_delete=models.PROTECT, related_name="entries", db_index=False, db_constraint=False
    )
    amount = models.BigIntegerField(help_text="In minor units.")
    currency = models.CharField(max_length=3)

    class Meta:
        verbose_name_plural = "ledger entries"
        ordering = ("id",)
        constraints = (
            models.UniqueConstraint(fields=("transfer", "account"), name="ledger_entry_once_per_account"),
            models.CheckConstraint(condition=~Q(amount=0), name="ledger_entry_moves_money"),
        )
        triggers = (
            APPEND_ONLY,
            NEVER_EMPTIED,
            # At the end of the statement: a transfer of the past gets no single entry either. Transfer by transfer, since the
            # plan stays: one that joins them to all entries, as is quick in a young shop, would read each sale ever made.
            pgtrigger.Trigger(
                name="balances",
                level=pgtrigger.Statement,
                when=pgtrigger.After,
                operation=pgtrigger.Insert,
                referencing=pgtrigger.Referencing(new="written"),
                func=(
                    "IF EXISTS (SELECT FROM (SELECT DISTINCT transfer_id FROM written) AS touched CROSS JOIN LATERAL ("
                    "SELECT sum(entry.amount) <> 0 OR min(entry.currency) <> max(entry.currency) "
                    "OR count(account.code) < count(*) AS is_wrong FROM reservations_ledgerentry AS entry "
                    "LEFT JOIN reservations_ledgeraccount AS account ON account.code = entry.account_id "
                    "WHERE entry.transfer_id = touched.transfer_id) AS sides WHERE sides.is_wrong OR (SELECT count(*) "
                    "FROM reservations_ledgertransfer AS transfer WHERE transfer.id = touched.transfer_id) = 0) THEN "
                    "RAISE EXCEPTION 'the entries of a transfer do not sum to zero in one currency on known accounts' "
                    "USING ERRCODE = 'check_violation'; END IF; RETURN NULL;"
                ),
            ),
        )

    def __str__(self) -> str:
        return f"{self.money} on {self.account_id}"

    @property
    def money(self) -> Money:
        """What this side adds or takes."""
        return Money(self.amount, self.currency)
