import pytest
from allauth.mfa.totp.internal import auth
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, generate_totp_secret, hotp_value

from tests.make import PASSWORD

pytestmark = pytest.mark.django_db


def test_a_member_with_a_second_factor_needs_it_here_too(call, alice, monkeypatch):
    monkeypatch.setattr(auth, "yield_hotp_counters_from_time", lambda: iter([7]))  # the thirty seconds do not pass meanwhile
    secret = generate_totp_secret()
    TOTP.activate(alice, secret)
    named = {"username": "alice", "password": PASSWORD}
    for code in ({}, {"code": "000000"}, {"code": "x"}):
        answer = call.post("users/login", named | code)
        assert (answer.status_code, answer.json()["missing"]) == (403, ["second_factor"])
    code = format_hotp_value(hotp_value(secret, 7))
    assert call.post("users/login", named | {"code": code}).status_code == 200
    assert call.post("users/login", named | {"code": code}).status_code == 403  # each code is good once
