"""An e-mail in every script, with no header of anybody else's, and with nothing that must be loaded."""

import re
from email import message_from_bytes, policy

import pytest
from django.conf import settings as shop

from dropshop.core.outbox.compose import content, message, on_one_line
from dropshop.core.outbox.models import Email

KINDS = sorted(path.stem for path in (shop.BASE_DIR / "templates/emails").glob("*.txt"))
ADDRESS = ["Ada", "1 Lace Lane", "97201 Portland, OR", "United States"]
FACTS = {"number": "DS-7K3F-9QXM", "title": "Ember Runner", "size": "size 9", "price": "$180", "address": ADDRESS}
FACTS |= {"path": "/orders/1/", "said": "Your bank said no."}
FACTS |= {"subject": "Your address", "paragraphs": [["Follow this link:", f"{shop.SITE_URL}/orders/1/"], ["Thank you."]]}
FACTS |= {"notices": [{"text": "bob commented.", "path": "/orders/1/"}], "more": 12}
# What a mail program would fetch, run or take for a style sheet.
LOADS = re.compile(r"(?i)<(?:img|script|link|iframe|object|style|form|audio|video|svg)\b|\ssrc\s*=|url\(|@import|\son\w+\s*=")
SCRIPTS = ["علياء", "王小明", "Ада Лавлейс", "Ångström 👟", "O'Neil & <b>Sons</b>"]


def an_email(kind="purchase_receipt", **facts):
    return Email(kind=kind, to="ada@example.com", context={**FACTS, **facts})


def as_received(email):
    return message_from_bytes(message(email).message().as_bytes(), policy=policy.default)


@pytest.mark.parametrize("name", SCRIPTS, ids=["Arabic", "Chinese", "Cyrillic", "emoji", "markup"])
def test_names_in_every_script_arrive_as_they_were_written(name):
    received = as_received(an_email(title=name, address=[name, *ADDRESS[1:]]))
    assert received["Subject"].strip() == f"Your order DS-7K3F-9QXM: {name}, size 9"
    text, html = (part.get_content() for part in received.iter_parts())
    assert f"Goes to:\n{name}\n1 Lace Lane\n" in text
    assert name.replace("&", "&amp;").replace("'", "&#x27;").replace("<", "&lt;").replace(">", "&gt;") in html


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r", "\u2028", "\x85"], ids=["LF", "CRLF", "CR", "separator", "NEL"])
def test_a_name_with_line_breaks_is_no_header(end):
    received = as_received(an_email("payment_trouble", title=f"Shoe{end}Bcc: eve@example.com{end}{end}Buy more"))
    assert received["Subject"] == "Your payment for Shoe Bcc: eve@example.com Buy more"
    assert sorted(name for name in received) == sorted(
        ["Content-Type", "MIME-Version", "Subject", "From", "To", "Date", "Message-ID", "Auto-Submitted"]
    )
    assert next(received.iter_parts()).get_content().startswith("Your bank said no.")


def test_the_documents_name_every_kind_and_no_other():
    text = (shop.BASE_DIR / "docs/operations.md").read_text()
    table = text.partition("| kind | when | transactional |")[2].partition("\n\n")[0]
    kinds = "".join(row.split("|")[1] for row in table.splitlines()[2:])
    assert sorted(re.findall(r"`([a-z_]+)`", kinds)) == KINDS


def test_on_one_line_goes_into_lists_and_leaves_what_is_no_text():
    assert on_one_line({"a": ["b\nc", 1, None, {"d": "e\0f"}]}) == {"a": ["b c", 1, None, {"d": "e f"}]}


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_has_a_subject_a_text_and_a_html_that_loads_nothing(kind):
    subject, text, html = content(an_email(kind, unsubscribe="/orders/1/ending/"))
    assert subject
    assert f"{shop.SITE_URL}/orders/1/" in text
    assert f'href="{shop.SITE_URL}/orders/1/"' in html
    assert LOADS.findall(html) == []
    links = re.findall(r'href="([^"]+)"', html)
    assert [link for link in links if not link.startswith(f"{shop.SITE_URL}/")] == []
    assert [left for left in ("{{", "{%", "None") if left in text + html] == []


def test_the_search_for_what_is_loaded_finds_it():
    for loads in ('<img src="x">', "background: url(x)", "<style>", '<link rel="x">', '<a onclick="x()">', "<script>"):
        assert LOADS.search(loads)


@pytest.mark.parametrize("sender", ["shop@example.com", "The Shop <shop@example.com>"], ids=["bare", "named"])
def test_the_message_id_is_made_from_the_row_and_the_senders_domain(settings, sender):
    settings.DEFAULT_FROM_EMAIL = sender
    email = an_email()
    assert as_received(email)["Message-ID"] == as_received(email)["Message-ID"] == f"<{email.pk}@example.com>"


def test_the_labels_of_rows_are_never_broken_within_a_word():
    labels = re.findall(
        r'<td style="([^"]*)">(?:Order|Pair|Carrier|Tracking number|Goes to)</td>', content(an_email("order_shipped")).html
    )
    assert ["white-space: nowrap" in style for style in labels] == [True] * 5
