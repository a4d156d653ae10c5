"""The periodic tasks of this app; see the schedule in settings."""

from celery import shared_task

from dropshop.core.clock import database_time
from reservations.draws import awards, steps
from reservations.holds import lifecycle
from reservations.holds.models import SweeperRun
from reservations.orders import recipients
from reservations.payment_methods import set_up
from reservations.payments import fees
from reservations.payments.events import handle
from reservations.purchases import keeping, reconcile
from reservations.queue import admit
from reservations.queue import news as queue_news
from reservations.refunds import send
from reservations.requests import carry_out, paying
from reservations.withdrawals import money


@shared_task
def expire_overdue() -> None:
    lifecycle.expire_overdue()
    SweeperRun.objects.update_or_create(pk=1, defaults={"at": database_time()})


@shared_task
def admit_from_queues() -> None:
    admit.admit_due()


@shared_task
def call_those_let_in() -> None:
    queue_news.call_those_let_in()


@shared_task
def settle_payments() -> None:
    reconcile.reconcile_open()


@shared_task
def carry_out_requests() -> None:
    carry_out.sweep()


@shared_task
def pay_for_requests() -> None:
    paying.sweep()


@shared_task
def book_fees() -> None:
    fees.sweep()


@shared_task
def send_refunds() -> None:
    send.sweep()


@shared_task
def set_up_payment_methods() -> None:
    set_up.sweep()


@shared_task
def keep_for_next_time() -> None:
    keeping.sweep()


@shared_task
def handle_provider_events() -> None:
    handle.handle_due()


@shared_task
def store_words_of_recipients() -> None:
    recipients.store_words()


@shared_task
def ask_back_withdrawn_money() -> None:
    money.sweep()


@shared_task
def carry_draws() -> None:
    steps.sweep()


@shared_task
def carry_awards() -> None:
    awards.sweep()
