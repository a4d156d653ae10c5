"""Acceptance 9 and 11: a hold ends once, whoever comes together with whom; each guard with its control."""

import itertools
import time
from datetime import timedelta

import pytest
from django.db.models import F

from dropshop.core.clock import database_time
from dropshop.core.errors import DropshopError
from reservations.holds.errors import AllHeld
from reservations.holds.lifecycle import cancel, expire_overdue, extend
from reservations.holds.reserve import reserve
from reservations.models import Reservation
from reservations.purchases import buy as purchases
from reservations.purchases.buy import buy
from tests.harness.patience import PATIENCE
from tests.make import ADDRESS, make_drop, make_member, make_reservation
from tests.races.auditor import Auditor, audit
from tests.races.crowd import at_once

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("heard")]

NAMES = {"completed": "already_purchased", "cancelled": "already_cancelled", "expired": "hold_expired"}


def sell(hold):
    return buy(hold.pk, member=hold.member, address=ADDRESS, payment_method="test_ok")


# -- Every order of the transactions ---------------------------------------------------------------

STEPS = ("begin", "decide", "cancel", "sweep", "time")
ORDERS = [order for order in itertools.permutations(STEPS) if order.index("begin") < order.index("decide")]


def test_acceptance_11_purchase_cancel_and_sweep_in_every_interleaving_have_one_winner(monkeypatch):
    """Acceptance 11: each of the sixty orders of their transactions, with the hold's and the pin's end anywhere between."""
    assert len(ORDERS) == 60
    for order in ORDERS:
        check_order(monkeypatch, order)
    audit()


def check_order(monkeypatch, order):
    hold = make_reservation(make_member(), make_drop(1))
    answers = {}

    def run(steps):
        for step in steps:
            deed = {
                "cancel": lambda: cancel(hold.pk, member=hold.member),
                "sweep": expire_overdue,
                "time": lambda: run_out(hold),
            }
            answers[step] = attempt(deed[step])

    first, last = order.index("begin"), order.index("decide")
    ask = purchases.authorise

    def ask_slowly(payment):
        outcome = ask(payment)
        run(order[first + 1 : last])
        return outcome

    with monkeypatch.context() as patch:
        patch.setattr(purchases, "authorise", ask_slowly)
        run(order[:first])
        answers["buy"] = attempt(lambda: sell(hold))
        run([step for step in order[first:] if step not in answers and step not in ("begin", "decide")])
    hold.refresh_from_db()
    expected = foretell(order)
    found = hold.status, getattr(answers["buy"], "code", "ok"), getattr(answers["cancel"], "code", "ok")
    assert found == expected, order


def attempt(deed):
    try:
        return deed()
    except DropshopError as refusal:
        return refusal


def run_out(hold):
    """The hold's time, and the thirty seconds that a payment may pin it, are over."""
    Reservation.objects.filter(pk=hold.pk).update(
        created_at=F("created_at") - timedelta(seconds=100),
        expires_at=F("expires_at") - timedelta(seconds=100),
        pinned_until=F("pinned_until") - timedelta(seconds=100),
    )


def foretell(order):
    """(the hold's end, what the buyer is told, what the canceller is told), by the rules alone."""
    end, over, buyer, canceller, begun = "active", False, "ok", "ok", False
    for step in order:
        name = NAMES.get(end) or ("hold_expired" if over else None)
        match step:
            case "time":
                over = True
            case "sweep" if end == "active" and over:
                end = "expired"
            case "cancel":
                canceller = name if name and end != "cancelled" else "ok"
                end = end if name else "cancelled"
            case "begin":
                buyer, begun = name or "ok", name is None
            case "decide" if begun:
                buyer = name or "ok"
                end = end if name else "completed"
    return end, buyer, canceller


# -- At the same moment ----------------------------------------------------------------------------


def test_acceptance_11_purchase_extend_cancel_and_sweep_at_the_same_moment_have_one_winner(chance):
    """Acceptance 11: threads, around the very moment at which the hold runs out."""
    for _ in range(8):
        drop = make_drop(1)
        hold = make_reservation(make_member(), drop)
        hold.expires_at = database_time() + timedelta(milliseconds=chance.randint(0, 60))
        hold.save()
        deeds = {
            "buy": lambda hold=hold: sell(hold),
            "cancel": lambda hold=hold: cancel(hold.pk, member=hold.member),
            "extend": lambda hold=hold: extend(hold.pk, member=hold.member),
            "sweep": expire_overdue,
        }
        names = chance.sample([*deeds, "sweep"], 5)
        with Auditor():
            answers = dict(zip(names, at_once([deeds[name] for name in names]), strict=True))
        hold.refresh_from_db()
        won = {
            "completed": not isinstance(answers["buy"], DropshopError),
            "cancelled": not isinstance(answers["cancel"], DropshopError),
        }
        assert [won.get(hold.status, True), sum(won.values())] == [True, int(hold.status in won)], (hold.status, answers)
        for name in ("buy", "cancel", "extend"):
            code = getattr(answers[name], "code", "ok")
            assert code in {"ok", "already_purchased", "already_cancelled", "hold_expired"}, (name, code)


def test_acceptance_9_a_purchase_straddling_the_expiry_while_another_reserves_that_pair(chance):
    """Acceptance 9 (threads): exactly one owns it, at whichever side of the expiry each of them comes through."""
    owners = []
    for _ in range(10):
        drop, rival = make_drop(1), make_member()
        hold = make_reservation(make_member(), drop)
        hold.expires_at = database_time() + timedelta(milliseconds=chance.randint(0, 50))
        hold.save()
        with Auditor():
            answers = at_once([lambda hold=hold: sell(hold), lambda drop=drop, rival=rival: keep_trying(rival, drop)])
        owners.append([isinstance(answer, DropshopError) for answer in answers])
        assert sum(owners[-1]) == 1, answers
    assert [False, True] in owners or [True, False] in owners


def keep_trying(member, drop):
    """The hold of somebody who asks until the pair is theirs, or sold; AllHeld if it stays held."""
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            return reserve(member=member, drop=drop)
        except AllHeld:
            if time.monotonic() > deadline:
                raise
