"""Compressed texts and their tags: one tag names one form."""

import pytest

from dropshop.edge.compression import Compressed

PLAIN, WEAK = '"plain"', 'W/"plain"'
TEXT = b"A text of some length. " * 50


def shop(environ, start):
    """A document with a strong tag, which compares as RFC 9110 wants it: weakly."""
    asked = {tag.strip().removeprefix("W/") for tag in environ.get("HTTP_IF_NONE_MATCH", "").split(",")}
    if asked & {PLAIN, "*"}:
        start("304 Not Modified", [("ETag", PLAIN)])
        return [b""]
    start("200 OK", [("ETag", PLAIN), ("Content-Type", "text/plain"), ("Content-Length", str(len(TEXT)))])
    return [TEXT]


def ask(**headers):
    """(status, tag) of the answer."""
    answers = []
    Compressed(shop)(
        {"REQUEST_METHOD": "GET", **headers}, lambda status, named, *_: answers.append((status[:3], dict(named)["ETag"]))
    )
    return answers[0]


GZIP = {"HTTP_ACCEPT_ENCODING": "br, gzip"}


def test_the_two_forms_of_a_document_have_two_tags():
    assert (ask(), ask(**GZIP)) == (("200", PLAIN), ("200", WEAK))


HAS = {
    "compressed": (GZIP, WEAK, WEAK),
    "compressed, and another": (GZIP, f'"old", {WEAK}', WEAK),
    "plain": (GZIP, PLAIN, PLAIN),
    "plain, and takes no gzip": ({}, PLAIN, PLAIN),
    "anything": (GZIP, "*", PLAIN),
}


@pytest.mark.parametrize(("takes", "has", "tag"), HAS.values(), ids=HAS)
def test_an_unchanged_document_keeps_the_tag_of_the_form_that_the_browser_has(takes, has, tag):
    assert ask(**takes, HTTP_IF_NONE_MATCH=has) == ("304", tag)
