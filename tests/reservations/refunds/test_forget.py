"""What staff wrote about refunds goes with whom it is about; sums, states and who did it stay."""

import pytest

from community.personal_data import erasure
from reservations.models import ExportColumns, OrderMove, Refund
from reservations.refunds import cancel, refund, send
from tests.community.personal_data.test_belongings import CANARY, places_of_the_canary
from tests.make import make_drop, make_member, make_purchase
from tests.reservations.refunds.giving_back import dollars, found

pytestmark = pytest.mark.django_db
WHY = f"{CANARY} rang."


def test_of_an_erased_member_no_word_about_their_money_stays_and_the_money_does(ada, bob):
    drop, canary = make_drop(2), make_member(CANARY)
    order, other = make_purchase(canary, drop), make_purchase(bob, drop)
    for each, why in ((order, WHY), (other, "A scratch.")):
        refund.ask(each.pk, dollars(60), by=ada, reason=why)
    cancel.cancel(order.pk, by=ada, reason=WHY, refund=True)
    send.sweep()
    books = Refund.objects.order_by("purchase", "n").values_list("purchase", "n", "amount", "status", "by", "settled_at")
    before, moves = list(books), OrderMove.objects.count()
    assert {"reservations_refund", "reservations_ordermove"} <= {*places_of_the_canary()}
    erasure.erase(canary)
    assert (places_of_the_canary(), found()) == ([], [])
    assert (list(books), OrderMove.objects.count()) == (before, moves)
    assert {*Refund.objects.values_list("purchase", "reason")} == {(order.pk, ""), (other.pk, "A scratch.")}


def test_of_erased_staff_no_name_and_no_choice_stays_and_what_they_did_does(order, ada, settings):
    settings.REFUND_APPROVAL_LIMIT = {"USD": 100}
    canary, by = make_member(CANARY, is_staff=True), make_member("by", is_staff=True)
    for each in (canary, by):
        refund.call_off(refund.ask(order.pk, dollars(180), by=ada, reason="Much.").pk, by=each)
        ExportColumns.objects.create(member=each, columns=["number"])
    ours = refund.ask(order.pk, dollars(1), by=canary, reason="Little.")
    assert "reservations_refund" in places_of_the_canary()
    erasure.erase(canary)
    assert (places_of_the_canary(), ExportColumns.objects.get().member) == ([], by)
    notes = ["Called off by a former member.", "Called off by by.", ""]
    assert list(Refund.objects.order_by("n").values_list("note", flat=True)) == notes
    ours.refresh_from_db()
    assert (ours.by, ours.reason) == (canary, "Little.")
