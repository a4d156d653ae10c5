"""Redis: push and queue; and the schedule of the tasks."""

from datetime import timedelta
from urllib.parse import urlsplit

from dropshop.settings.place import REDIS_URL

# Pub/sub knows no numbered databases, so the number stands in the prefix: two shops on one Redis do not hear each other.
CHANNEL_LAYERS = {
    "default": {
        "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
        "CONFIG": {"hosts": [REDIS_URL], "prefix": f"dropshop{urlsplit(REDIS_URL).path.replace('/', '.')}"},
    }
}

CELERY_BROKER_URL = REDIS_URL
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TIMEZONE = "UTC"
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {"socket_timeout": 5, "socket_connect_timeout": 2}
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
# The sweeper has a queue, and a worker slot, of its own: nothing slow ever delays an expiry. So have other stores' feeds:
# however long their hosts make us wait, a payment left open is settled meanwhile. And so have e-mails: nothing else waits for
# a mail server (M7); and purchase requests, which come in crowds as a drop starts.
CELERY_TASK_ROUTES = {
    "reservations.tasks.expire_overdue": {"queue": "expiry"},
    "reservations.tasks.admit_from_queues": {"queue": "expiry"},
    "drops.tasks.announce_phases": {"queue": "expiry"},
    "reservations.tasks.carry_out_requests": {"queue": "requests"},
    "reservations.tasks.pay_for_requests": {"queue": "requests"},
    "community.tasks.read_source": {"queue": "reading"},
    "reservations.tasks.carry_draws": {"queue": "reading"},
    "dropshop.core.outbox.tasks.send_emails": {"queue": "mail"},
}
CELERY_TASK_DEFAULT_QUEUE = "default"


def _every(task: str, *, expires: int, **span: int) -> dict[str, object]:
    """The task once in each such span; a run that no worker has begun after `expires` seconds is dropped."""
    return {"task": task, "schedule": timedelta(**span), "options": {"expires": expires}}


CELERY_BEAT_SCHEDULE = {
    "end the holds that are overdue": _every("reservations.tasks.expire_overdue", seconds=1, expires=2),
    "let the next in line of each queue in": _every("reservations.tasks.admit_from_queues", seconds=1, expires=2),
    "call those whose turn has come": _every("reservations.tasks.call_those_let_in", seconds=1, expires=2),
    "announce the drops whose phase has changed": _every("drops.tasks.announce_phases", seconds=1, expires=2),
    "tell members what they follow and look for": _every("community.tasks.notify_members", seconds=1, expires=2),
    "write the e-mails of notices that are due": _every("community.tasks.write_notice_emails", seconds=10, expires=10),
    "send the e-mails that are due": _every("dropshop.core.outbox.tasks.send_emails", seconds=1, expires=2),
    "put the drops that have opened into the feed": _every("community.tasks.announce_drops", seconds=5, expires=10),
    "carry out the purchase requests of drops that have started": _every(
        "reservations.tasks.carry_out_requests", seconds=1, expires=2
    ),
    "pay for what purchase requests have got": _every("reservations.tasks.pay_for_requests", seconds=1, expires=2),
    "settle the payments that were left open": _every("reservations.tasks.settle_payments", seconds=5, expires=10),
    "book the fees of the payment provider": _every("reservations.tasks.book_fees", seconds=10, expires=20),
    "send the refunds that are due": _every("reservations.tasks.send_refunds", seconds=5, expires=10),
    "set up and forget saved cards": _every("reservations.tasks.set_up_payment_methods", seconds=2, expires=5),
    "save what shoppers keep for next time": _every("reservations.tasks.keep_for_next_time", seconds=2, expires=5),
    "let new orders be found by name": _every("reservations.tasks.store_words_of_recipients", seconds=5, expires=10),
    "handle what the payment provider has told": _every("reservations.tasks.handle_provider_events", seconds=5, expires=10),
    "carry on the draws that are due": _every("reservations.tasks.carry_draws", seconds=2, expires=5),
    "hold and charge what draws have awarded": _every("reservations.tasks.carry_awards", seconds=2, expires=5),
    "ask back the money of withdrawals": _every("reservations.tasks.ask_back_withdrawn_money", minutes=1, expires=60),
    "read the sources that are due": _every("community.tasks.read_due_sources", seconds=10, expires=20),
    "remind guests of the events of the next day": _every("community.tasks.remind_guests", minutes=10, expires=600),
    "end the restocks nobody speaks of any more": _every("community.tasks.end_overdue_restocks", minutes=10, expires=600),
    "remind who has not sent what they traded": _every("community.tasks.notify_trade_deadlines", minutes=10, expires=600),
    "forget what was kept for its time": _every("dropshop.tasks.enforce_retention", hours=1, expires=3600),
}
