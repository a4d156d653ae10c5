"""Karma: a double-entry ledger that is only ever appended to (K1), and the tables of rules and levels that staff edit."""

import uuid

import pghistory
import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from dropshop.core.triggers import APPEND_ONLY, NEVER_EMPTIED, append_only_but


@pghistory.track()
class KarmaRule(models.Model):
    """What an operation earns or costs: data, not code (K2). Operations name a rule by its `code`; staff change the numbers."""

    code = models.SlugField(primary_key=True, max_length=40)
    title = models.CharField(max_length=120, help_text="As the member reads it: “Your restock report was confirmed”.")
    points = models.SmallIntegerField(help_text="Earned (positive) or spent (negative) each time.")
    daily_cap = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text="Points a member can earn by this rule in one day (UTC); empty: no cap."
    )
    active = models.BooleanField(default=True)

    class Meta:
        ordering = ("-points", "code")
        constraints = (
            models.CheckConstraint(condition=~Q(points=0), name="karma_rule_moves_points"),
            models.CheckConstraint(condition=Q(daily_cap=None) | Q(points__gt=0), name="karma_rule_caps_what_is_earned"),
        )

    def __str__(self) -> str:
        return f"{self.title} ({self.points:+d})"


@pghistory.track(pghistory.InsertEvent(), pghistory.UpdateEvent(), pghistory.DeleteEvent())
class KarmaLevel(models.Model):
    """What a balance unlocks: the highest level whose threshold it reaches. Lost again with the points."""

    name = models.CharField(max_length=40, unique=True)
    threshold = models.PositiveIntegerField(unique=True)
    confirm_weight = models.PositiveSmallIntegerField(default=0, help_text="Weight of a confirmation; 0: may not confirm.")
    may_post_links = models.BooleanField(default=False)

    class Meta:
        ordering = ("threshold",)

    def __str__(self) -> str:
        return f"{self.name} (from {self.threshold})"


class KarmaAccount(models.Model):
    """A member's points, or one of the house's own accounts, from which points come and to which they go.

    `balance` of a member is the sum of their entries, kept by a trigger of the database and by nobody else; the house's
    is not kept, because every award would wait for that one row.
    """

    member = models.OneToOneField(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="karma")
    name = models.CharField(max_length=20, null=True, unique=True)  # noqa: DJ001 - of many accounts without a name none is twice
    balance = models.BigIntegerField(default=0, editable=False)
    owed = models.PositiveIntegerField(
        default=0, help_text="Points that were to be taken back and had been spent: the next ones earned pay them."
    )

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=Q(member=None, name__isnull=False) | Q(member__isnull=False, name=None),
                name="karma_account_of_a_member_or_the_house",
            ),
            models.CheckConstraint(condition=Q(member=None) | Q(balance__gte=0), name="karma_balance_not_negative"),
        )
        triggers = (
            pgtrigger.Trigger(
                name="balance_by_entries",
                when=pgtrigger.Before,
                operation=pgtrigger.UpdateOf("balance"),
                condition=pgtrigger.Condition("pg_trigger_depth() = 0"),
                func="RAISE EXCEPTION 'a balance changes by an entry alone' USING ERRCODE = 'restrict_violation';",
            ),
            pgtrigger.Trigger(
                name="begins_empty",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                condition=pgtrigger.Q(new__balance__df=0),
                func="RAISE EXCEPTION 'an account begins with nothing' USING ERRCODE = 'restrict_violation';",
            ),
        )

    def __str__(self) -> str:
        return self.name or str(self.member)


class KarmaTransfer(models.Model):
    """One movement of points and why: one per rule, cause and member (K1)."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    rule = models.ForeignKey(KarmaRule, on_delete=models.PROTECT, related_name="transfers")
    member = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False)
    source = models.CharField(max_length=120, help_text="What caused it: “restock:<id>”.")
    note = models.CharField(max_length=200, blank=True, help_text="What the member reads beside the rule's title.")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = (models.UniqueConstraint(fields=("member", "rule", "source"), name="karma_once_per_cause"),)
        indexes = (models.Index(fields=("source",), name="karma_of_a_cause"),)
        triggers = (append_only_but("note"), NEVER_EMPTIED)
        permissions = (("move_karma", "Can give points to members, and take them, by hand"),)

    def __str__(self) -> str:
        return f"{self.rule_id} for {self.source}"


class KarmaEntry(models.Model):
    """One side of a transfer; both sides together are zero, which the database checks at COMMIT."""

    transfer = models.ForeignKey(KarmaTransfer, on_delete=models.PROTECT, related_name="entries", db_index=False)
    account = models.ForeignKey(KarmaAccount, on_delete=models.PROTECT, related_name="entries", db_index=False)
    points = models.IntegerField()
    balance = models.BigIntegerField(null=True, editable=False, help_text="The account's from here on; by a trigger.")

    class Meta:
        verbose_name_plural = "karma entries"
        constraints = (
            models.UniqueConstraint(fields=("transfer", "account"), name="karma_entry_once_per_account"),
            models.CheckConstraint(condition=~Q(points=0), name="karma_entry_moves_points"),
        )
        indexes = (models.Index(fields=("account", "-id"), name="karma_entry_of_account"),)
        triggers = (
            APPEND_ONLY,
            NEVER_EMPTIED,
            pgtrigger.Trigger(
                name="keeps_the_balance",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                func=(
                    "UPDATE community_karmaaccount SET balance = balance + NEW.points "
                    "WHERE id = NEW.account_id AND member_id IS NOT NULL RETURNING balance INTO NEW.balance; RETURN NEW;"
                ),
            ),
            pgtrigger.Trigger(
                name="sums_to_zero",
                when=pgtrigger.After,
                operation=pgtrigger.Insert,
                timing=pgtrigger.Deferred,
                func=(
                    "IF (SELECT sum(points) FROM community_karmaentry WHERE transfer_id = NEW.transfer_id) <> 0 THEN "
                    "RAISE EXCEPTION 'the entries of a transfer do not sum to zero' USING ERRCODE = 'check_violation'; "
                    "END IF; RETURN NULL;"
                ),
            ),
        )

    def __str__(self) -> str:
        return f"{self.points:+d} on {self.account}"
