"""What the attacks share."""

from typing import Any

import pytest

from .hostile import allow_many_sockets


@pytest.fixture(scope="session", autouse=True)
def many_sockets():
    """Attackers have as many sockets as they like."""
    allow_many_sockets()


@pytest.fixture
def few_guesses(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Few guesses, and cheap ones: it is the counting that is tested."""
    from tests import make  # these need Django's applications, which are not there yet
    from tests.attacks.signing_in import GUESSES

    monkeypatch.setattr(make, "_hashes", {})  # cheap ones are for here alone
    settings.LIMITS = {
        "sign-in": {"account": f"{GUESSES}/1d", "address": "1000/1s", "device": f"{GUESSES}/1d"},
        "sign-in-by-work": {"account": "12/1d", "address": "1000/1s"},
        "second-factor": {"account": "3/1d", "address": "1000/1s"},
        "code": {"account": "5/1d", "address": "1000/1s"},
        "code-try": {"account": "3/1d", "address": "1000/1s"},
    }
    settings.WORK_COST = 1
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def guessed_at(few_guesses: None, alice: Any) -> Any:
    """Alice, at whose account strangers have guessed as often as they may."""
    from django.test import Client

    from tests.attacks.signing_in import by_api
    from tests.make import PASSWORD

    alice.set_password(PASSWORD)
    alice.save()
    while by_api(Client(), "alice", "wrong") != 429:
        pass
    return alice
