"""No account with a password that everybody knows opens a production shop."""

import pytest
from django.contrib.auth.password_validation import get_password_validators, validate_password
from django.core.exceptions import ValidationError
from django.core.management import call_command

from dropshop.machine.processes import REFUSED
from dropshop.operating.known_passwords import KNOWN, require_own_passwords
from tests.dropshop.operating.test_checks import production
from tests.make import make_member

__all__ = ["production"]
pytestmark = pytest.mark.django_db(transaction=True)  # judged on a connection of its own


def give(name, password, **facts):
    make_member(name, password=password, **facts)


def refusal(capsys, judge=require_own_passwords, **options):
    with pytest.raises(SystemExit) as stopped:
        judge(**options)
    assert stopped.value.code == REFUSED
    return capsys.readouterr().err.splitlines()[0]


def test_a_demo_account_with_the_known_password_stops_the_start(production, capsys):
    give("staff", KNOWN)
    give("alice", KNOWN)
    give("bob", "a password of his own")
    assert refusal(capsys) == (
        "The shop does not start, because anybody can sign in as alice, staff with the demo's known password."
    )


def test_an_account_is_known_by_its_demo_address_too(production, capsys):
    give("dora", KNOWN, email="staff@example.com")
    assert " sign in as dora with " in refusal(capsys)


def test_migrations_also_judge_whoever_may_do_everything(production, capsys):
    give("dora", KNOWN, is_superuser=True)
    require_own_passwords()  # a start of one process tries no hash but the demo's
    assert " sign in as dora with " in refusal(capsys, judge=lambda: call_command("migrate", verbosity=0))


def test_a_demo_and_a_shop_without_such_accounts_start(production, settings):
    give("dora", KNOWN)
    require_own_passwords()
    give("staff", KNOWN)
    settings.ENVIRONMENT = "demo"
    require_own_passwords(superusers=True)


def test_nobody_chooses_the_known_password(settings):
    validators = get_password_validators(settings.AUTH_PASSWORD_VALIDATORS)
    with pytest.raises(ValidationError) as refused:
        validate_password(KNOWN, password_validators=validators)
    assert refused.value.messages == ["This password is the demo's, and everybody knows it."]


def test_a_production_shop_is_not_seeded_with_the_known_password(production, capsys):
    production.DEMO_PASSWORD = KNOWN
    assert "choose one by DROPSHOP_DEMO_PASSWORD" in refusal(capsys, judge=lambda: call_command("seed_demo"))
