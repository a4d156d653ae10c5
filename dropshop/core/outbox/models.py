"""The outbox: one row for each e-mail, written with what it tells of."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from dropshop.core.blind_index import KeyedHashField
from dropshop.core.encrypted import EncryptedJSONField
from dropshop.core.mailboxes import mailbox_key


def kind_in_words(kind: str) -> str:
    """ "Order shipped"; kinds are named by whoever writes them, in words that are joined by "_"."""
    return kind.replace("_", " ").capitalize()


class Email(models.Model):
    """An e-mail that is to be sent, or was. One cause ("purchase:<id>") has one e-mail of a kind, however often it is written.

    `retry_at` is when it is due, and the lease of whoever sends it now; `settled_at` is when it was sent, or given up.
    """

    class Status(models.TextChoices):
        WAITING = "waiting", "Waits to be sent"
        SENT = "sent", "Sent"
        SHOWN = "shown", "Shown in the demo's mailbox"
        FAILED = "failed", "Could not be sent"
        CALLED_OFF = "called_off", "Called off"
        SUPPRESSED = "suppressed", "Not sent: the address takes none"

    # The kind of e-mails whose codes and links open accounts: sent before others.
    ACCOUNT = "account"
    # Notices, one by one and of a day: they name other members, and repeat what the list of notices keeps.
    NOTICES, DIGEST = "notices", "digest"
    EMPTIED = (ACCOUNT, NOTICES, DIGEST)  # once they are sent

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.SlugField(max_length=40, db_index=False)
    cause = models.CharField(max_length=120)
    member = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.CASCADE, related_name="emails")
    to = EncryptedJSONField("address", null=True)  # None once its member was erased
    context = EncryptedJSONField("what the template is filled with", null=True)
    status = models.CharField(max_length=10, choices=Status, default=Status.WAITING)
    created_at = models.DateTimeField(db_default=Now())
    retry_at = models.DateTimeField("next try", null=True, blank=True)
    tries = models.SmallIntegerField("tries so far", default=0, db_default=0)
    settled_at = models.DateTimeField("sent, or given up", null=True, blank=True)
    error = models.CharField("why it was not sent", max_length=300, blank=True)

    class Meta:
        verbose_name = "e-mail"
        ordering = ("-created_at", "-id")
        constraints = (
            models.UniqueConstraint(fields=("kind", "cause"), name="email_once_for_a_cause"),
            models.CheckConstraint(
                condition=Q(status__in=["waiting", "sent", "shown", "failed", "called_off", "suppressed"]),
                name="email_status_known",
            ),
            models.CheckConstraint(
                condition=Q(status="waiting", retry_at__isnull=False, settled_at=None, to__isnull=False, context__isnull=False)
                | (~Q(status="waiting") & Q(retry_at=None, settled_at__isnull=False)),
                name="email_waits_or_is_settled",
            ),
            models.CheckConstraint(
                condition=~Q(status__in=["failed", "called_off", "suppressed"]) | ~Q(error=""),
                name="email_not_sent_for_a_reason",
            ),
        )
        indexes = (
            models.Index(fields=("retry_at",), condition=Q(status="waiting"), name="email_due"),
            models.Index(fields=("retry_at",), condition=Q(status="waiting", kind="account"), name="email_of_account_due"),
            models.Index(fields=("settled_at",), condition=~Q(status="waiting"), name="email_settled"),
        )
        permissions = (("send_again", "Can send an e-mail again"),)

    def __str__(self) -> str:
        return f"{self.kind_in_words} ({self.get_status_display()})"

    @property
    def kind_in_words(self) -> str:
        """As staff read it."""
        return kind_in_words(self.kind)

    @property
    def is_readable(self) -> bool:
        """Whether it can still be put together: nobody has had it erased."""
        return self.to is not None and self.context is not None


class SuppressedAddress(models.Model):
    """An address that gets no further e-mails, or none but those of orders and accounts; until it is lifted.

    It is found by a keyed hash of its mailbox, whatever its spelling.
    """

    class Reason(models.TextChoices):
        BOUNCED = "bounced", "E-mails to it come back"
        COMPLAINED = "complained", "Somebody there reported an e-mail as unwanted"

    address = EncryptedJSONField()
    mark = KeyedHashField("keyed hash of the mailbox", of="address", text=mailbox_key, context="outbox.suppressed")
    reason = models.CharField(max_length=10, choices=Reason)
    detail = models.CharField("what was said", max_length=300, blank=True)
    created_at = models.DateTimeField(db_default=Now())
    lifted_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = "suppressed address"
        verbose_name_plural = "suppressed addresses"
        ordering = ("-created_at", "-id")
        constraints = (
            models.UniqueConstraint(fields=("mark", "reason"), condition=Q(lifted_at=None), name="address_suppressed_once"),
            models.CheckConstraint(condition=Q(reason__in=["bounced", "complained"]), name="suppression_reason_known"),
        )
        indexes = (models.Index(fields=("created_at",), name="suppression_age"),)
        permissions = (("lift_suppression", "Can send to a suppressed address again"),)

    def __str__(self) -> str:
        return self.get_reason_display()
