"""The periodic tasks of the whole shop; see the schedule in settings."""

from celery import shared_task

from dropshop.core import retention


@shared_task
def enforce_retention() -> None:
    retention.enforce()
