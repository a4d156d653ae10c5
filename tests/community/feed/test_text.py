"""What members write: cleaned before it is stored, and inert where it is shown."""

from contextlib import suppress

import pytest
from django.template import Context, Template

from community.models import KarmaLevel
from community.templatetags.community import said
from dropshop.core.errors import Invalid
from dropshop.core.text import clean_text, mentioned_names
from tests.harness.patience import little_work
from tests.make import make_member

HOSTILE = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '"><svg/onload=alert(1)>',
    "javascript:alert(1)",
    "{{ 7|add:7 }}{% debug %}",
    "<a href='javascript:alert(1)'>x</a> &lt;b&gt;",
)


@pytest.mark.parametrize(
    ("written", "stored"),
    [
        ("  hello \r\n\r\n\r\n\t\nworld  ", "hello\n\nworld"),
        ("e\u0301", "é"),
        ("abc\u202egpj.exe", "abcgpj.exe"),
        ("a\u200b\ufeff\u2060b\x00\x1b\x7f", "ab"),
        ("\ud800lone", "lone"),
        ("👩\u200d👩\u200d👧", "👩\u200d👩\u200d👧"),
        ("a\u200d\u200d\u200db \u200d c", "a\u200db  c"),
        ("z" + "\u0338" * 40, "z" + "\u0338" * 4),
        ("a\u2028b", "a\nb"),
        ("\ue000\uffff\U000e0041x", "x"),
    ],
)
def test_a_text_is_cleaned(written, stored):
    assert clean_text(written, limit=100) == stored


@pytest.mark.parametrize("nothing", ["", " \n ", "\u200b\u3164\u2800", "\u200d"])
def test_what_looks_empty_is_empty(nothing):
    with pytest.raises(Invalid) as refusal:
        clean_text(nothing, limit=10, field="comment")
    assert refusal.value.facts == {"errors": {"comment": ["Write something."]}}
    assert clean_text(nothing, limit=10, required=False) == ""


def test_a_text_beyond_the_limit_is_refused_with_the_numbers():
    with pytest.raises(Invalid) as refusal:
        clean_text("é" * 11, limit=10)
    assert refusal.value.facts == {"errors": {"text": ["At most 10 characters; these are 11."]}}


def test_one_line_stays_one_line():
    assert clean_text("a\n\nb\tc", limit=10, lines=False) == "a b c"


@pytest.mark.parametrize("hostile", HOSTILE)
@pytest.mark.parametrize("links", [True, False])
def test_markup_and_code_in_a_text_are_letters(hostile, links):
    html = Template("{% load community %}{{ text|said:links }}").render(Context({"text": hostile, "links": links}))
    assert ("<" in html, "javascript:alert" in html.replace("javascript:alert(1)", "", 1)) == (False, False)


def test_a_mention_leads_to_the_member_and_an_address_nowhere():
    assert said("hi @Bob.k, (@al) me@x.com\n@<b>", False) == (
        'hi <a href="/members/Bob.k/">@Bob.k</a>, (<a href="/members/al/">@al</a>) me@x.com<br>@&lt;b&gt;'
    )
    assert mentioned_names("@bob @BOB me@x.com https://x.com/@eve @al. @@no") == ["bob", "al"]
    assert len(mentioned_names(" ".join(f"@m{number}" for number in range(30)))) == 10


def test_links_are_the_levels_to_allow(db):
    author = make_member()
    text = "see https://example.com/a?b=1&c=2."
    assert said(text, author) == "see https://example.com/a?b=1&amp;c=2."
    KarmaLevel.objects.filter(threshold=0).update(may_post_links=True)
    assert said(text, author) == (
        'see <a href="https://example.com/a?b=1&amp;c=2" rel="nofollow ugc noopener">https://example.com/a?b=1&amp;c=2</a>.'
    )
    assert said(text, None) == "see https://example.com/a?b=1&amp;c=2."


@pytest.mark.parametrize("filler", [" ", "\n \n", "\u0315\u0300", "a\u200d", "\u200d", "@a-"])
def test_a_megabyte_of_anything_is_judged_at_once(filler):
    """Each of these once took the square of its length: an hour of a worker for one form."""
    longest = ("a" + filler * 8000)[:7999] + "b"
    with little_work():
        with pytest.raises(Invalid):
            clean_text("a" + filler * (1_000_000 // len(filler)) + "b", limit=2000)
        with suppress(Invalid):
            mentioned_names(clean_text(longest, limit=2000, lines=False))
