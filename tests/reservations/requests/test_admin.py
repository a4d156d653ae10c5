"""Support reads purchase requests, and ends one for a reason that its member reads."""

import pytest

from community.models import Notice
from reservations.models import PurchaseRequest, RequestMove
from reservations.requests import bell
from tests.make import make_request
from tests.reservations.requests.opening import coming_drop, open_now, to_the_end

pytestmark = pytest.mark.django_db
LIST = "/admin/reservations/purchaserequest/"


def test_support_reads_them_and_nobody_else(support, manager, sign_in, alice):
    request = make_request(alice, coming_drop({"9": 1, "10": 1}), "10", "9")
    page = sign_in(support).get(f"{LIST}{request.pk}/change/").content.decode()
    assert "10, then 9" in page
    assert "Lace Lane" not in page
    assert sign_in(manager).get(f"{LIST}{request.pk}/change/").status_code == 403


@pytest.mark.parametrize("is_held", [False, True])
def test_support_ends_one_with_a_reason_and_the_pair_goes_back(support, sign_in, alice, is_held):
    drop = coming_drop({"9": 1})
    request = make_request(alice, drop)
    if is_held:
        open_now(drop)
        bell.decide_first_round(drop.pk)
    desk = sign_in(support)
    assert desk.post(f"{LIST}{request.pk}/end/", {"reason": ""}).status_code == 200
    assert desk.post(f"{LIST}{request.pk}/end/", {"reason": "You asked us to."}).status_code == 302
    request.refresh_from_db()
    assert (request.status, request.reason, request.note) == ("failed", "staff", "You asked us to.")
    assert RequestMove.objects.latest("pk").by == support
    if not is_held:
        open_now(drop)
    to_the_end(drop)
    assert "You asked us to." in Notice.objects.get(member=alice).text
    assert drop.sizes.get().sold == 0
    assert not alice.reservations.active().exists()
    assert PurchaseRequest.objects.get().status == "failed"
