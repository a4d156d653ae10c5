"""Carrying out what a draw has awarded: a hold for each winner, the charge, and the next rank where that fails.

An award is worked on by one worker at a time (`dropshop.core.leases`), and every move is a compare-and-set: killed anywhere, it
is taken up again and comes to the same end once. The pair itself is held, sold and freed by the shop's ordinary operations.
"""

import logging
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from drops.labels import size_in_sentence
from dropshop.core.clock import ClockTimestamp, database_time
from dropshop.core.errors import Busy, ConcurrentUpdate, DropshopError
from dropshop.core.leases import Queue
from dropshop.core.sweeps import Sweeps
from dropshop.core.transactions import retrying
from reservations.draws import telling
from reservations.draws.models import Draw, DrawAward, DrawEntry, DrawMove
from reservations.holds.errors import AllHeld, SoldOut
from reservations.holds.models import Reservation
from reservations.holds.new_hold import GrantedHold, HoldRequest
from reservations.holds.reserve import grant
from reservations.payments.gateways import lease_seconds
from reservations.purchases.attempts import PurchaseAttempt, PurchaseIntent
from reservations.purchases.buy import advance_alone

log = logging.getLogger(__name__)

TIME_TO_PAY = timedelta(minutes=15)
AT_ONCE = 50  # of those who wait, read together
AFTER_LAPSE = timedelta(seconds=2)  # after which a hold that was not bought has lapsed for everybody
PAUSE_SECONDS, MAX_PAUSE_SECONDS = 5, 300
_queue = Queue("{drawaward}", "state IN ('due', 'held')", lease_seconds, PAUSE_SECONDS, MAX_PAUSE_SECONDS, remark="reason")
_sweeps = Sweeps(at_once=2)
State = DrawAward.State
WITHDREW, LEFT = "withdrew", "has left the shop"


def sweep() -> int:
    """Carries on every award that is due; how many."""
    return _sweeps.run(_claim, carry)


def _claim(moment: datetime) -> DrawAward | None:
    pk = _queue.claim(moment)
    found = DrawAward.objects.select_related("entry__draw__drop", "entry__member", "size", "reservation")
    return found.get(pk=pk) if pk else None


def carry(award: DrawAward) -> None:
    """As far as this award, which is claimed, goes now."""
    if award.state == State.DUE:
        award = hold(award)
    if award.state == State.HELD:
        settle(award)


@retrying
def hold(award: DrawAward) -> DrawAward:
    """A pair is held for who was awarded it, for `TIME_TO_PAY`; or it goes to the next, with the reason."""
    entry, drop = award.entry, award.entry.draw.drop
    if entry.withdrawn_at is not None:
        return pass_on(award, WITHDREW if entry.member.is_active else LEFT)
    if entry.draw.state != Draw.State.DRAWN:
        return pass_on(award, "the draw was called off")
    with transaction.atomic():
        (answer,) = grant(drop.pk, [HoldRequest(entry.member_id, award.size_id)], awarded=TIME_TO_PAY)
        if isinstance(answer, GrantedHold) and _has_withdrawn(entry):
            transaction.set_rollback(True)  # nobody is charged who was told that their entry is withdrawn
        elif isinstance(answer, GrantedHold):
            moved = DrawAward.objects.filter(pk=award.pk, state=State.DUE)
            # To be carried on at once; `reservation` says that the hold is there, whoever is killed now.
            moved.update(state=State.HELD, reservation=answer.reservation.pk)
            award.refresh_from_db()
            return award
    if isinstance(answer, GrantedHold):
        entry.refresh_from_db(fields=["withdrawn_at"])
        return hold(award)
    if isinstance(answer, AllHeld | ConcurrentUpdate | Busy):  # a pair that was given back rests, before it is there again
        _queue.try_later(award, answer.detail)
        return award
    if isinstance(answer, SoldOut):  # staff have taken pairs out of the stock: there is none that could go on
        return pass_on(award, "there was no pair left", goes_on=False)
    return pass_on(award, answer.detail if isinstance(answer, DropshopError) else "could not be held")


def _has_withdrawn(entry: DrawEntry) -> bool:
    """Whether, as it stands now and until this transaction ends."""
    return DrawEntry.objects.select_for_update(no_key=True).get(pk=entry.pk).withdrawn_at is not None


def settle(award: DrawAward) -> None:
    """What has become of the held pair: sold, or free again and then passed on; charged, where that was not tried."""
    held = Reservation.objects.get(award=award)
    if held.status == Reservation.Status.COMPLETED:
        DrawAward.objects.filter(pk=award.pk, state=State.HELD).update(
            state=State.PAID, retry_at=None, ended_at=ClockTimestamp(), reason=""
        )
    elif held.status != Reservation.Status.ACTIVE:
        gave_back = held.status == Reservation.Status.CANCELLED
        pass_on(award, "gave the pair back" if gave_back else f"was not paid in time. {award.reason}".strip())
    elif award.charged_at is None:
        _charge(award, held)
    else:
        DrawAward.objects.filter(pk=award.pk, state=State.HELD).update(retry_at=held.lapses_at + AFTER_LAPSE)


def _charge(award: DrawAward, held: Reservation) -> None:
    """Charges the winner's card by the ordinary purchase. Begun twice, it is one payment. Where the bank does not say yes, the
    winner pays on the page of the hold, until that lapses."""
    entry = award.entry
    reason = ""
    try:
        wanted = PurchaseIntent.of(held.pk, entry.member_id, address=entry.address, method=str(entry.method))
        advance_alone(PurchaseAttempt(replace(wanted, shopper_present=False)))
    except DropshopError as refusal:
        reason = refusal.detail[:300]
    with transaction.atomic():
        held.refresh_from_db()
        is_sold = held.status == Reservation.Status.COMPLETED
        due = database_time() if is_sold else held.lapses_at + AFTER_LAPSE
        changed = DrawAward.objects.filter(pk=award.pk, state=State.HELD, charged_at=None)
        if changed.update(charged_at=ClockTimestamp(), reason=reason, retry_at=due) and not is_sold:
            pair = f"{entry.draw.drop.title}, {size_in_sentence(award.size.label)}"
            text = f"{pair} is yours until {held.lapses_at:%H:%M} UTC: pay for it now. {reason}"
            telling.notify(entry, "draw_pay", text, of="pay", url=held.get_absolute_url())


@retrying
def pass_on(award: DrawAward, reason: str, *, goes_on: bool = True) -> DrawAward:
    """The pair goes to the next of its waitlist who can have it, with the reason (F6). The same again changes nothing."""
    with transaction.atomic():
        draw = Draw.objects.select_for_update(no_key=True, of=("self",)).get(pk=award.entry.draw_id)
        moved = DrawAward.objects.filter(pk=award.pk, state__in=[State.DUE, State.HELD])
        if moved.update(state=State.PASSED_ON, reason=reason[:300], ended_at=ClockTimestamp(), retry_at=None):
            _note(draw, "passed on", {"rank": award.entry.rank, "size": award.size.label, "because": reason[:300]})
            if award.reservation_id is not None:
                text = f"{award.entry.draw.drop.title}: your pair went to the next rank; it {reason}"
                telling.notify(award.entry, "draw_passed_on", text, of="passed on")
            if goes_on and draw.state == Draw.State.DRAWN:
                _award_next(draw, award)
        award.refresh_from_db()
        return award


def _award_next(draw: Draw, passed: DrawAward) -> None:
    """The first rank that waits for this size. A group waits until there are pairs for all of its people at once."""
    waiting = draw.entries.filter(award=None, sizes__contains=[passed.size_id], rank__isnull=False)
    for entry in waiting.order_by("rank", "id").iterator(chunk_size=AT_ONCE):  # of many thousands it is one of the first
        people = list(draw.entries.filter(leaf=entry.leaf).order_by("id").select_related("award"))
        why = _why_not(entry, people)
        if why:
            _note(draw, "skipped", {"rank": entry.rank, "size": passed.size.label, "because": why})
            continue
        made = DrawAward.objects.create(entry=entry, size=passed.size, after=passed)
        _note(draw, "awarded", {"rank": entry.rank, "size": passed.size.label, "after": passed.entry.rank})
        text = f"{draw.drop.title}: a pair came back, and rank {entry.rank:,} is next. You win {passed.size.label}."
        made.entry.draw = draw
        telling.notify(made.entry, "draw_award", text, of="award")
        return


def _why_not(entry: DrawEntry, people: list[DrawEntry]) -> str:
    if entry.withdrawn_at is not None:
        return WITHDREW
    if len(people) > 1:
        return "a group, and one pair came back"
    return ""


def _note(draw: Draw, step: str, facts: dict[str, Any]) -> None:
    DrawMove.objects.create(draw=draw, step=step, facts=facts)
