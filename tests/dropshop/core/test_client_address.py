"""Whose address it is: acceptance 37 at its root."""

import pytest
from django.test import RequestFactory

from dropshop.core.client_address import client_address, client_address_of_scope, client_ip


def asked(peer: str, forwarded: str | None = None):
    headers = {} if forwarded is None else {"X-Forwarded-For": forwarded}
    return RequestFactory().get("/", REMOTE_ADDR=peer, headers=headers)


@pytest.mark.parametrize("forged", ["203.0.113.9", "203.0.113.9, 10.0.0.1", "", "nonsense", "2001:db8::1"])
def test_without_trusted_proxies_the_header_is_never_read(settings, forged):
    settings.DROPSHOP_PROXIES = 0
    assert client_address(asked("192.0.2.7", forged)) == "192.0.2.7"


@pytest.mark.parametrize("forged", ["", "203.0.113.9, ", "1.1.1.1, 2.2.2.2, ", "nonsense, "])
def test_with_one_proxy_only_what_that_proxy_wrote_counts(settings, forged):
    settings.DROPSHOP_PROXIES = 1
    assert client_address(asked("10.0.0.1", forged + "198.51.100.4")) == "198.51.100.4"


def test_with_two_proxies_the_second_from_the_right_counts(settings):
    settings.DROPSHOP_PROXIES = 2
    assert client_address(asked("10.0.0.1", "1.1.1.1, 198.51.100.4, 10.0.0.2")) == "198.51.100.4"


@pytest.mark.parametrize("header", [None, "", "unknown", "198.51.100.4:80", "a, b", "198.51.100.4\x00"])
def test_a_missing_or_malformed_entry_leaves_the_peer(settings, header):
    settings.DROPSHOP_PROXIES = 1
    assert client_address(asked("10.0.0.1", header)) == "10.0.0.1"


def test_fewer_entries_than_proxies_leave_the_peer(settings):
    settings.DROPSHOP_PROXIES = 2
    assert client_address(asked("10.0.0.1", "198.51.100.4")) == "10.0.0.1"


@pytest.mark.parametrize("ip", ["2001:db8:0:7::1", "2001:db8:0:7:ffff::2", "2001:db8:0:7::1%eth0"])
def test_ipv6_counts_per_64_but_is_shown_whole(ip):
    request = asked(ip)
    assert client_address(request) == "2001:db8:0:7::/64"
    assert client_ip(request) == ip.partition("%")[0]


def test_an_ipv4_address_in_ipv6_clothes_is_the_ipv4_address():
    assert client_address(asked("::ffff:192.0.2.7")) == "192.0.2.7"


def test_nobody_knows_the_peer_of_a_unix_socket():
    assert client_address(asked("")) == ""


def test_a_socket_is_read_the_same_way(settings):
    scope = {"client": ("10.0.0.1", 5), "headers": [(b"x-forwarded-for", b"1.1.1.1"), (b"x-forwarded-for", b"198.51.100.4")]}
    settings.DROPSHOP_PROXIES = 0
    assert client_address_of_scope(scope) == "10.0.0.1"
    settings.DROPSHOP_PROXIES = 1
    assert client_address_of_scope(scope) == "198.51.100.4"
    assert client_address_of_scope({"client": None, "headers": []}) == ""
