"""The suite's own ground."""

import httpx

from tests.make import make_member


def test_each_test_finds_the_people_of_the_shop(alice, bob, charlie, staff):
    assert [person.username for person in (alice, bob, charlie, staff)] == ["alice", "bob", "charlie", "staff"]


def test_a_shop_of_processes_serves_what_this_process_writes(open_shop):
    shop = open_shop(webs=2)
    make_member("dora")
    assert [httpx.get(f"{url}/no-such-page/", timeout=60).status_code for url in shop.urls] == [404, 404]
    assert shop.run_python("from community.models import Member; print(Member.objects.get().username)").strip() == "dora"
