"""The periodic tasks of the outbox; see the schedule in settings."""

from datetime import timedelta

from celery import shared_task
from django.conf import settings

from dropshop.core.clock import database_time
from dropshop.core.outbox import forgetting, send


@shared_task
def send_emails() -> None:
    send.sweep()


@shared_task
def forget_old_emails() -> None:
    forgetting.forget_old(database_time() - timedelta(days=settings.EMAIL_DAYS))
