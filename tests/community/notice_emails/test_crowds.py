"""The sweep that writes notice e-mails, for a crowd and when it is killed."""

import pytest

from community.models import WaitingNotice
from community.notice_emails import sending
from tests.community.notice_emails.mail import confirm, written
from tests.make import make_members

pytestmark = pytest.mark.django_db


class Killed(BaseException):
    """The process is gone."""


@pytest.mark.parametrize("step", ["standing", "write_each", "_take_off"])
def test_a_sweep_that_dies_has_lost_nothing_and_the_next_writes_it_once(alice, tell, monkeypatch, step):
    tell(alice)

    def dies(*args, **kwargs):
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(sending, step, dies)
        with pytest.raises(Killed):
            sending.sweep()
    assert (sending.sweep(), sending.sweep()) == (1, 0)
    assert len(written()) == 1


def test_a_sweep_that_dies_within_a_crowd_has_done_some_members_wholly_and_others_not_at_all(tell, monkeypatch):
    members = make_members(5)
    confirm(*members)
    tell(*members)
    monkeypatch.setattr(sending, "AT_A_TIME", 2)
    take_off, calls = sending._take_off, iter(range(5))

    def dies_the_second_time(*args):
        take_off(*args)
        if next(calls):
            raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(sending, "_take_off", dies_the_second_time)
        with pytest.raises(Killed):
            sending.sweep()
    assert (len(written()), WaitingNotice.objects.count()) == (2, 3)
    assert (sending.sweep(), sending.sweep()) == (3, 0)
    assert sorted(to for to, _, _ in written()) == sorted(member.email for member in members)


@pytest.mark.parametrize(("kind", "statements"), [("moderation", 12), ("comment", 11)], ids=["at once", "daily"])
def test_a_crowd_is_written_to_by_as_many_statements_as_one(tell, clock, django_assert_num_queries, kind, statements):
    def sweep(count):
        members = make_members(count)
        confirm(*members)
        clock.at("2026-06-01 10:00")
        tell(*members, kind=kind)
        clock.at("2026-06-02 09:00")
        with django_assert_num_queries(statements):
            assert sending.sweep() == count

    sweep(1)
    sweep(3)


def test_of_many_notices_each_member_gets_the_oldest_and_the_others_the_next_time(alice, bob, tell, monkeypatch):
    monkeypatch.setattr(sending, "MAX_NOTICES", 2)
    for number in range(3):
        tell(alice, bob, cause=f"x:{number}", text=f"Number {number}.")
    first, second = [(sending.sweep(), sorted((to, len(lines)) for to, _, lines in written())) for _ in range(2)]
    assert first == (2, [(alice.email, 2), (bob.email, 2)])
    assert second == (2, [(alice.email, 1), (alice.email, 2), (bob.email, 1), (bob.email, 2)])


def test_a_member_whose_e_mail_cannot_be_written_keeps_nobody_waiting(alice, bob, tell, clock, monkeypatch):
    tell(alice, bob)
    standing = sending.standing

    def fails_for_alice(unread):
        if alice in unread:
            raise ZeroDivisionError
        return standing(unread)

    with monkeypatch.context() as patched:
        patched.setattr(sending, "standing", fails_for_alice)
        assert sending.sweep() == 1
    assert [to for to, _, _ in written()] == [bob.email]
    clock.at("2026-06-01 13:00")
    assert sending.sweep() == 1
