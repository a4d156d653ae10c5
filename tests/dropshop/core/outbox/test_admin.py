"""Support sees what was written to whom and what came of it, and may send it again; nobody reads or changes it."""

import pytest
from django.contrib.auth.models import Group

from dropshop.core.outbox import send
from dropshop.core.outbox.admin import masked
from dropshop.core.outbox.models import Email
from dropshop.core.outbox.write import write_to_member
from tests.dropshop.core.outbox.letters import FACTS
from tests.make import make_member

pytestmark = pytest.mark.django_db
LIST = "/admin/outbox/email/"


@pytest.fixture
def email(alice):
    write_to_member(alice.pk, "payment_trouble", "payment:1", **FACTS)
    return Email.objects.get()


@pytest.fixture
def support():
    member = make_member("sam", is_staff=True)
    member.groups.add(Group.objects.get(name="support"))
    return member


def page(email, action=""):
    return f"{LIST}{email.pk}/{action or 'change/'}"


def test_support_finds_an_e_mail_and_reads_neither_address_nor_words(sign_in, support, email):
    client = sign_in(support)
    for shown in (client.get(LIST, {"q": "payment:1"}), client.get(page(email))):
        assert shown.status_code == 200
        assert ("Payment trouble" in shown.text, ">payment_trouble<" in shown.text) == (True, False)
        assert [word for word in ("alice@example.com", FACTS["said"]) if word in shown.text] == []
    assert "a…@example.com" in client.get(page(email)).text


def test_the_list_is_filtered_by_kinds_in_words(sign_in, support, email, bob):
    write_to_member(bob.pk, "order_shipped", "purchase:1")
    page = sign_in(support).get(LIST, {"kind": "order_shipped"})
    assert [found.kind for found in page.context["cl"].result_list] == ["order_shipped"]
    assert [f"?kind={kind}" in page.text for kind in ("payment_trouble", "order_shipped")] == [True, True]
    assert [words in page.text for words in ("Payment trouble", "Order shipped")] == [True, True]


def test_support_sends_a_failed_e_mail_again_once(sign_in, support, email):
    client = sign_in(support)
    assert client.post(page(email, "send_again/")).status_code == 302, "refused: it waits already"
    Email.objects.update(status="failed", retry_at=None, settled_at="2026-01-01T00:00Z", error="550 no", tries=3)
    assert "Send again" in client.get(page(email)).text
    assert client.get(page(email, "send_again/")).status_code == 200
    assert client.post(page(email, "send_again/")).status_code == 302
    email.refresh_from_db()
    assert (email.status, email.tries, email.error) == ("waiting", 0, "")
    assert (send.sweep(), send.sweep()) == (1, 0)


def test_who_may_not_send_again_cannot(sign_in, email):
    member = make_member("max", is_staff=True)
    assert sign_in(member).get(LIST).status_code == 403
    assert sign_in(member).post(page(email, "send_again/")).status_code == 403


def test_not_even_a_superuser_changes_or_deletes_an_e_mail(sign_in, staff, email):
    client = sign_in(staff)
    assert client.post(page(email), {"status": "sent"}).status_code == 403
    assert client.post(page(email, "delete/"), {"post": "yes"}).status_code == 403
    assert client.get(f"{LIST}add/").status_code == 403


@pytest.mark.parametrize(
    ("address", "shown"),
    [("ada@example.com", "a…@example.com"), ("@x", "…@x"), (None, "none any more"), ("", "none any more")],
)
def test_of_an_address_its_first_letter_and_its_domain_are_shown(address, shown):
    assert masked(address) == shown
