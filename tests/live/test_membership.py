"""Who is behind a socket: believed once, looked at again every two seconds."""

from importlib import import_module

import pytest
from django.conf import settings
from django.contrib.sessions.models import Session

from community.models import Member
from dropshop.core.live.sessions import DISABLED, SIGNED_OUT, MemberDisabled, no_longer_valid, sign_in
from tests.make import make_member


@pytest.fixture
def session_of(request):
    signed_in = request.getfixturevalue("sign_in")  # a client; `sign_in` here is the socket's
    return lambda member: signed_in(member).cookies[settings.SESSION_COOKIE_NAME].value


@pytest.mark.django_db
def test_a_session_proves_its_member(alice, session_of):
    member, proof = sign_in(session_of(alice))

    assert (member, proof.member) == (alice, str(alice.pk))


@pytest.mark.django_db
@pytest.mark.parametrize("key", ["unknown", "x" * 500, "\x00" * 32, "é" * 32, ""])
def test_an_unknown_session_is_a_visitors(key):
    assert sign_in(key) is None


@pytest.mark.django_db
def test_a_session_without_a_member_is_a_visitors():
    session = import_module(settings.SESSION_ENGINE).SessionStore()
    session["basket"] = 1
    session.create()

    assert sign_in(session.session_key) is None


@pytest.mark.django_db
def test_a_session_from_before_the_password_was_changed_is_a_visitors_and_is_not_touched(alice, session_of):
    key = session_of(alice)
    Member.objects.filter(pk=alice.pk).update(password="another")

    assert sign_in(key) is None
    assert Session.objects.filter(session_key=key).exists()


@pytest.mark.django_db
def test_a_disabled_member_is_refused(alice, session_of):
    key = session_of(alice)
    Member.objects.filter(pk=alice.pk).update(is_active=False)

    with pytest.raises(MemberDisabled):
        sign_in(key)


@pytest.mark.django_db
def test_whoever_was_disabled_deleted_signed_out_or_changed_the_password_is_found_in_one_query(
    session_of, django_assert_num_queries
):
    names = ("stays", "disabled", "deleted", "signed out", "expired", "new password")
    people = {name: make_member(name.replace(" ", "-")) for name in names}
    proofs = {name: sign_in(session_of(member))[1] for name, member in people.items()}
    Member.objects.filter(pk=people["disabled"].pk).update(is_active=False)
    people["deleted"].delete()
    Session.objects.filter(session_key=proofs["signed out"].session).delete()
    Session.objects.filter(session_key=proofs["expired"].session).update(expire_date="2020-01-01T00:00Z")
    Member.objects.filter(pk=people["new password"].pk).update(password="another")

    with django_assert_num_queries(1):
        ended = no_longer_valid(proofs.values())

    assert ended == {
        proofs["disabled"]: DISABLED,
        proofs["deleted"]: DISABLED,
        proofs["signed out"]: SIGNED_OUT,
        proofs["expired"]: SIGNED_OUT,
        proofs["new password"]: SIGNED_OUT,
    }
