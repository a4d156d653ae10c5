"""What beat asks of this app; see the schedule in settings."""

from celery import shared_task

from drops.clock import database_time
from reservations import expiry, idempotency, purchases
from reservations.models import SweeperRun


@shared_task
def expire_overdue() -> None:
    expiry.expire_overdue()
    SweeperRun.objects.update_or_create(pk=1, defaults={"at": database_time()})


@shared_task
def settle_payments() -> None:
    purchases.settle_open()


@shared_task
def forget_old_answers() -> None:
    idempotency.forget_old()
