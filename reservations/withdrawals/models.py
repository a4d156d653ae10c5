"""What a shopper has stated, word for word, and what became of it."""

import uuid
from datetime import datetime

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import Q

from dropshop.core.encrypted import EncryptedJSONField
from dropshop.core.triggers import NEVER_EMPTIED
from reservations.purchases.models import Purchase

# What may change of a statement: that it is settled; that it is open again, where money has come back since (a refund failed, a
# chargeback was won) and a note says so; that its words are forgotten, once it is settled; and by which key they are encrypted,
# while the keys rotate (`dropshop.core.rotation`).
STATEMENT_STANDS = pgtrigger.Trigger(
    name="statement_stands",
    when=pgtrigger.Before,
    operation=pgtrigger.Update | pgtrigger.Delete,
    func="""
    IF TG_OP = 'UPDATE'
       AND to_jsonb(NEW) - '{settled_at,settled_by_id,note,member_left,name,email}'::text[]
         = to_jsonb(OLD) - '{settled_at,settled_by_id,note,member_left,name,email}'::text[]
       AND (OLD.settled_at IS NULL
            OR ((NEW.settled_at, NEW.settled_by_id) IS NOT DISTINCT FROM (OLD.settled_at, OLD.settled_by_id)
                AND NEW.note IN (OLD.note, ''))
            OR (NEW.settled_at IS NULL AND NEW.settled_by_id IS NULL AND NEW.note <> '' AND NEW.member_left = OLD.member_left
                AND (EXISTS (SELECT FROM reservations_refund AS refund WHERE refund.purchase_id = OLD.purchase_id
                              AND refund.status = 'failed' AND refund.settled_at >= OLD.settled_at)
                     OR EXISTS (SELECT FROM reservations_chargeback AS back WHERE back.purchase_id = OLD.purchase_id
                                 AND back.status = 'won' AND back.settled_at >= OLD.settled_at))))
       AND ((NEW.name, NEW.email) IS NOT DISTINCT FROM (OLD.name, OLD.email)
            OR (NEW.name IS NULL AND NEW.email IS NULL AND NEW.settled_at IS NOT NULL)
            OR (current_setting('dropshop.rotates_keys', true) = 'on'
                AND ((OLD.name IS NULL) = (NEW.name IS NULL)) AND ((OLD.email IS NULL) = (NEW.email IS NULL))))
    THEN RETURN NEW; END IF;
    RAISE EXCEPTION 'A withdrawal stands as it was stated.';
    """,
)


class WithdrawalQuerySet(models.QuerySet["Withdrawal"]):
    """Withdrawals, as those who work through them ask for them."""

    def open(self) -> "WithdrawalQuerySet":
        """Those of which something is left to do."""
        return self.filter(settled_at=None)

    def overdue(self, moment: datetime) -> "WithdrawalQuerySet":
        """Those whose money should have gone back before this moment."""
        return self.open().filter(deadline__lt=moment)


class Withdrawal(models.Model):
    """The statement of one shopper about one order, as it was sent. `name` and `email` are None once they were forgotten.

    Whether the pair is back is the order's to say (its status and its history).
    """

    class Status(models.TextChoices):
        RECEIVED = "received", "Received: the pair is with the shopper"
        PAIR_BACK = "pair_back", "The pair is with us"
        SETTLED = "settled", "Settled"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    purchase = models.OneToOneField(Purchase, on_delete=models.PROTECT, related_name="withdrawal", verbose_name="order")
    name = EncryptedJSONField(null=True)
    email = EncryptedJSONField("e-mail address", null=True)
    signed_in = models.BooleanField("sent by the member, signed in")
    created_at = models.DateTimeField("received")
    deadline = models.DateTimeField("money back by")
    settled_at = models.DateTimeField("settled", null=True, blank=True)
    settled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+", verbose_name="settled by"
    )
    note = models.CharField(
        "how it was settled, or why it is open again", max_length=300, blank=True, default="", db_default=""
    )
    # Erased while something was left to do: the words are forgotten once nothing is. They stay so where it is open again.
    member_left = models.BooleanField("the member has left", default=False, db_default=False)

    objects = WithdrawalQuerySet.as_manager()

    class Meta:
        ordering = ("-created_at", "-id")
        constraints = (
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
        indexes = (models.Index(fields=("deadline",), condition=Q(settled_at=None), name="withdrawal_due"),)
        triggers = (STATEMENT_STANDS, NEVER_EMPTIED)
        permissions = (("handle_withdrawal", "Can settle withdrawals"),)

    def __str__(self) -> str:
        return f"Withdrawal from {self.purchase.number}"

    @property
    def status(self) -> "Withdrawal.Status":
        """How far it is."""
        if self.settled_at is not None:
            return self.Status.SETTLED
        return self.Status.PAIR_BACK if self.purchase.status in Purchase.ENDED else self.Status.RECEIVED

    @property
    def cause(self) -> str:
        """Of its e-mail."""
        return f"withdrawal:{self.pk}"
