"""Addresses that take a form's POST lead whoever comes otherwise to the page of that form."""

import uuid
from collections.abc import Iterator

import pytest
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.urls.converters import IntConverter

from tests.make import (
    make_drop,
    make_event,
    make_open_pair,
    make_post,
    make_purchase,
    make_reservation,
    make_restock,
    make_trade,
)

# Parts of addresses as they may stand there; a name that is not among them would stop the test.
SAMPLES = {"slug": "some-drop", "pk": uuid.uuid4(), "username": "alice", "about": "item", "word": "follow", "deed": "reject"}
SAMPLES |= {"provider_id": "google", "key": "a-b", "uidb36": "a", "path": "a.webp", "token": "a:b", "id": uuid.uuid4()}
SAMPLES |= {"name": "ranks.csv"}
OTHERS = ("admin/", "api/", "media/", "webhooks/")  # no pages, or with answers of their own


def addresses(patterns, prefix="", above=None) -> Iterator[str]:
    """Every address of a page, filled in."""
    for each in patterns:
        route = prefix + str(each.pattern)
        names = {**(above or {}), **(each.pattern.converters or getattr(each.pattern.regex, "groupindex", {}))}
        if isinstance(each, URLResolver):
            if not route.startswith(OTHERS):
                yield from addresses(each.url_patterns, route, names)
        elif isinstance(each, URLPattern) and not route.startswith(OTHERS) and each.name:
            yield reverse(each.name, kwargs={name: sample(name, kind) for name, kind in names.items()})


def sample(name, kind):
    """What may stand there in an address."""
    return 1 if isinstance(kind, IntConverter) else SAMPLES[name]


def test_no_address_of_a_page_says_only_that_it_wants_a_post(alice, sign_in, client):
    every = list(addresses(get_resolver().url_patterns))
    assert len(every) > 70
    for reader in (client, sign_in(alice)):
        assert [address for address in every if reader.get(address).status_code == 405] == []


def test_a_get_leads_to_the_page_of_the_form(alice, bob, sign_in):
    drop, item, event, pair = make_drop({"9": 3}), make_post(alice), make_event(alice), make_open_pair(alice)
    hold, sale = make_reservation(alice, drop), make_purchase(bob, drop)
    trade, report = make_trade(alice, bob), make_restock(bob)
    pages = {
        f"/reservations/{hold.pk}/purchase/": f"/reservations/{hold.pk}/",
        f"/reservations/{hold.pk}/extension/": f"/reservations/{hold.pk}/",
        f"/reservations/{hold.pk}/cancellation/": f"/reservations/{hold.pk}/",
        f"/community/{item.pk}/comments/": f"/community/{item.pk}/",
        f"/community/{item.pk}/like/": f"/community/{item.pk}/",
        f"/community/{item.pk}/removal/": f"/community/{item.pk}/",
        f"/events/{event.pk}/answer/": f"/events/{event.pk}/",
        f"/events/{event.pk}/cancellation/": f"/events/{event.pk}/",
        f"/closet/pairs/{pair.pk}/removal/": f"/closet/pairs/{pair.pk}/",
        f"/closet/pairs/{pair.pk}/pictures/": f"/closet/pairs/{pair.pk}/edit/",
        f"/trades/{trade.pk}/reject/": f"/trades/{trade.pk}/",
        f"/restocks/{report.pk}/confirm/": f"/restocks/{report.pk}/",
        "/members/bob/follow/": "/members/bob/",
        "/notices/read/": "/notices/",
        "/follows/": "/restocks/following/",
    }
    led = {address: sign_in(alice).get(address) for address in pages}
    assert {address: answer["Location"] for address, answer in led.items()} == pages
    assert {sign_in(alice).get(page).status_code for page in pages.values()} == {200}
    assert sign_in(bob).get(f"/closet/purchases/{sale.pk}/")["Location"] == f"/orders/{sale.pk}/"


@pytest.mark.parametrize("method", ["put", "patch", "delete"])
def test_other_methods_are_refused_with_what_is_taken(alice, sign_in, method):
    answer = getattr(sign_in(alice), method)("/notices/read/")
    assert (answer.status_code, answer["Allow"]) == (405, "POST")
