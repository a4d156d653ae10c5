"""How members hear of their notices by e-mail, and which notices still wait to be written about."""

from datetime import time

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from community.notifications.models import Notice
from dropshop.core.notice_groups import Way

QUIET_FROM, QUIET_UNTIL, DIGEST_HOUR = time(22), time(8), 9  # until a member chooses


class EmailChoice(models.Model):
    """How a member hears of one group of notices; without a row as the group says."""

    member = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="email_choices", db_index=False)
    group_name = models.SlugField(max_length=40, db_index=False)
    way = models.CharField(max_length=10, choices=Way)

    class Meta:
        verbose_name = "e-mail choice"
        constraints = (
            models.UniqueConstraint(fields=("member", "group_name"), name="email_choice_once"),
            models.CheckConstraint(condition=Q(way__in=["at_once", "daily", "off"]), name="email_choice_known"),
        )

    def __str__(self) -> str:
        return f"{self.member} hears of {self.group_name}: {self.get_way_display()}"


class EmailTimes(models.Model):
    """When a member wants no e-mails, and at which hour the daily one, by the clocks of their time zone."""

    member = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, primary_key=True, related_name="email_times"
    )
    quiet_from = models.TimeField(null=True, blank=True, default=QUIET_FROM)
    quiet_until = models.TimeField(null=True, blank=True, default=QUIET_UNTIL)
    digest_hour = models.SmallIntegerField(default=DIGEST_HOUR)

    class Meta:
        verbose_name = verbose_name_plural = "e-mail times"
        constraints = (
            models.CheckConstraint(
                condition=Q(quiet_from=None, quiet_until=None) | ~Q(quiet_from=F("quiet_until")), name="email_quiet_hours_end"
            ),
            models.CheckConstraint(
                condition=Q(quiet_from=None, quiet_until=None) | Q(quiet_from__isnull=False, quiet_until__isnull=False),
                name="email_quiet_hours_begin_and_end",
            ),
            models.CheckConstraint(condition=Q(digest_hour__gte=0, digest_hour__lte=23), name="email_digest_hour_of_a_day"),
        )

    def __str__(self) -> str:
        return f"{self.member}: {self.digest_hour}:00"


class WaitingNotice(models.Model):
    """A notice that its member may get by e-mail. Written with the notice; gone once it is in an e-mail, or in none."""

    notice = models.OneToOneField(Notice, on_delete=models.CASCADE, primary_key=True, related_name="+")
    member = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="waiting_notices")
    due_at = models.DateTimeField(db_default=Now(), help_text="When it is looked at next.")

    class Meta:
        indexes = (models.Index(fields=("due_at",), name="waiting_notice_due"),)

    def __str__(self) -> str:
        return f"{self.notice} for {self.member}"
