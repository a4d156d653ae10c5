"""Acceptance 41: where the monitor connects, and that it is who the address names."""

import ipaddress
import socket
import ssl
import threading
import time
from datetime import UTC, datetime, timedelta

import pytest

from dropshop.core.outbound import addresses
from dropshop.core.outbound.addresses import AddressPolicy, is_public
from dropshop.core.outbound.client import OutboundClient
from dropshop.core.outbound.errors import AddressRefused, ReadingFailed
from tests.community.feed_reader.hosts import JSON, Names, fetcher, hosts
from tests.harness.patience import PATIENCE

PRIVATE = """
0.0.0.0 0.1.2.3 10.0.0.1 100.64.0.1 127.0.0.1 127.8.8.8 169.254.169.254 172.16.0.1 172.31.255.255 192.0.0.1 192.0.2.1
192.168.1.1 198.18.0.1 198.51.100.7 203.0.113.9 224.0.0.1 239.255.255.250 240.0.0.1 255.255.255.255
:: ::1 ::127.0.0.1 ::ffff:127.0.0.1 ::ffff:10.0.0.1 64:ff9b::7f00:1 64:ff9b::a9fe:a9fe 64:ff9b:1::1 100::1 2001::1 2001:db8::1
2002:7f00:1:: 2002:c0a8:101::1 3fff::1 5f00::1 fc00::1 fd12:3456::1 fe80::1 fec0::1 ff02::1
"""
PUBLIC = "1.1.1.1 8.8.8.8 93.184.216.34 172.32.0.1 2606:4700::1111 ::ffff:8.8.8.8 64:ff9b::808:808 2002:808:808::1"


@pytest.mark.parametrize(("listed", "public"), [(PRIVATE, False), (PUBLIC, True)])
def test_acceptance_41_which_addresses_are_public(listed, public):
    found = {address: is_public(ipaddress.ip_address(address)) for address in listed.split()}
    assert found == dict.fromkeys(listed.split(), public)


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd", "ftp://shop.example/", "gopher://shop.example/", "//shop.example/", "shop.example", "http://",
        "http://shop.example:22/", "https://shop.example:6379/", "http://[::1", "http://shop.example:99999/",
        "http://user@shop.example/", "http://user:secret@shop.example/", "http://:@shop.example/", "javascript:alert(1)",
    ],
)  # fmt: skip
def test_only_plain_addresses_of_the_web_are_read(url):
    with pytest.raises(AddressRefused):
        OutboundClient(AddressPolicy(resolve=None)).get(url)


SPELLINGS = ["127.0.0.1", "2130706433", "0177.0.0.1", "0x7f.1", "127.1", "0", "[::ffff:127.0.0.1]", "[::1]", "localhost"]


def ways_without_this_host(host):
    """The host's port is open to tests, so that the address alone decides; the address is not."""
    return OutboundClient(AddressPolicy(also={("127.0.0.9", host.port)}), seconds=PATIENCE)


@pytest.mark.parametrize("spelled", SPELLINGS)
def test_acceptance_41_no_connection_is_opened_to_a_private_address_however_it_is_spelled(host, spelled):
    with pytest.raises(AddressRefused, match=r"not on the public internet|no address of the web"):
        ways_without_this_host(host).get(host.url(name=spelled))
    assert host.connections == 0


@pytest.mark.parametrize("spelled", ["127.0.0.1", "2130706433", "0x7f.1"])
def test_acceptance_41_control_without_the_judgement_the_connection_is_counted(host, spelled, monkeypatch):
    monkeypatch.setattr(addresses, "is_public", lambda address: True)
    ways_without_this_host(host).get(host.url(name=spelled))
    assert host.connections == 1


def test_acceptance_41_one_private_address_among_others_is_enough_to_refuse(host):
    def both(name, port, **options):
        return [(socket.AF_INET, 1, 6, "", (address, port)) for address in ("93.184.216.34", "127.0.0.1")]

    with pytest.raises(AddressRefused):
        OutboundClient(AddressPolicy(resolve=both, also={("127.0.0.9", host.port)})).get(host.url())
    assert host.connections == 0


def test_acceptance_41_a_name_that_changes_its_address_gets_no_second_look():
    """Rebinding: whatever the resolver says the next time, the connection goes where the judged address is."""
    with hosts("127.0.0.2", "127.0.0.1") as (public, private):
        public.says["/products.json"] = (200, JSON, b"{}")
        names = Names(shop_example=["127.0.0.2", "127.0.0.1"])
        reader = fetcher(public, names=names)
        assert reader.get(public.url()).body == b"{}"
        assert (public.connections, private.connections, names.asked) == (1, 0, ["shop.example"])
        with pytest.raises(AddressRefused):
            reader.get(public.url())
        assert (public.connections, private.connections) == (1, 0)


def test_acceptance_41_control_connecting_by_name_falls_for_it(monkeypatch):
    """The judge asks, and the connection asks again: the private host gets the connection."""
    with hosts("127.0.0.2", "127.0.0.1") as (public, private):
        names, judged = Names(shop_example=["127.0.0.2", "127.0.0.1"]), AddressPolicy.to
        real = socket.getaddrinfo

        def judge_then_forget(self, host, port, **_):
            judged(self, host, port)
            return [host]

        def again(host, port, *rest, **options):
            return names(host, port) if host == "shop.example" else real(host, port, *rest, **options)

        monkeypatch.setattr(AddressPolicy, "to", judge_then_forget)
        monkeypatch.setattr(socket, "getaddrinfo", again)
        fetcher(public, names=names).get(public.url())
        assert (public.connections, private.connections) == (0, 1)


def test_the_proxies_of_the_surroundings_are_ignored(host, monkeypatch):
    with hosts("127.0.0.1") as (proxy,):
        for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
        host.says["/products.json"] = (200, JSON, b"{}")
        assert fetcher(host).get(host.url()).status == 200
        assert (host.connections, proxy.connections) == (1, 0)


@pytest.mark.parametrize(
    "host_of_url",
    [
        "[fe80::1%25lo]", "[fe80::1%lo]", "[::ffff:7f00:1]", "[0:0:0:0:0:0:0:1]", "[64:ff9b::127.0.0.1]", "127.0.0.1.",
        "localhost.", "①②⑦.⓪.⓪.①", "127。0。0。1", "ｌｏｃａｌｈｏｓｔ", "lo\u00adcalhost", "017700000001", "0x7f000001",
        "127.0.0.1%00.example",
        "shop.example\\@127.0.0.1", "127.0.0.1\t", " 127.0.0.1", "[::127.0.0.1]", "[v1.127]", "0", "0.0.0.0.",
    ],
)  # fmt: skip
def test_acceptance_41_nor_to_any_odder_spelling_of_one(host, host_of_url):
    with pytest.raises(ReadingFailed):
        ways_without_this_host(host).get(host.url(name=host_of_url))
    assert host.connections == 0


def test_a_resolver_that_does_not_answer_is_left_at_the_deadline_and_few_wait_for_it_at_once(monkeypatch):
    answer = threading.Event()
    monkeypatch.setattr(addresses, "_free", threading.BoundedSemaphore(addresses.MAX_LOOKUPS))

    def silent(*_, **__):
        answer.wait(2 * PATIENCE)
        return []

    begun = time.monotonic()
    try:
        for attempt in range(addresses.MAX_LOOKUPS + 2):
            reader = OutboundClient(AddressPolicy(resolve=silent), seconds=0.05)
            with pytest.raises(ReadingFailed) as trouble:
                reader.get("http://shop.example/")
            assert ("at the moment" in trouble.value.words) is (attempt >= addresses.MAX_LOOKUPS)
        assert time.monotonic() - begun < PATIENCE
    finally:
        answer.set()


@pytest.fixture(scope="module")
def certified(tmp_path_factory):
    """A server's context with a certificate for shop.example, and a client's that trusts it."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    folder, key, now = tmp_path_factory.mktemp("tls"), ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "shop.example")])
    made = x509.CertificateBuilder(name, name, key.public_key(), 1, now - timedelta(days=1), now + timedelta(days=1))
    made = made.add_extension(x509.SubjectAlternativeName([x509.DNSName("shop.example")]), critical=False)
    signed = made.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True).sign(key, hashes.SHA256())
    file = folder / "shop.pem"
    pem = serialization.Encoding.PEM
    secret = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    file.write_bytes(secret + signed.public_bytes(pem))
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(file)
    return server, ssl.create_default_context(cadata=signed.public_bytes(pem).decode())


def test_tls_is_checked_against_the_name_in_the_address(certified):
    """The connection goes to a number, and the certificate must be the name's all the same."""
    server, trusting = certified
    with hosts("127.0.0.1", certificate=server) as (host,):
        host.says["/products.json"] = (200, JSON, b"{}")
        assert fetcher(host, certificates=trusting).get(host.url(scheme="https")).body == b"{}"
        with pytest.raises(ReadingFailed, match="certificate"):
            fetcher(host, certificates=trusting).get(host.url(scheme="https", name="other.example"))
        with pytest.raises(ReadingFailed, match="certificate"):
            fetcher(host).get(host.url(scheme="https"))
        assert host.paths == ["/products.json"]
