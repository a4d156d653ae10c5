"""The demo's mailbox: in the demo alone, and for a browser on the shop's own machine alone."""

import pytest
from django.test import Client

from dropshop.core.outbox import send
from dropshop.core.outbox.models import Email
from tests.browser.html_checker import html_errors
from tests.dropshop.core.outbox.letters import written

pytestmark = pytest.mark.django_db


@pytest.fixture
def demo(settings):
    settings.MAILBOX_OF_DEMO = True


@pytest.fixture
def pages():
    """The addresses of the mailbox with one e-mail in it."""
    email = written(said="علياء <b>said</b> no.")
    return "/_mail/", f"/_mail/{email.pk}/", f"/_mail/{email.pk}/html/"


def codes(pages, client=None, **asked):
    return [(client or Client()).get(page, **asked).status_code for page in pages]


@pytest.mark.usefixtures("demo")
def test_the_demo_shows_list_text_and_html_on_its_own_machine(pages):
    send.sweep()
    listed, page, html = (Client().get(page) for page in pages)
    assert "Your payment for Ember Runner" in listed.text
    assert "علياء &lt;b&gt;said&lt;/b&gt; no." in page.text
    assert "علياء &lt;b&gt;said&lt;/b&gt; no." in html.text
    assert (Email.objects.get().status, listed["Cache-Control"]) == ("shown", html["Cache-Control"])
    assert "no-store" in html["Cache-Control"]


@pytest.mark.usefixtures("demo")
def test_the_html_may_run_and_load_nothing(pages):
    policy = Client().get(pages[2])["Content-Security-Policy"]
    assert sorted(policy.split("; ")) == [
        *("base-uri 'none'", "default-src 'none'", "form-action 'none'", "frame-ancestors 'none'", "sandbox"),
        "style-src 'unsafe-inline'",
    ]


@pytest.mark.usefixtures("demo")
def test_the_pages_of_the_mailbox_have_no_fault(pages):
    assert html_errors({page: Client().get(page).text for page in pages[:2]}) == []


def test_without_the_demo_there_is_no_mailbox(pages, sign_in, staff):
    assert codes(pages) == codes(pages, sign_in(staff)) == [404] * 3


@pytest.mark.usefixtures("demo")
@pytest.mark.parametrize("address", ["192.0.2.7", "10.0.0.5", "2001:db8::1", "", "127.0.0.1.example.com"])
def test_elsewhere_there_is_no_mailbox(pages, address, sign_in, staff):
    assert codes(pages, REMOTE_ADDR=address) == [404] * 3
    assert codes(pages, sign_in(staff), REMOTE_ADDR=address) == [404] * 3


@pytest.mark.usefixtures("demo")
@pytest.mark.parametrize("address", ["127.0.0.1", "127.8.8.8", "::1", "::ffff:127.0.0.1"])
def test_every_address_of_the_machine_itself_is_here(pages, address):
    assert codes(pages, REMOTE_ADDR=address) == [200] * 3


@pytest.mark.usefixtures("demo")
@pytest.mark.parametrize("proxies", [0, 1])
@pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded", "X-Real-IP", "Via"])
def test_no_header_of_a_proxy_opens_the_mailbox(settings, pages, header, proxies):
    settings.DROPSHOP_PROXIES = proxies
    for address in ("127.0.0.1", "192.0.2.7"):
        assert codes(pages, REMOTE_ADDR=address, headers={header: "127.0.0.1"}) == [404] * 3


@pytest.mark.usefixtures("demo")
def test_what_is_not_there_or_was_emptied_is_not_found(pages):
    Email.objects.update(to=None, context=None, status="called_off", retry_at=None, settled_at="2026-01-01T00:00Z", error="-")
    assert codes(pages) == [200, 404, 404]
    assert codes(["/_mail/00000000-0000-0000-0000-000000000000/", "/_mail/1/"]) == [404, 404]


@pytest.mark.usefixtures("demo")
def test_nothing_can_be_posted_to_the_mailbox(pages):
    assert [Client().post(page).status_code for page in pages] == [405] * 3
