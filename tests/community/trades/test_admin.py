"""Disputes in the admin: a queue, two buttons, and nothing else that could be changed."""

import pytest

from community.models import Pair, Trade
from community.trades import disputes, offers
from tests.make import make_trade


@pytest.fixture
def dispute(alice, bob):
    trade = make_trade(alice, bob)
    offers.accept(trade.pk, by=bob)
    return disputes.open_dispute(trade.pk, by=alice, reason="Nothing came.")


def page(dispute, deed="change"):
    return f"/admin/community/dispute/{dispute.pk}/{deed}/"


def test_support_sees_the_queue_and_undoes_a_trade(support, dispute, sign_in):
    desk = sign_in(support)
    assert "alice and bob" in desk.get("/admin/community/dispute/").content.decode()
    shown = desk.get(page(dispute)).content.decode()
    assert ("Nothing came." in shown, "The trade stands" in shown, "Undo the trade" in shown) == (True, True, True)
    assert "Every pair goes back" in desk.get(page(dispute, "undo")).content.decode()
    assert desk.post(page(dispute, "undo")).status_code == 302
    trade = Trade.objects.get()
    assert (trade.undone_at is None, set(Pair.objects.values_list("promised_in", flat=True))) == (False, {None})
    shown = desk.get(page(dispute)).content.decode()
    assert ("Every pair went back" in shown, "Undo the trade" in shown) == (True, False)


def test_support_lets_a_trade_stand_and_sees_its_pairs(support, dispute, sign_in):
    desk = sign_in(support)
    assert desk.get(f"/admin/community/trade/{dispute.trade_id}/change/").status_code == 200
    assert desk.get("/admin/community/trade/?sending=overdue").status_code == 200
    assert desk.post(page(dispute, "uphold")).status_code == 302
    assert Trade.objects.get().completed_at is not None


def test_other_staff_learn_nothing_and_decide_nothing_35(newcomer, manager, dispute, sign_in):
    for person in (newcomer, manager):
        desk = sign_in(person)
        for address in (page(dispute), page(dispute, "undo"), "/admin/community/dispute/", "/admin/community/trade/"):
            assert desk.get(address).status_code == 403
        assert desk.post(page(dispute, "undo")).status_code == 403
    dispute.refresh_from_db()
    assert dispute.resolution == ""
