"""Members to each other: silence, blocks, mutes."""

from datetime import timedelta

import pytest

from community.models import Block, Follow
from community.people import relations
from dropshop.core.clock import database_time
from dropshop.core.errors import Forbidden, Invalid, NotFound

pytestmark = pytest.mark.django_db


def test_who_is_silenced_writes_nothing_until_it_is_over(alice):
    relations.require_not_silenced(alice)
    alice.silenced_until = database_time() + timedelta(hours=1)
    alice.save()
    with pytest.raises(Forbidden) as refusal:
        relations.require_not_silenced(alice)
    assert list(refusal.value.facts) == ["silenced_until"]
    alice.silenced_until = database_time()
    alice.save()
    relations.require_not_silenced(alice)


def test_a_block_hides_both_from_each_other_and_ends_their_follows(alice, bob, charlie):
    Follow.objects.create(follower=alice, member=bob)
    Follow.objects.create(follower=bob, member=alice)
    for _ in range(2):
        relations.block(alice, bob)
    assert (relations.hidden_from(alice), relations.hidden_from(bob), relations.hidden_from(charlie)) == (
        {bob.pk},
        {alice.pk},
        set(),
    )
    assert (relations.hidden_of(alice), relations.hidden_of(bob)) == ({bob.pk}, {alice.pk})
    assert (Block.objects.count(), Follow.objects.count(), relations.are_blocked(bob, alice)) == (1, 0, True)
    relations.unblock(bob, alice)
    assert relations.hidden_from(alice) == {bob.pk}
    relations.unblock(alice, bob)
    assert relations.hidden_from(alice) == set()


def test_a_mute_hides_one_way(alice, bob):
    for _ in range(2):
        relations.mute(alice, bob)
    assert (relations.hidden_from(alice), relations.hidden_from(bob), relations.hidden_of(bob)) == ({bob.pk}, set(), {alice.pk})
    relations.unmute(alice, bob)
    assert relations.hidden_from(alice) == set()


@pytest.mark.parametrize("deed", [relations.block, relations.mute])
def test_nobody_keeps_themselves_out(alice, deed):
    with pytest.raises(Invalid):
        deed(alice, alice)


def test_a_member_is_found_in_any_case_but_by_whom_they_blocked_and_not_after_they_left(alice, bob):
    relations.block(alice, bob)
    assert relations.find_member("ALICE") == relations.find_member("alice", viewer=alice) == alice
    assert relations.find_member("bob", viewer=alice) == bob
    bob.is_active = False
    bob.save()
    for name, viewer in (("alice", bob), ("bob", None), ("nobody", None), ("a\0b", None)):
        with pytest.raises(NotFound):
            relations.find_member(name, viewer=viewer)
