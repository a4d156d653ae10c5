"""A guest's manners: robots.txt, pauses, one request at a time, and redirects that lead nowhere they should not."""

from datetime import timedelta

import pytest

from community.feed_reader import visits
from community.feed_reader.errors import RetryLater
from community.feed_reader.visits import PoliteClient
from community.models import Host
from dropshop.core.clock import database_time
from dropshop.core.outbound.addresses import AddressPolicy
from dropshop.core.outbound.client import OutboundClient
from dropshop.core.outbound.errors import AddressRefused, ReadingFailed
from dropshop.core.retention import rules
from tests.community.feed_reader.hosts import JSON, Names, Visits, hosts

pytestmark = pytest.mark.django_db
OK = (200, JSON, b"{}")


def robots(text):
    return (200, {"Content-Type": "text/plain"}, text.encode())


def later(seconds=100_000):
    """So much time has passed, for everything we know of hosts."""
    for host in Host.objects.all():
        host.free_at -= timedelta(seconds=seconds)
        host.robots_at = host.robots_at and host.robots_at - timedelta(seconds=seconds)
        host.save()


def test_robots_txt_is_asked_first_and_kept_for_a_day(host):
    host.says["/products.json"] = OK
    visit = Visits(host)
    visit().read(host.url(), {})
    later(3600)
    visit().read(host.url(), {})
    assert host.paths == ["/robots.txt", "/products.json", "/products.json"]
    later(86_400)
    visit().read(host.url(), {})
    assert host.paths[3:] == ["/robots.txt", "/products.json"]


@pytest.mark.parametrize(
    "text",
    [
        "User-agent: *\nDisallow: /products",
        "User-agent: dropshop-monitor\nDisallow: /",
        "User-Agent: *\nAllow: /\n\nUser-Agent: Dropshop-Monitor\nDisallow: /*.json$",
    ],
)
def test_what_robots_txt_disallows_is_not_read(host, text):
    host.says |= {"/robots.txt": robots(text), "/products.json": OK}
    with pytest.raises(ReadingFailed, match=r"robots\.txt does not allow"):
        Visits(host)().read(host.url(), {})
    assert host.paths == ["/robots.txt"]


@pytest.mark.parametrize("status", [404, 403, 401, 410])
def test_a_host_without_a_robots_txt_may_be_read(host, status):
    host.says |= {"/robots.txt": (status, {}, b"Disallow: /"), "/products.json": OK}
    assert Visits(host)().read(host.url(), {}).body == b"{}"


def hangs_up(handler):
    handler.connection.close()


@pytest.mark.parametrize("said", [(500, {}, b""), (503, {}, b""), (429, {}, b""), hangs_up])
def test_a_host_whose_robots_txt_cannot_be_read_is_left_alone(host, said):
    host.says |= {"/robots.txt": said, "/products.json": OK}
    with pytest.raises(ReadingFailed, match=r"robots\.txt could not be read"):
        Visits(host)().read(host.url(), {})
    assert host.paths == ["/robots.txt"]
    later(601)
    host.says["/robots.txt"] = robots("")
    assert Visits(host)().read(host.url(), {}).status == 200


def test_a_robots_txt_that_is_no_text_allows_what_it_does_not_forbid(host):
    host.says |= {"/robots.txt": (200, {}, b"\x00\xff\xfe<html>" * 1000), "/products.json": OK}
    assert Visits(host)().read(host.url(), {}).status == 200


def test_the_crawl_delay_is_kept_within_a_visit_and_between_visits(host):
    host.says |= {"/robots.txt": robots("User-agent: *\nCrawl-delay: 3"), "/products.json": OK}
    visit = Visits(host)
    visit().read(host.url(), {})
    assert visit.slept == [3.0]
    with pytest.raises(RetryLater):
        visit().read(host.url(), {})
    assert host.paths == ["/robots.txt", "/products.json"]
    later(5)
    visit().read(host.url(), {})
    assert (host.paths[2:], visit.slept) == (["/products.json"], [3.0])


def test_for_a_long_crawl_delay_the_reading_is_put_off(host):
    host.says |= {"/robots.txt": robots("User-agent: *\nCrawl-delay: 30"), "/products.json": OK}
    with pytest.raises(RetryLater) as wish:
        Visits(host)().read(host.url(), {})
    assert (wish.value.seconds, host.paths) == (30.0, ["/robots.txt"])
    free_in = Host.objects.get().free_at - database_time()
    assert timedelta(seconds=28) < free_in <= timedelta(seconds=30)
    later(31)
    assert Visits(host)().read(host.url(), {}).status == 200


def test_a_host_is_asked_by_one_visitor_at_a_time(host, monkeypatch):
    refused = []

    def get_while_another_comes(self, url, headers=None):
        with pytest.raises(RetryLater):
            Visits(host)().read(host.url("/other"), {})
        refused.append(url)
        return get(self, url, headers)

    get = OutboundClient.get
    monkeypatch.setattr(OutboundClient, "get", get_while_another_comes)
    host.says["/products.json"] = OK
    Visits(host)().read(host.url(), {})
    assert (refused, host.paths) == ([host.url("/robots.txt"), host.url()], ["/robots.txt", "/products.json"])


def redirect(to, status=302):
    return (status, {"Location": to}, b"")


def test_three_redirects_are_followed_and_a_fourth_is_not(host):
    host.says |= {f"/{n}": redirect(f"/{n + 1}", status) for n, status in enumerate((301, 302, 307, 308))}
    host.says["/3"] = OK
    assert Visits(host)().read(host.url("/0"), {}).url == host.url("/3")
    later()
    host.says["/3"] = redirect("/0")
    with pytest.raises(ReadingFailed, match="More than 3 redirects"):
        Visits(host)().read(host.url("/0"), {})


def test_a_redirect_to_another_host_asks_that_hosts_robots_txt(host):
    with hosts("127.0.0.2") as (other,):
        names = Names(shop_example=["127.0.0.1"], other_example=["127.0.0.2"])
        host.says["/products.json"] = redirect(other.url(name="other.example"))
        other.says |= {"/robots.txt": robots("User-agent: *\nDisallow: /"), "/products.json": OK}
        with pytest.raises(ReadingFailed, match=r"robots\.txt does not allow"):
            Visits(host, other, names=names)().read(host.url(), {})
        assert other.paths == ["/robots.txt"]


TO_PRIVATE = [
    "http://169.254.169.254/latest/meta-data/",
    "http://127.0.0.1:{port}/",
    "http://localhost:{port}/",
    "http://[::ffff:127.0.0.1]:{port}/",
    "//127.0.0.1:{port}/",
    "http://rebound.example:{port}/",
    "file:///etc/passwd",
    "http://shop.example:22/",
    "http://user:pass@shop.example/",
]


@pytest.mark.parametrize("path", ["/products.json", "/robots.txt"])
@pytest.mark.parametrize("target", TO_PRIVATE)
def test_acceptance_41_a_redirect_to_a_private_address_opens_no_connection(path, target):
    """Of the feed and of robots.txt alike. Both hosts listen on one port; only the first one's address is permitted."""
    with hosts("127.0.0.2", "127.0.0.1") as (public, private):
        names = Names(shop_example=["127.0.0.2"], rebound_example=["127.0.0.1"])
        names.names["localhost"] = ["127.0.0.1"]
        public.says |= {"/products.json": OK, path: redirect(target.format(port=private.port))}
        with pytest.raises((AddressRefused, ReadingFailed)):
            Visits(public, names=names)().read(public.url(), {})
        assert (public.paths[-1], private.connections) == (path, 0)


def test_acceptance_41_not_even_robots_txt_is_fetched_from_a_private_address(host):
    reader = OutboundClient(AddressPolicy(also={("127.0.0.9", host.port)}))
    with pytest.raises(AddressRefused):
        PoliteClient(reader).read(host.url(name="127.0.0.1"), {})
    assert host.connections == 0


def test_a_visit_that_takes_too_long_asks_nothing_more(host, monkeypatch):
    monkeypatch.setattr(visits, "VISIT_TIMEOUT", -1)
    with pytest.raises(ReadingFailed):
        Visits(host)().read(host.url(), {})
    assert host.paths == []


@pytest.mark.parametrize(
    "location",
    [
        "http://[bad/",
        "http://shop\u2100.example/",
        "https://" + "a" * 5000 + ".example/",
        "http://" + "a." * 130 + "example/",
        "//[",
        "http://\u2474/",
    ],
)
def test_a_redirect_to_what_is_no_address_is_trouble_in_words(host, location):
    host.says["/products.json"] = (302, {"Location": location.encode().decode("latin-1")}, b"")
    with pytest.raises(ReadingFailed):
        Visits(host)().read(host.url(), {})
    assert Host.objects.filter(free_at__gt=database_time() + timedelta(seconds=10)).count() == 0, "hosts are given back"


def test_a_host_that_nobody_asked_for_a_month_is_forgotten(host):
    host.says["/products.json"] = OK
    Visits(host)().read(host.url(), {})
    Host.objects.create(name="http://led-to.example")
    assert rules["hosts of feeds"].enforce() == 0
    later(31 * 86_400)
    Host.objects.create(name="http://new.example")
    assert (rules["hosts of feeds"].enforce(), list(Host.objects.values_list("name", flat=True))) == (2, ["http://new.example"])
