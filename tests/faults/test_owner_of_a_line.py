"""The live process that has a drop's line is killed or frozen while another has handed it wishes: everybody is answered."""

import asyncio
from contextlib import contextmanager

import pytest

from dropshop.machine.processes import wait_until
from reservations.models import Reservation
from tests.harness.batches import batches_of, noted_batches, wait_until_acquainted
from tests.harness.patience import PATIENCE
from tests.harness.shop import UNLIMITED
from tests.harness.shoppers import Shopper, client, said, sign_in_all, tickets, together
from tests.make import make_drop, make_members
from tests.races.auditor import Auditor
from tests.races.processes import write

ENV = {"DROPSHOP_LIMITS": UNLIMITED, "DROPSHOP_LIVE_PROCESSES": "2"}


@pytest.fixture
def shop(open_shops):
    """Two web servers that know each other; whose batches they are is noted."""
    with open_shops.borrowed(webs=2, celery=(), env=ENV) as shop, noted_batches():
        wait_until_acquainted(shop)
        yield shop


def owner_and_other(shop, drop):
    """The names of the process that has this drop's line, and of the other."""
    rush(shop, shop.urls[0], drop, make_members(1))
    (owner,) = batches_of(drop)
    return owner, "web1" if owner == "web2" else "web2"


def url_of(shop, name):
    return shop.urls[int(name.removeprefix("web")) - 1]


def rush(shop, url, drop, members, meanwhile=lambda: None):
    """What each is answered at that server; `meanwhile()` is called in a thread while all are under way."""
    passes = tickets(members, [drop] * len(members), sign_in_all(members))

    async def run():
        async with client() as http:
            asked = [Shopper(http, url, {}, text).post(f"drops/{drop.pk}/reserve") for text in passes]
            return (await asyncio.gather(together(asked), asyncio.to_thread(meanwhile)))[0]

    return asyncio.run(run())


@contextmanager
def locked(drop):
    """Meanwhile nobody else gets the drop's sizes."""
    with write() as keeper, keeper.transaction():
        keeper.execute("SELECT FROM drops_size WHERE drop_id = %s FOR NO KEY UPDATE", [drop.pk])
        yield


def wait_until_it_waits(name):
    """Until that process waits for the lock, in the middle of a batch."""
    with write() as reader:
        asked = "SELECT FROM pg_stat_activity WHERE application_name = %s AND wait_event_type = 'Lock'"
        assert wait_until(lambda: reader.execute(asked, [name]).fetchone() is not None, PATIENCE)


def freeze_as_it_waits(shop, name, drop):
    """In the middle of a batch, for which it is given the lock afterwards."""
    with locked(drop):
        wait_until_it_waits(name)
        shop.freeze(name)


def holds_of(drop, members):
    return sorted(Reservation.objects.filter(drop=drop, member__in=members).values_list("member_id", flat=True))


def test_wishes_that_a_killed_owner_had_taken_are_answered_by_whoever_has_them(shop):
    drop, crowd = make_drop(100), make_members(30)
    owner, other = owner_and_other(shop, drop)

    def kill_it():
        with locked(drop):
            wait_until_it_waits(owner)
            shop.kill(owner)

    with Auditor():
        answers = rush(shop, url_of(shop, other), drop, crowd, kill_it)
    assert [said(answer) for answer in answers] == [(201, "")] * 30
    assert holds_of(drop, crowd) == sorted(member.pk for member in crowd)
    assert batches_of(drop).keys() == {owner, other}  # the first hold was the owner's

    shop.restart(owner)
    shop.wait_until_open()
    wait_until_acquainted_again(shop, other)
    whole = make_drop(100)
    for url in shop.urls:
        rush(shop, url, whole, make_members(10))
    assert len(batches_of(whole)) == 1


def wait_until_acquainted_again(shop, name):
    """That server has met somebody twice: the other, and whoever took its place."""
    log = shop.children[name].log
    assert wait_until(lambda: log.read_text().count(" is there") >= 2, PATIENCE), shop.logs_of_all()


def test_a_frozen_owner_holds_nobody_up_for_long_and_makes_no_hold_for_those_who_were_answered_elsewhere(shop):
    """They give their pairs back before it goes on: what it then finds in its connections it must not decide."""
    drop, crowd = make_drop(100), make_members(20)
    owner, other = owner_and_other(shop, drop)
    cookies = sign_in_all(crowd)
    shop.freeze(owner)
    try:
        answers = rush(shop, url_of(shop, other), drop, crowd)
        assert [said(answer) for answer in answers] == [(201, "")] * 20
        give_back(url_of(shop, other), answers, cookies)
    finally:
        shop.thaw(owner)
    wait_until_acquainted_again(shop, other)
    assert said(rush(shop, url_of(shop, owner), drop, make_members(1))[0]) == (201, "")
    assert Reservation.objects.filter(drop=drop, member__in=crowd, status="active").count() == 0
    assert Reservation.objects.filter(drop=drop, member__in=crowd).count() == 20


def give_back(url, answers, cookies):
    """Everybody the hold that they were told of."""

    async def run():
        async with client() as http:
            held = [(cookie, answer.json()["reservation"]["id"]) for answer, cookie in zip(answers, cookies, strict=True)]
            return await together(Shopper(http, url, cookie).delete(f"reservations/{hold}") for cookie, hold in held)

    assert {answer.status_code for answer in asyncio.run(run())} == {204}


def test_an_owner_that_is_frozen_with_the_lock_in_its_hands_is_overtaken(shop):
    drop, crowd = make_drop(100), make_members(20)
    owner, other = owner_and_other(shop, drop)

    try:
        with Auditor():
            answers = rush(shop, url_of(shop, other), drop, crowd, lambda: freeze_as_it_waits(shop, owner, drop))
    finally:
        shop.thaw(owner)
    assert [said(answer) for answer in answers] == [(201, "")] * 20
    wait_until_acquainted_again(shop, other)
    assert said(rush(shop, url_of(shop, owner), drop, make_members(1))[0]) == (201, "")
    assert holds_of(drop, crowd) == sorted(member.pk for member in crowd)


def test_an_owner_that_was_frozen_with_the_lock_does_not_decide_again_for_those_who_were_answered_elsewhere(shop):
    """PostgreSQL has ended its transaction meanwhile, and it decides the batch once more: only for those who still wait."""
    drop, crowd = make_drop(100), make_members(20)
    owner, other = owner_and_other(shop, drop)
    cookies = sign_in_all(crowd)

    try:
        answers = rush(shop, url_of(shop, other), drop, crowd, lambda: freeze_as_it_waits(shop, owner, drop))
        assert [said(answer) for answer in answers] == [(201, "")] * 20
        give_back(url_of(shop, other), answers, cookies)
    finally:
        shop.thaw(owner)
    wait_until_acquainted_again(shop, other)
    assert said(rush(shop, url_of(shop, owner), drop, make_members(1))[0]) == (201, "")
    assert Reservation.objects.filter(drop=drop, member__in=crowd, status="active").count() == 0
    assert Reservation.objects.filter(drop=drop, member__in=crowd).count() == 20
