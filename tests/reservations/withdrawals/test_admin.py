"""Staff see what is due, and settle what the shop cannot see."""

from datetime import timedelta

import pytest

from reservations.models import Withdrawal
from reservations.withdrawals import admin as withdrawals_admin
from reservations.withdrawals import withdraw as operation
from tests.make import make_drop, make_member, make_purchase

pytestmark = pytest.mark.django_db
LIST = "/admin/reservations/withdrawal/"


@pytest.fixture
def withdrawn(monkeypatch):
    """Three withdrawals: one overdue, one due in days, one settled."""
    made, now = [], operation.database_time
    for days in (-40, 0, -40):
        with monkeypatch.context() as earlier:
            earlier.setattr(operation, "database_time", lambda days=days: now() + timedelta(days=days))
            order = make_purchase(make_member(), make_drop(1))
            made.append(operation.withdraw(order.pk, name="Alice Ångström", email="stated@example.com").withdrawal)
    Withdrawal.objects.filter(pk=made[2].pk).update(settled_at=made[2].deadline)
    return made


def found(desk, state):
    answer = desk.get(LIST, {"state": state} if state else {})
    return {row.pk for row in answer.context["cl"].result_list}


def test_what_is_open_overdue_and_settled_is_told_apart(support, sign_in, withdrawn):
    overdue, due, settled = (made.pk for made in withdrawn)
    desk = sign_in(support)
    assert [found(desk, state) for state in ("", "open", "overdue", "settled", "nothing")] == [
        {overdue, due, settled},
        {overdue, due},
        {overdue},
        {settled},
        {overdue, due, settled},
    ]
    first, second, third = desk.get(LIST).context["cl"].result_list
    assert [first.pk, second.pk, third.pk] == [overdue, due, settled]
    admin = withdrawals_admin.WithdrawalAdmin(Withdrawal, withdrawals_admin.admin.site)
    assert [admin.days_left(row) for row in (first, second, third)] == ["overdue", "14", "—"]


def test_the_first_page_of_staff_names_what_is_overdue(support, sign_in, withdrawn):
    page = sign_in(support).get("/admin/").content.decode()
    assert (f"{LIST}?state=overdue" in page, "2 open" in page, "1 overdue" in page) == (True, True, True)
    assert [made.purchase.number in page for made in withdrawn] == [True, False, False]


@pytest.mark.parametrize("role", ["manager", "moderator"])
def test_who_has_nothing_to_do_with_it_sees_nothing(role, request, sign_in, withdrawn):
    desk = sign_in(request.getfixturevalue(role))
    assert "Withdrawals" not in desk.get("/admin/").content.decode()
    assert desk.get(f"{LIST}{withdrawn[0].pk}/change/").status_code == 403


def test_support_settles_with_a_reason(support, sign_in, withdrawn):
    desk, way = sign_in(support), f"{LIST}{withdrawn[0].pk}/settle/"
    assert desk.post(way, {"reason": ""}).status_code == 200
    assert Withdrawal.objects.open().count() == 2
    assert desk.post(way, {"reason": "Paid by transfer."}).status_code == 302
    done = Withdrawal.objects.get(pk=withdrawn[0].pk)
    assert (done.status, done.settled_by, done.note) == ("settled", support, "Paid by transfer.")


def test_clerks_see_it_and_settle_nothing(clerk, sign_in, withdrawn):
    desk, page = sign_in(clerk), f"{LIST}{withdrawn[0].pk}/"
    assert desk.get(f"{page}change/").status_code == 200
    assert desk.post(f"{page}settle/", {"reason": "Mine."}).status_code == 403
    assert Withdrawal.objects.open().count() == 2


def test_its_order_shows_it_and_the_statement_is_for_those_who_may_see_addresses(support, refunder, sign_in, withdrawn):
    page = sign_in(support).get(f"/admin/reservations/purchase/{withdrawn[0].purchase_id}/change/").content.decode()
    assert f"{LIST}{withdrawn[0].pk}/change/" in page
    seen = [
        "stated@example.com" in sign_in(who).get(f"{LIST}{withdrawn[0].pk}/change/").content.decode()
        for who in (support, refunder)
    ]
    assert seen == [True, False]
