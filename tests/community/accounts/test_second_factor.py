import pytest
from allauth.mfa.totp.internal.auth import (
    TOTP,
    format_hotp_value,
    generate_totp_secret,
    hotp_value,
    yield_hotp_counters_from_time,
)

from tests.make import PASSWORD

pytestmark = pytest.mark.django_db


def test_a_member_with_a_second_factor_needs_it_here_too(call, alice):
    secret = generate_totp_secret()
    TOTP.activate(alice, secret)
    named = {"username": "alice", "password": PASSWORD}
    for code in ({}, {"code": "000000"}, {"code": "x"}):
        answer = call.post("users/login", named | code)
        assert (answer.status_code, answer.json()["missing"]) == (403, ["second_factor"])
    code = format_hotp_value(hotp_value(secret, next(iter(yield_hotp_counters_from_time()))))
    assert call.post("users/login", named | {"code": code}).status_code == 200
    assert call.post("users/login", named | {"code": code}).status_code == 403  # each code is good once
