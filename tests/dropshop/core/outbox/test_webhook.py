"""What a provider of e-mail tells by django-anymail's own webhook view, with its secret; without one there is no address."""

import json
from base64 import b64encode

import pytest
from django.apps import apps
from django.test import Client

from dropshop.checks import production_is_safe
from dropshop.core.outbox import send, suppression, webhook
from dropshop.core.outbox.models import SuppressedAddress
from tests.dropshop.core.outbox.letters import state, written

pytestmark = pytest.mark.django_db
SECRET = "postmark:" + "s3cret-" * 4
URL = "/webhooks/e-mails/postmark/"


@pytest.fixture
def with_anymail(settings):
    """A shop that sends by Postmark."""
    settings.INSTALLED_APPS = [*settings.INSTALLED_APPS, "anymail"]
    settings.EMAIL_BACKEND = "anymail.backends.postmark.EmailBackend"
    settings.EMAIL_WEBHOOK_SECRET = SECRET
    settings.ANYMAIL = {"WEBHOOK_SECRET": SECRET, "POSTMARK_SERVER_TOKEN": "x"}
    webhook.listen()
    settings.ROOT_URLCONF = tuple(webhook.addresses())


def tell(secret=SECRET, **event):
    said = {"MessageID": "1", "Email": "ada@example.com", "BouncedAt": "2026-06-01T12:00:00Z", "ID": 1, **event}
    return Client().post(
        URL,
        json.dumps(said),
        content_type="application/json",
        headers={"Authorization": f"Basic {b64encode(secret.encode()).decode()}"},
    )


BOUNCE = {"RecordType": "Bounce", "Type": "HardBounce", "TypeCode": 1, "Description": "unknown user", "Details": "550 5.1.1"}
SOFT = {"RecordType": "Bounce", "Type": "SoftBounce", "TypeCode": 4096, "Description": "mailbox full"}
POLICY = {**BOUNCE, "Details": "550 5.7.1 your network is on a list"}
SPAM = {"RecordType": "SpamComplaint", "Type": "SpamComplaint", "TypeCode": 512, "Description": "reported"}
OPENED = {"RecordType": "Open", "Recipient": "ada@example.com", "ReceivedAt": "2026-06-01T12:00:00Z"}


@pytest.mark.usefixtures("with_anymail")
@pytest.mark.parametrize(
    ("event", "reasons"),
    [(BOUNCE, ["bounced"]), (SPAM, ["complained"]), (SOFT, []), (POLICY, []), (OPENED, [])],
    ids=["hard bounce", "complaint", "soft bounce", "about us", "opened"],
)
def test_an_event_suppresses_its_address_once_however_often_it_comes(event, reasons):
    assert [tell(**event).status_code for _ in range(3)] == [200] * 3
    assert [row.reason for row in suppression.of_address("ada@example.com")] == reasons


@pytest.mark.usefixtures("with_anymail")
@pytest.mark.parametrize("secret", ["", "postmark:", "postmark:guess", SECRET[:-1]])
def test_without_the_secret_nothing_is_believed(secret):
    assert tell(secret, **BOUNCE).status_code == 400
    assert not SuppressedAddress.objects.exists()


@pytest.mark.usefixtures("with_anymail")
def test_without_a_secret_set_there_is_no_address(settings):
    settings.EMAIL_WEBHOOK_SECRET = ""
    assert webhook.addresses() == []


def test_without_anymail_there_is_no_address(client):
    assert not apps.is_installed("anymail")
    assert (webhook.addresses(), webhook.provider()) == ([], "")
    assert client.post(URL).status_code == 404


@pytest.mark.usefixtures("with_anymail")
def test_an_address_that_the_provider_refuses_is_a_named_failure_and_keeps_no_other_waiting(monkeypatch):
    from anymail.backends.postmark import EmailBackend
    from anymail.exceptions import AnymailRecipientsRefused

    def refuses(self, messages):
        if messages[0].to == ["ada@example.com"]:
            raise AnymailRecipientsRefused
        return 1

    monkeypatch.setattr(EmailBackend, "send_messages", refuses)
    monkeypatch.setattr(EmailBackend, "open", lambda self: True)
    first, other = written("payment:1"), written("payment:2", to="bob@example.com")
    assert send.sweep() == 2
    assert state(first) == ("failed", "The provider of e-mail refuses the address.")
    assert state(other) == ("sent", "")


@pytest.mark.parametrize(("secret", "refused"), [("", False), ("x", True), ("a:short", True), (SECRET, False)])
def test_production_does_not_start_with_a_secret_that_is_guessed(settings, secret, refused):
    settings.EMAIL_WEBHOOK_SECRET = secret
    assert any(found.id == "dropshop.E114" for found in production_is_safe()) == refused


def test_production_warns_where_bounces_are_not_heard_of(settings):
    settings.EMAIL_BACKEND = "anymail.backends.postmark.EmailBackend"
    assert "dropshop.W206" in {found.id for found in production_is_safe()}
