"""The suite's own ground."""

import httpx
import redis
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Group
from django.contrib.contenttypes.models import ContentType

from community.models import KarmaLevel
from tests.make import make_member


def test_each_test_finds_the_people_of_the_shop(alice, bob, charlie, staff):
    assert [person.username for person in (alice, bob, charlie, staff)] == ["alice", "bob", "charlie", "staff"]


def test_a_password_costs_little():
    assert make_password("word").startswith("argon2$argon2id$v=19$m=64,t=1,p=1$")


def test_a_password_costs_what_it_costs_in_the_shop_where_a_test_wants_that(real_passwords):
    assert make_password("word").startswith("argon2$argon2id$v=19$m=102400,t=2,p=1$")


def test_a_shop_of_processes_serves_what_this_process_writes(shop):
    make_member("dora")
    assert httpx.get(f"{shop.url}/no-such-page/", timeout=60).status_code == 404
    assert shop.run_python("from community.models import Member; print(Member.objects.get().username)").strip() == "dora"


def test_a_shop_whose_processes_were_left_alone_is_as_new_for_whoever_borrows_it_next(open_shops):
    who = "from community.models import Member; print(Member.objects.count())"
    with open_shops.borrowed(celery=()) as first:
        fresh = {model: list(model.objects.order_by("pk").values()) for model in (ContentType, Group, KarmaLevel)}
        make_member("dora")
        Group.objects.all().delete()
        KarmaLevel.objects.all().delete()
        with redis.Redis.from_url(first.valkey.url) as client:
            client.set("left", "behind")
    with open_shops.borrowed(celery=()) as second:
        assert second is first
        assert {model: list(model.objects.order_by("pk").values()) for model in fresh} == fresh
        with redis.Redis.from_url(second.valkey.url) as client:
            assert client.get("left") is None
        assert second.run_python(who).strip() == "0"
        second.kill("web1")
    with open_shops.borrowed(celery=()) as third:
        assert third is not second
