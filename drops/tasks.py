"""What beat asks of this app; see the schedule in settings."""

from celery import shared_task

from drops import schedule


@shared_task
def announce_phases() -> None:
    schedule.announce_phases()
