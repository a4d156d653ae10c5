"""The periodic tasks of the community; see the schedule in settings."""

from datetime import datetime
from uuid import UUID

from celery import shared_task

from community.events import hosting
from community.feed import items
from community.feed_reader import sources
from community.notice_emails import sending
from community.notifications import telling
from community.restocks import votes
from community.trades import shipping


@shared_task
def announce_drops() -> None:
    items.announce_opened()


@shared_task
def end_overdue_restocks() -> None:
    votes.end_overdue()


@shared_task
def notify_members() -> None:
    telling.sweep()


@shared_task
def write_notice_emails() -> None:
    sending.sweep()


@shared_task
def notify_trade_deadlines() -> None:
    shipping.notify_deadlines()


@shared_task
def read_due_sources() -> None:
    for pk, token in sources.due():
        read_source.apply_async((str(pk), token.isoformat()), expires=sources.LEASE.total_seconds())


@shared_task
def read_source(pk: str, token: str) -> None:
    sources.read(UUID(pk), datetime.fromisoformat(token))


@shared_task
def remind_guests() -> None:
    hosting.remind()
