"""Following stores, sneakers and members: the deed and the API."""

from uuid import uuid4

import pytest

from community.models import Follow
from community.people import follows, relations
from dropshop.core.errors import Invalid, NotFound
from tests.make import make_sneaker, make_store

pytestmark = pytest.mark.django_db


def test_following_twice_is_one_follow_and_unfollowing_twice_none(alice):
    store = make_store()
    made = [follows.follow(alice, store=store).created for _ in range(2)]
    for _ in range(2):
        follows.unfollow(alice, store=store)
    assert (made, Follow.objects.count()) == ([True, False], 0)


def test_a_sneaker_is_followed_in_a_size_or_in_all(alice):
    sneaker = make_sneaker()
    for size in ("9", "", " 9 "):
        follows.follow(alice, sneaker=sneaker, size=size)
    assert sorted(follows.of(alice).values_list("size", flat=True)) == ["", "9"]


def test_one_thing_at_a_time(alice):
    for wrong in ({}, {"store": make_store(), "sneaker": make_sneaker()}, {"store": make_store(), "size": "9"}):
        with pytest.raises(Invalid):
            follows.follow(alice, **wrong)


def test_nobody_follows_themselves_or_across_a_block(alice, bob):
    relations.block(bob, alice)
    with pytest.raises(Invalid):
        follows.follow(alice, member=alice)
    with pytest.raises(NotFound):
        follows.follow(alice, member=bob)


def test_there_is_an_end_to_it(alice, monkeypatch):
    monkeypatch.setattr(follows, "MAX_FOLLOWS", 1)
    follows.follow(alice, store=make_store())
    with pytest.raises(Invalid):
        follows.follow(alice, store=make_store())


def test_programs_follow_list_and_unfollow(as_member, alice, bob):
    caller, store, sneaker = as_member(alice), make_store(), make_sneaker()
    bodies = [{"store": store.slug}, {"sneaker": str(sneaker.pk), "size": "9"}, {"member": "bob"}]
    assert [caller.post("follows", body).status_code for body in [*bodies, *bodies]] == [201] * 3 + [200] * 3
    told = caller.get("follows").json()["results"]
    assert [(each["store"] or {}).get("slug") or each["size"] or each["member"] for each in told] == ["bob", "9", store.slug]
    assert [caller.delete("follows", body).status_code for body in [*bodies, *bodies]] == [204] * 6
    assert caller.get("follows").json()["results"] == []


@pytest.mark.parametrize("body", [{}, {"store": "nowhere"}, {"sneaker": str(uuid4())}, {"sneaker": "9"}])
def test_what_is_not_there_is_not_followed(as_member, alice, body):
    assert as_member(alice).post("follows", body).status_code == 400


def test_acceptance_35_what_others_follow_is_theirs(as_member, alice, bob):
    follows.follow(alice, store=make_store())
    assert as_member(bob).get("follows").json()["results"] == []


def test_one_follow_and_three_take_as_many_statements(alice, django_assert_num_queries):
    for _ in range(3):
        follows.follow(alice, store=make_store())
    for wanted in (1, 3):
        with django_assert_num_queries(1):
            follows.follow_facts(follows.of(alice)[:wanted])
