"""These tests send by a mail server of their own."""

import pytest

from tests.dropshop.core.outbox.mail_server import a_mail_server
from tests.harness.patience import PATIENCE


@pytest.fixture
def server(settings, monkeypatch):
    """The clock that ends a sweep, and a conversation, stands still: no machine is too slow for them."""
    for module in ("send", "smtp"):
        monkeypatch.setattr(f"dropshop.core.outbox.{module}.steady", lambda: 0.0)
    settings.EMAIL_TIMEOUT = PATIENCE
    with a_mail_server(settings) as server:
        yield server
