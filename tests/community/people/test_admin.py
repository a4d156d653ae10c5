"""Members in the admin: looked at, shut out, let in again; never rewritten."""

import pytest
from django.contrib.auth.models import Group
from django.db import connection
from django.test.utils import CaptureQueriesContext

from community.accounts import deactivation
from community.models import Member
from dropshop.core.errors import Forbidden
from reservations.models import Reservation
from tests.harness.admin_forms import fields
from tests.make import PASSWORD, make_drop, make_member, make_reservation


def page(member, deed="change"):
    return f"/admin/community/member/{member.pk}/{deed}/"


def sign_in_by_form(client, member):
    return client.post("/accounts/login/", {"login": member.username, "password": PASSWORD})


def test_support_shuts_a_member_out_and_lets_one_in_again(support, alice, sign_in, client):
    sign_in_by_form(client, alice)
    assert client.get("/orders/").status_code == 200
    desk = sign_in(support)
    assert desk.post(page(alice, "deactivate")).status_code == 302
    assert client.get("/orders/").status_code == 302
    assert sign_in_by_form(client, alice).status_code == 302
    assert client.get("/orders/").status_code == 302

    assert desk.post(page(alice, "reactivate")).status_code == 302
    assert client.get("/orders/").status_code == 302
    sign_in_by_form(client, alice)
    assert client.get("/orders/").status_code == 200


def test_a_hold_of_a_member_who_is_shut_out_stays_until_it_lapses(support, alice):
    hold = make_reservation(alice, make_drop({"9": 1}))
    deactivation.deactivate(alice, by=support)
    assert Reservation.objects.get(pk=hold.pk).status == "active"


def test_support_decides_about_no_staff_and_nobody_about_themselves(support, manager, staff, sign_in):
    desk = sign_in(support)
    for member in (support, manager, staff):
        desk.post(page(member, "deactivate"))
        with pytest.raises(Forbidden):
            deactivation.deactivate(member, by=support)
    with pytest.raises(Forbidden):
        deactivation.deactivate(staff, by=staff)
    assert not Member.objects.filter(is_active=False).exists()
    deactivation.deactivate(manager, by=staff)
    assert not Member.objects.get(pk=manager.pk).is_active


def test_support_changes_nothing_else(support, alice, sign_in):
    desk, before = sign_in(support), Member.objects.filter(pk=alice.pk).values().get()
    stolen = {
        "username": "x",
        "email": "x@example.com",
        "is_staff": "on",
        "is_superuser": "on",
        "password": "x",
        "is_active": "",
    }
    assert desk.post(page(alice), stolen).status_code == 403
    assert desk.get(page(alice, "password")).status_code in {302, 404}
    assert Member.objects.filter(pk=alice.pk).values().get() == before


def test_a_superuser_gives_a_role_and_nothing_else_is_written(staff, alice, sign_in):
    desk, role = sign_in(staff), Group.objects.get(name="support")
    form = fields(desk.get(page(alice)), "member_form")
    given = {"is_staff": "on", "groups": str(role.pk), "username": "mallory", "password": "x", "email": "x@example.com"}
    assert desk.post(page(alice), form | given).status_code == 302
    again = Member.objects.get(pk=alice.pk)
    assert (again.is_staff, list(again.groups.all())) == (True, [role])
    assert (again.username, again.email, again.password) == (alice.username, alice.email, alice.password)


def test_no_page_shows_a_password_or_a_second_factor(staff, alice, sign_in):
    desk = sign_in(staff)
    shown = desk.get(page(alice)).content.decode() + desk.get("/admin/community/member/").content.decode()
    assert ("argon2" in shown, 'name="password' in shown) == (False, False)
    assert desk.get("/admin/mfa/authenticator/").status_code == 404


def test_the_list_asks_as_often_for_three_members_as_for_one(staff, sign_in):
    desk = sign_in(staff)
    with CaptureQueriesContext(connection) as one:
        desk.get("/admin/community/member/")
    make_member(), make_member()
    with CaptureQueriesContext(connection) as three:
        desk.get("/admin/community/member/")
    assert len(one) == len(three)
