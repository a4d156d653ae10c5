"""Which requests are anybody's, and which are somebody's own."""

from typing import Any

import pytest

from tests.pages.asked import Counting, ask, shared


@pytest.mark.parametrize(
    "sent",
    [
        {"HTTP_COOKIE": "csrftoken=x; sessionid=y"},
        {"HTTP_COOKIE": "messages=z"},
        {"HTTP_AUTHORIZATION": "Bearer x"},
        {"HTTP_X_DROP_PASS": "x"},
        {"HTTP_X_SESSION_TOKEN": "x"},
        {"HTTP_X_FRAGMENT": "drop"},
        {"HTTP_RANGE": "bytes=0-1"},
        {"HTTP_IF_MATCH": '"x"'},
        {"REQUEST_METHOD": "POST"},
        {"CONTENT_LENGTH": "5"},
        {"HTTP_TRANSFER_ENCODING": "chunked"},
        {"QUERY_STRING": "q=%00"},
        {"QUERY_STRING": "q=" + "x" * 1000},
    ],
)
def test_who_asks_for_something_of_their_own_gets_it(sent: dict[str, str]) -> None:
    shop = Counting()
    pages = shared(shop, seconds=1)
    assert [ask(pages, "/", **sent).body, ask(pages, "/").body] == [b"answer 1", b"answer 2"]
    assert ask(pages, "/", **sent).body == b"answer 3", "nor are they told what visitors are told"
    assert shop.seen[2].items() >= sent.items(), "and are heard in full"


@pytest.mark.parametrize("path", ["/orders/", "/drops/moss/hold/", "/admin/", "/api/v1/drops/moss/pass", "/drops/a/b/", "/x"])
def test_other_addresses_are_never_shared(path: str) -> None:
    pages = shared(Counting(), seconds=1)
    assert [ask(pages, path).body, ask(pages, path).body] == [b"answer 1", b"answer 2"]


def test_what_is_shared_is_made_without_anything_of_the_person_who_asked() -> None:
    shop = Counting()
    pages = shared(shop, seconds=1)
    canary = dict.fromkeys(("HTTP_COOKIE", "HTTP_REFERER", "HTTP_USER_AGENT", "HTTP_ACCEPT_LANGUAGE", "HTTP_X_ODD"), "canary")
    ask(pages, "/drops/moss/", QUERY_STRING="from=canary", **canary)
    assert "canary" not in str(shop.seen)


@pytest.mark.parametrize("header", [("Set-Cookie", "csrftoken=x"), ("Vary", "Cookie, Accept-Language"), ("Vary", "*")])
def test_an_answer_that_is_for_one_person_is_told_to_nobody_else(header: tuple[str, str]) -> None:
    shop = Counting(headers=[header])
    pages = shared(shop, seconds=1)
    mine, theirs = ask(pages, "/", HTTP_COOKIE="csrftoken=mine"), ask(pages, "/", HTTP_COOKIE="csrftoken=theirs")
    assert mine.body != theirs.body
    assert [environ.get("HTTP_COOKIE") for environ in shop.seen] == [None, "csrftoken=mine", None, "csrftoken=theirs"]


def test_hosts_schemes_and_questions_are_told_apart_and_the_rest_of_a_query_is_not(settings: Any) -> None:
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    shop = Counting()
    pages = shared(shop)
    drops = "/api/v1/drops"
    different = [
        ask(pages, drops),
        ask(pages, drops, HTTP_HOST="other"),
        ask(pages, drops, HTTP_X_FORWARDED_PROTO="https"),
        ask(pages, drops, QUERY_STRING="phase=live"),
        ask(pages, drops, QUERY_STRING="phase=live&page_size=2"),
        ask(pages, drops + "/live"),
    ]
    assert len({answer.body for answer in different}) == len(different)
    assert ask(pages, drops, QUERY_STRING="page_size=2&phase=ended&phase=live").body == b"answer 5"
    assert ask(pages, drops, HTTP_X_FORWARDED_PROTO="http").body == b"answer 1"
    assert shop.seen[4]["QUERY_STRING"] == "page_size=2&phase=live"
    unknown = [ask(pages, path, QUERY_STRING="utm_source=x").body for path in (drops, f"{drops}/moss") for _ in range(2)]
    assert len(set(unknown)) == 4  # the API refuses these, each by itself
    unspoken = [ask(pages, drops, HTTP_ACCEPT="text/html").body for _ in range(2)]
    assert len(set(unspoken)) == 2
    pages_of_one_drop = [ask(pages, "/drops/moss/", QUERY_STRING=f"from={number}").body for number in range(3)]
    assert pages_of_one_drop == [b"answer 13"] * 3
