"""What beat asks of the community; see the schedule in settings."""

from celery import shared_task

from community import feed, notices, shipping, verdicts


@shared_task
def announce_drops() -> None:
    feed.announce_opened()


@shared_task
def end_overdue_restocks() -> None:
    verdicts.end_overdue()


@shared_task
def prune_notices() -> None:
    notices.prune()


@shared_task
def tell_of_trade_deadlines() -> None:
    shipping.tell_of_deadlines()
