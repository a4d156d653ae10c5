"""The periodic tasks of the outbox; see the schedule in settings."""

from celery import shared_task

from dropshop.core.outbox import send


@shared_task
def send_emails() -> None:
    send.sweep()
