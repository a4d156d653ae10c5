"""The demo shop: set up once, by the shop's own deeds."""

from typing import Any

import pytest
from django.test import Client

from community.karma import ledger
from community.models import Event, Member, Restock, Trade
from drops.listings import release_calendar
from drops.models import Size
from dropshop.demo.seed import seed
from reservations.models import Purchase, Reservation

pytestmark = pytest.mark.django_db


def test_the_demo_shows_every_phase_and_every_state_of_stock_and_a_community(django_capture_on_commit_callbacks: Any) -> None:
    assert seed("secret-words")
    calendar = release_calendar(viewer=Member.objects.get(username="alice"))
    assert {listing.drop.mode for listing in calendar} == {"first_come", "queue", "draw"}
    assert {listing.phase for listing in calendar} == {"live", "upcoming", "sold_out", "ended"}
    assert {listing.stock.state for listing in calendar} == {"before", "available", "held", "sold", "ended"}
    assert [size for size in Size.objects.all() if size.sold != size.purchases.count()] == []
    assert [size for size in Size.objects.all() if size.reserved != size.reservations.active().count()] == []
    assert sorted(Restock.objects.values_list("status", flat=True)) == ["confirmed", "gone", "reported", "reported"]
    assert sorted(Trade.objects.values_list("status", flat=True)) == ["accepted", "pending"]
    assert (ledger.balance_of(Member.objects.get(username="mara")), Event.objects.count()) == (10, 3)


def test_seeding_again_changes_nothing() -> None:
    seed("secret-words")
    Member.objects.filter(username="bob").update(username="robert")
    before = Purchase.objects.count(), Reservation.objects.count(), Size.objects.count(), Member.objects.count()
    assert not seed("other-words")
    assert (Purchase.objects.count(), Reservation.objects.count(), Size.objects.count(), Member.objects.count()) == before


def test_the_demo_members_sign_in_with_the_given_password_and_the_buyers_cannot(client: Client) -> None:
    seed("secret-words")
    for username, password, let_in in (
        ("staff", "secret-words", True),
        ("alice", "secret-words", True),
        ("mara", "secret-words", False),
        ("bob", "dropshop", False),
    ):
        visitor = Client()
        visitor.post("/accounts/login/", {"login": username, "password": password})
        assert ("_auth_user_id" in visitor.session) is let_in, username
