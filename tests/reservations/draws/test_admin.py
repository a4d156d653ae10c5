"""Draws in the admin: what staff see, and the deeds with their reasons."""

import pytest
from django.test import Client

from reservations.draws import steps
from reservations.draws.models import Draw
from tests.make import make_member
from tests.reservations.draws.making import CLOSED_AT, crowd, drawn, end, make_draw_drop

pytestmark = pytest.mark.django_db
THROW = "3 5 1 6 2 2 4 6 1 3 5 5 2 6 4 1"


@pytest.fixture
def bosses():
    clients = []
    for _ in range(2):
        clients.append(Client())
        clients[-1].force_login(make_member(is_staff=True, is_superuser=True))
    return clients


def page_of(draw, deed=""):
    return f"/admin/reservations/draw/{draw.pk}/{deed or 'change'}/"


def test_the_steps_and_their_proofs_are_shown(bosses):
    drop = make_draw_drop({"9": 1})
    crowd(drop, 2)
    draw = drawn(drop)
    told = bosses[0].get(page_of(draw)).text
    for words in (draw.listed["root"], draw.beacon["value"], "promised", "closed", "drawn"):
        assert words in told
    assert bosses[0].get("/admin/reservations/draw/").status_code == 200


def test_two_of_staff_enter_the_dice(bosses):
    drop = make_draw_drop({"9": 1})
    crowd(drop, 2)
    draw = steps.close(end(drop, nist=CLOSED_AT, dice=CLOSED_AT))
    for boss in bosses:
        assert boss.get(page_of(draw, "dice")).status_code == 200
        assert boss.post(page_of(draw, "dice"), {"dice": THROW, "reason": "The beacons are away."}).status_code == 302
    draw.refresh_from_db()
    assert draw.beacon["value"] == f"dice:{THROW}"


def test_a_draw_is_called_off_with_a_reason(bosses):
    drop = make_draw_drop({"9": 1})
    crowd(drop, 1)
    draw = Draw.objects.get(drop=drop)
    bosses[0].post(page_of(draw, "call_off"), {"reason": ""})
    assert Draw.objects.get(pk=draw.pk).state == "open"
    bosses[0].post(page_of(draw, "call_off"), {"reason": "The lorry is lost."})
    assert Draw.objects.get(pk=draw.pk).state == "called_off"


def test_loyalty_is_a_deed_until_somebody_enters(bosses):
    drop = make_draw_drop({"9": 1})
    draw = Draw.objects.get(drop=drop)
    bosses[0].post(page_of(draw, "loyalty"), {"reason": "As announced."})
    assert Draw.objects.get(pk=draw.pk).loyalty is True


def test_who_may_not_is_told_nothing(alice):
    draw = Draw.objects.get(drop=make_draw_drop({"9": 1}))
    client = Client()
    client.force_login(alice)
    assert client.get(page_of(draw)).status_code in (302, 403)
