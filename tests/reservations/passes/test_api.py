from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress
from django.contrib.sessions.models import Session

from drops.models import Drop
from dropshop.core.clock import database_time
from reservations.passes import tokens
from tests.make import make_drop

pytestmark = pytest.mark.django_db


def take(caller, drop):
    answer = caller.post(f"drops/{drop.pk}/pass")
    assert answer.status_code == 200
    return answer.json()["pass"]


def test_a_pass_is_for_ten_minutes(as_member, alice):
    answer = as_member(alice).post(f"drops/{make_drop(starts_in=60).slug}/pass")
    assert answer.status_code == 200
    assert set(answer.json()) == {"pass", "expires_at", "server_time"}


def test_a_pass_alone_reserves_for_its_member(as_member, call, alice):
    drop = make_drop()
    answer = call.post(f"drops/{drop.slug}/reserve", X_Drop_Pass=take(as_member(alice), drop))
    assert answer.status_code == 201
    assert drop.reservations.get().member == alice


def test_a_pass_stands_in_for_the_csrf_token_of_a_browser(call, as_member, alice):
    drop = make_drop()
    call.client.force_login(alice)
    assert call.post(f"drops/{drop.pk}/reserve").status_code == 403
    assert call.post(f"drops/{drop.pk}/reserve", X_Drop_Pass=take(as_member(alice), drop)).status_code == 201


def test_forged_foreign_and_late_passes_are_refused(as_member, call, alice):
    drop, other = make_drop(), make_drop()
    good = take(as_member(alice), drop)
    late = tokens.issue_pass(alice, drop, Session.objects.first().pk, at=database_time() - tokens.LIFETIME).text
    swapped = ("B" if good[0] == "A" else "A") + good[1:]
    for text in ("", "rubbish", "a:b", good[:-1], swapped, late, take(as_member(alice), other), "é"):
        answer = call.post(f"drops/{drop.pk}/reserve", X_Drop_Pass=text)
        assert (answer.status_code, answer.json()["code"]) == (401, "not_authenticated")
    assert drop.reservations.count() == 0


def test_a_pass_ends_with_the_sign_in_it_was_given_to(as_member, call, alice):
    drop, caller = make_drop(), as_member(alice)
    ticket = take(caller, drop)
    caller.post("users/logout", {"refresh": caller.refresh})
    assert call.post(f"drops/{drop.pk}/reserve", X_Drop_Pass=ticket).status_code == 401


def test_a_pass_ends_with_its_member(as_member, call, alice):
    drop = make_drop()
    ticket = take(as_member(alice), drop)
    type(alice).objects.filter(pk=alice.pk).update(is_active=False)
    assert call.post(f"drops/{drop.pk}/reserve", X_Drop_Pass=ticket).status_code == 401


def test_a_pass_ends_with_the_password_it_was_given_under(as_member, call, alice):
    drop = make_drop()
    ticket = take(as_member(alice), drop)
    alice.set_password("another-long-passphrase")
    alice.save()
    assert call.post(f"drops/{drop.pk}/reserve", X_Drop_Pass=ticket).status_code == 401


def test_all_passes_of_a_batch_are_judged_in_one_query(as_member, alice, bob, charlie, django_assert_num_queries):
    drop = make_drop()
    alices, bobs, charlies = (tokens.open_pass(take(as_member(who), drop), drop.pk) for who in (alice, bob, charlie))
    type(bob).objects.filter(pk=bob.pk).update(is_active=False)
    late = charlies._replace(expires_at=database_time())
    with django_assert_num_queries(1):
        assert tokens.invalid_reasons([alices, bobs, late, charlies]) == [None, tokens.ENDED, tokens.RUN_OUT, None]


def test_a_pass_hides_the_session_it_was_given_to(as_member, alice):
    drop = make_drop()
    ticket = take(as_member(alice), drop)
    key = Session.objects.get().pk
    assert key not in ticket
    assert tokens.open_pass(ticket, drop.pk)[:3] == (alice.pk, drop.pk, key)


def test_a_pass_outlives_the_change_of_the_secret_key_as_a_fallback_and_no_longer(as_member, alice, settings):
    drop = make_drop()
    ticket = take(as_member(alice), drop)
    settings.SECRET_KEY, old = "another secret key, as long as the first one was", settings.SECRET_KEY
    with pytest.raises(tokens.InvalidPass):
        tokens.open_pass(ticket, drop.pk)
    settings.SECRET_KEY_FALLBACKS = [old]
    assert tokens.open_pass(ticket, drop.pk).member_id == alice.pk


def test_reading_a_pass_asks_the_database_nothing(as_member, alice, django_assert_num_queries):
    drop = make_drop()
    ticket = take(as_member(alice), drop)
    with django_assert_num_queries(0):
        tokens.open_pass(ticket, drop.pk)


def test_no_pass_without_a_verified_address_and_the_answer_says_so(as_member, alice, settings):
    caller, drop = as_member(alice), make_drop()
    settings.REQUIRE_VERIFIED_EMAIL = True
    for path in ("pass", "reserve"):
        answer = caller.post(f"drops/{drop.pk}/{path}")
        assert (answer.status_code, answer.json()["code"]) == (403, "permission_denied")
        assert answer.json()["missing"] == ["verified_email"]
    EmailAddress.objects.create(user=alice, email=alice.email, verified=True)
    assert caller.post(f"drops/{drop.pk}/pass").status_code == 200


def test_no_pass_for_visitors_drafts_and_what_is_over(as_member, call, alice):
    drop, draft = make_drop(), make_drop(published=False)
    assert call.post(f"drops/{drop.pk}/pass").status_code == 401
    assert as_member(alice).post(f"drops/{draft.pk}/pass").status_code == 404
    assert call.post(f"drops/{draft.pk}/reserve", X_Drop_Pass="x").status_code == 404
    Drop.objects.filter(pk=drop.pk).update(ends_at=database_time() - timedelta(seconds=1))
    assert as_member(alice).post(f"drops/{drop.pk}/pass").json()["code"] == "closed"
