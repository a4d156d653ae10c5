"""A demo that becomes a real shop: `manage.py forget_demo`."""

import pytest
from django.contrib.auth import get_user_model
from django.db import OperationalError

from drops.models import Drop, Sneaker
from drops.schedule import call_off
from dropshop.demo import forgetting, seed
from dropshop.demo.catalogue import RELEASES
from dropshop.operating.audit import KARMA, MONEY, PAIRS, STOCK, TRADES, connect, findings
from dropshop.operating.known_passwords import KNOWN, accounts
from reservations.models import Purchase
from tests.make import make_member, make_purchase, make_sneaker

pytestmark = pytest.mark.django_db(transaction=True)


def test_the_demo_goes_and_what_real_people_bought_stays(client):
    seed.seed(KNOWN)
    dora = make_member("dora")
    sold_to_dora = make_purchase(dora, Drop.objects.get(slug="tide-court"))
    purchases = Purchase.objects.count()
    assert accounts(superusers=True) == ["alice", "bob", "staff"]

    call_off(Drop.objects.get(slug="volt-null").pk, by=get_user_model().objects.get(username="staff"), reason="It rained.")
    forgotten = forgetting.forget()

    assert forgotten.erased == 3 + len(seed.NAMED) + len(seed.UNNAMED)
    assert accounts(superusers=True) == []
    assert [member.username for member in get_user_model().objects.filter(is_active=True)] == ["dora"]
    assert (Purchase.objects.count(), Purchase.objects.get(pk=sold_to_dora.pk).member) == (purchases, dora)
    assert list(Drop.objects.filter(published=True)) == []
    assert b"Tide Court" not in client.get("/").content
    with connect() as reader:
        assert [found for found in findings(reader, STOCK | MONEY | KARMA | PAIRS | TRADES) if found.rows] == []
    assert forgetting.forget()[::2] == (0, 0)


def test_a_database_that_is_away_is_no_reason_to_keep_something(monkeypatch):
    make_sneaker(style_code=RELEASES[0].style_code)

    def away(sneaker):
        raise OperationalError

    monkeypatch.setattr(Sneaker, "delete", away)
    with pytest.raises(OperationalError):
        forgetting.forget()


def test_somebody_real_who_bears_a_demos_name_stays():
    bob = make_member("bob", email="bob@bobs.example")
    assert forgetting.forget().erased == 0
    bob.refresh_from_db()
    assert (bob.username, bob.is_active) == ("bob", True)
