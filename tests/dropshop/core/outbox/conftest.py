"""These tests send by a mail server of their own."""

import pytest

from tests.dropshop.core.outbox.mail_server import a_mail_server


@pytest.fixture
def server(settings):
    with a_mail_server(settings) as server:
        yield server
