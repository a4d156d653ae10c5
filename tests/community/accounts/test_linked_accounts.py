"""Which accounts are linked: seen in one network or on one device, and how doors and pages come to know of it."""

from datetime import timedelta
from http.cookies import SimpleCookie

import pytest
from django.contrib.auth.models import AnonymousUser
from django.test import Client, RequestFactory
from django.utils import timezone

from community.accounts import linked_accounts
from community.models import Sighting
from community.personal_data import erasure
from dropshop.core.retention import rules
from reservations.addresses import saved
from reservations.models import PickupPlace
from tests.make import ADDRESS, PASSWORD, home_of, make_drop, make_purchase

pytestmark = pytest.mark.django_db


def sent(member=None, *, address="198.51.100.7", device="", forwarded=None):
    """A request as it reaches a view."""
    headers = {"x-forwarded-for": forwarded} if forwarded else {}
    request = RequestFactory().post("/", REMOTE_ADDR=address, headers=headers)
    request.user = member or AnonymousUser()
    request.COOKIES = {"device": device} if device else {}
    return request


@linked_accounts.records_device
def door(request):
    """Any view that counts heads."""
    return "done"


def test_members_of_one_network_are_linked_and_others_are_not(alice, bob, charlie):
    for member, address in ((alice, "198.51.100.7"), (bob, "198.51.100.7"), (charlie, "203.0.113.9")):
        assert door(sent(member, address=address)) == "done"
    assert linked_accounts.are_linked(alice, bob)
    assert not linked_accounts.are_linked(alice, charlie)
    assert linked_accounts.linked_to(alice) == {bob.pk}
    assert linked_accounts.linked_to(alice, among=[charlie.pk]) == set()


def test_neighbours_in_one_ipv6_block_are_one_network(alice, bob):
    door(sent(alice, address="2001:db8:1:2::3"))
    door(sent(bob, address="2001:db8:1:2:ffff::9"))
    assert linked_accounts.are_linked(alice, bob)


def test_one_device_links_over_two_networks_and_two_devices_do_not(alice, bob, charlie):
    door(sent(alice, address="198.51.100.7", device="a" * 32))
    door(sent(bob, address="203.0.113.9", device="a" * 32))
    door(sent(charlie, address="192.0.2.44", device="b" * 32))
    assert linked_accounts.are_linked(alice, bob)
    assert linked_accounts.linked_to(charlie) == set()


@pytest.mark.parametrize("address", ["127.0.0.1", "::1", "", "no address"])
def test_the_machine_itself_says_nothing(alice, bob, address):
    for member in (alice, bob):
        door(sent(member, address=address))
    assert (Sighting.objects.count(), linked_accounts.are_linked(alice, bob)) == (0, False)


@pytest.mark.parametrize(("proxies", "linked"), [(0, False), (1, True)])
def test_forwarded_addresses_count_behind_trusted_proxies_alone(alice, bob, settings, proxies, linked):
    settings.DROPSHOP_PROXIES = proxies
    door(sent(alice, address="127.0.0.1", forwarded="203.0.113.1, 198.51.100.7"))
    door(sent(bob, address="127.0.0.1", forwarded="203.0.113.2, 198.51.100.7"))
    assert linked_accounts.are_linked(alice, bob) is linked


@pytest.mark.parametrize("device", ["", "x" * 65, "; drop", "ünï"])
def test_a_cookie_that_is_none_of_ours_says_nothing(alice, device):
    door(sent(alice, address="127.0.0.1", device=device))
    assert Sighting.objects.count() == 0


def test_visitors_leave_no_trace():
    door(sent(device="a" * 32))
    assert Sighting.objects.count() == 0


def test_neither_addresses_nor_devices_are_stored(alice):
    door(sent(alice, device="a" * 32))
    stored = " ".join(Sighting.objects.values_list("mark", flat=True))
    assert ("198.51" in stored, "aaaaaaaa" in stored, Sighting.objects.count()) == (False, False, 2)


def test_who_was_seen_within_the_hour_is_not_written_again(alice, django_assert_num_queries):
    door(sent(alice, device="a" * 32))
    with django_assert_num_queries(2):  # the clock, and a look
        door(sent(alice, device="a" * 32))
    Sighting.objects.update(last_at=timezone.now() - timedelta(hours=2))
    door(sent(alice, device="a" * 32))
    assert Sighting.objects.filter(last_at__gt=timezone.now() - timedelta(minutes=1)).count() == 2


def test_after_thirty_days_a_sighting_says_nothing(alice, bob):
    for member in (alice, bob):
        door(sent(member))
    Sighting.objects.filter(member=bob).update(last_at=timezone.now() - timedelta(days=31))
    assert not linked_accounts.are_linked(alice, bob)


def test_a_sign_in_names_the_browser_and_nothing_else_does(alice, settings):
    settings.SESSION_COOKIE_SECURE = True
    client = Client()
    for path in ("/", "/accounts/login/", "/accounts/profile/", "/nothing/"):
        assert "device" not in client.get(path).cookies
    answer = client.post("/accounts/login/", {"login": alice.username, "password": PASSWORD})
    given = answer.cookies["device"]
    assert (answer.status_code, len(given.value)) == (302, 32)
    assert {name: given[name] for name in ("httponly", "samesite", "secure", "path")} == {
        "httponly": True,
        "samesite": "Lax",
        "secure": True,
        "path": "/",
    }
    assert "device" not in client.get("/accounts/profile/").cookies  # has one


def test_a_member_without_one_gets_it_on_a_page_of_their_own_and_not_from_the_api(alice, sign_in):
    client = sign_in(alice)
    assert "device" not in client.get("/api/v1/users/me").cookies
    assert "device" in client.get("/accounts/profile/").cookies


def test_what_visitors_share_names_no_browser(alice, sign_in):
    """The shared page is made from a request without cookies; that of a member is theirs alone."""
    assert dict(Client().get("/").cookies) == {}
    answer = sign_in(alice).get("/")
    assert isinstance(answer.cookies, SimpleCookie)
    assert "private" in answer["Cache-Control"]


def test_an_erased_member_was_never_seen(alice):
    door(sent(alice))
    erasure.erase(alice)
    assert Sighting.objects.count() == 0


def test_what_is_older_than_counts_is_forgotten(alice):
    door(sent(alice, address="198.51.100.7"))
    Sighting.objects.update(last_at=timezone.now() - linked_accounts.RETENTION - timedelta(hours=1))
    door(sent(alice, address="203.0.113.9"))
    kept = Sighting.objects.get(last_at__gt=timezone.now() - timedelta(days=1))
    assert rules["sightings"].enforce() == 1
    assert list(Sighting.objects.all()) == [kept]


def test_members_who_have_pairs_sent_to_one_place_are_linked_however_they_write_it(alice, bob, charlie):
    for member, street in ((alice, "1 Lace Lane, Apt 2"), (bob, "Flat 2, One Lace Ln."), (charlie, "1 Lace Lane, Apt 3")):
        make_purchase(member, make_drop(1), address=ADDRESS | {"street": street})
    assert (linked_accounts.linked_to(alice), linked_accounts.linked_to(charlie)) == ({bob.pk}, set())
    assert (linked_accounts.are_linked(bob, alice), linked_accounts.are_linked(bob, charlie)) == (True, False)
    assert linked_accounts.linked_to(alice, among=[charlie.pk]) == set()
    groups = linked_accounts.groups_of([alice.pk, bob.pk, charlie.pk])
    assert (groups[alice.pk] == groups[bob.pk], groups[alice.pk] == groups[charlie.pk]) == (True, False)


def test_a_saved_address_links_with_those_who_bought_to_it(alice, bob, charlie):
    make_purchase(alice, make_drop(1))
    saved.add(bob, ADDRESS | {"street": "1 LACE LN"})
    saved.add(charlie, home_of(charlie))
    assert linked_accounts.groups_of([alice.pk, bob.pk]) in ({alice.pk: one, bob.pk: one} for one in (alice.pk, bob.pk))
    assert linked_accounts.linked_to(charlie) == set()


def test_collecting_at_one_place_links_nobody(alice, bob):
    drop = make_drop(2)
    place = PickupPlace.objects.create(name="Oslo store", street="2 Store St", zip_code="0150", city="Oslo", country="NO")
    place.drops.add(drop)
    for member in (alice, bob):
        make_purchase(member, drop, address={"name": "Bea", "pickup": place.pk})
    assert not linked_accounts.are_linked(alice, bob)
