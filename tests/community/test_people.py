"""Members to each other: silence, blocks, mutes."""

from datetime import timedelta

import pytest

from community.members import people
from community.models import Block, Follow
from dropshop.core.clock import database_time
from dropshop.core.errors import Forbidden, Invalid, NotFound

pytestmark = pytest.mark.django_db


def test_who_is_silenced_writes_nothing_until_it_is_over(alice):
    people.may_write(alice)
    alice.silenced_until = database_time() + timedelta(hours=1)
    alice.save()
    with pytest.raises(Forbidden) as refusal:
        people.may_write(alice)
    assert list(refusal.value.facts) == ["silenced_until"]
    alice.silenced_until = database_time()
    alice.save()
    people.may_write(alice)


def test_a_block_hides_both_from_each_other_and_ends_their_follows(alice, bob, charlie):
    Follow.objects.create(follower=alice, member=bob)
    Follow.objects.create(follower=bob, member=alice)
    for _ in range(2):
        people.block(alice, bob)
    assert (people.hidden_from(alice), people.hidden_from(bob), people.hidden_from(charlie)) == ({bob.pk}, {alice.pk}, set())
    assert (people.hidden_of(alice), people.hidden_of(bob)) == ({bob.pk}, {alice.pk})
    assert (Block.objects.count(), Follow.objects.count(), people.are_apart(bob, alice)) == (1, 0, True)
    people.unblock(bob, alice)
    assert people.hidden_from(alice) == {bob.pk}
    people.unblock(alice, bob)
    assert people.hidden_from(alice) == set()


def test_a_mute_hides_one_way(alice, bob):
    for _ in range(2):
        people.mute(alice, bob)
    assert (people.hidden_from(alice), people.hidden_from(bob), people.hidden_of(bob)) == ({bob.pk}, set(), {alice.pk})
    people.unmute(alice, bob)
    assert people.hidden_from(alice) == set()


@pytest.mark.parametrize("deed", [people.block, people.mute])
def test_nobody_keeps_themselves_out(alice, deed):
    with pytest.raises(Invalid):
        deed(alice, alice)


def test_a_member_is_found_in_any_case_but_by_whom_they_blocked_and_not_after_they_left(alice, bob):
    people.block(alice, bob)
    assert people.find("ALICE") == people.find("alice", viewer=alice) == alice
    assert people.find("bob", viewer=alice) == bob
    bob.is_active = False
    bob.save()
    for name, viewer in (("alice", bob), ("bob", None), ("nobody", None), ("a\0b", None)):
        with pytest.raises(NotFound):
            people.find(name, viewer=viewer)
