"""Setting cards up at the provider, and having it forget them: outside of any transaction, as often as needed.

No request waits for a bank (M7): where the bank does not answer at once, a thread of its own asks, and a worker carries on what
a process has left.
"""

import logging
from concurrent.futures import ThreadPoolExecutor
from functools import cache, partial

from django.db import connection
from django.urls import reverse

from dropshop.core.connections import give_back
from dropshop.core.sweeps import Sweeps
from reservations.payment_methods import due, saved
from reservations.payment_methods.models import SavedMethod
from reservations.payments.gateways import ConfirmationNeeded, Declined, GatewayTimeout, SetUp, gateway
from reservations.payments.provider import answers_at_once

log = logging.getLogger(__name__)

THREADS = 8  # cards that are set up side by side in one process; what waits longer is taken up by a worker
_sweeps = Sweeps()
Status = SavedMethod.Status


@cache
def _threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(THREADS, thread_name_prefix="card")


def stop() -> None:
    """Ask no more about cards; workers carry on what was begun."""
    _threads().shutdown(wait=False, cancel_futures=True)


def ask(method: SavedMethod) -> None:
    """Has the provider asked about a card to be set up, or confirmed; if it answers at once, before this returns."""
    if method.status not in SavedMethod.PENDING:
        return
    if answers_at_once(method.entered):
        _ask_claimed(method)
    else:
        _threads().submit(_ask_in_thread, method)


def _ask_in_thread(method: SavedMethod) -> None:
    try:
        _ask_claimed(method)
    except Exception:  # of the database: a worker carries on
        log.exception("a card could not be set up", extra={"payment_method": str(method.pk)})
    finally:
        connection.close()


def _ask_claimed(method: SavedMethod) -> None:
    claimed = due.claim_this(method)
    if claimed is not None:
        _carry(claimed)


def sweep() -> int:
    """Sets up, and has forgotten, what is due; how many cards were taken up. A process has one sweep at once."""
    return _sweeps.run(due.claim, partial(_carry, comes_back=False))


def _carry(method: SavedMethod, *, comes_back: bool = True) -> None:
    """Asks the provider about a card that is claimed, and notes what came of it. `comes_back`: its member is there."""
    give_back()
    try:
        if method.status == Status.REMOVING:
            _forget(method)
        else:
            _set_up(method, comes_back=comes_back)
    except GatewayTimeout:
        log.warning("no answer about a card", extra={"payment_method": str(method.pk), "tries": method.tries})
        due.try_later(method, "The bank did not answer.")
    except Exception as error:  # whatever the provider's library raises: it is asked again, by the same key
        log.exception("the provider could not be asked about a card", extra={"payment_method": str(method.pk)})
        due.try_later(method, f"The bank could not be asked: {type(error).__name__}")


def _forget(method: SavedMethod) -> None:
    gateway().forget_card(token=method.token, reference=method.reference)
    SavedMethod.objects.filter(pk=method.pk, status=Status.REMOVING).delete()


def _set_up(method: SavedMethod, *, comes_back: bool) -> None:
    def note(reference: str) -> bool:
        pending = SavedMethod.objects.filter(pk=method.pk, status__in=SavedMethod.PENDING)
        stands = bool(pending.update(reference=reference))
        give_back()
        return stands

    outcome = gateway().set_up(
        key=str(method.pk),
        token=method.entered,
        return_path=reverse("payment_method_confirmed", args=[method.pk]),
        reference=method.reference,
        note=note,
    )
    match outcome:
        case SetUp(token, card):
            saved.finish(method, token, card)
        case Declined(reason):
            _decline(method, reason)
        case ConfirmationNeeded(reference, url):
            if method.status == Status.CONFIRMING and not comes_back:
                _decline(method, "You did not confirm it at your bank.")
            else:
                due.wait_for_member(method, reference=reference, url=url)


def _decline(method: SavedMethod, reason: str) -> None:
    SavedMethod.objects.filter(pk=method.pk, status__in=SavedMethod.PENDING).update(
        status=Status.DECLINED, note=reason[:300], retry_at=None, **saved.SETTLED
    )
