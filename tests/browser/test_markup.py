"""Every page, opened once: nothing for the W3C's checker of HTML, nothing for axe by day and by night, nothing that leaves a
narrow screen."""

from collections.abc import Callable, Iterable
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.urls import get_resolver, resolve
from playwright.sync_api import Page

from drops.models import Drop
from tests.browser.every_page import SWAGGER, drops_of_every_kind, pages_of, staff_pages, visit
from tests.browser.html_checker import html_errors
from tests.harness.shop import Shop
from tests.harness.thorough import SLOW_AND_RARE
from tests.make import make_member

Open = Callable[..., Page]


@pytest.fixture(scope="module")
def drops(shop: Shop) -> dict[str, Drop]:
    return drops_of_every_kind()


# `preload` would have axe ask for each style sheet again.
ALL = {"resultTypes": ["violations"], "preload": False, "rules": {"target-size": {"enabled": True}}}
# What axe judges by colours; all else is the same by day and by night.
COLOURS = {**ALL, "runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}}
NIGHT = "getComputedStyle(document.documentElement).backgroundColor == 'rgb(18, 17, 16)'"


def found_by_axe(page: Page) -> list[str]:
    """What axe has to say by day and by night, one line each. It writes inline styles: its pages open without the policy."""
    page.evaluate(Axe().axe_script)
    page.emulate_media(color_scheme="light")
    by_day = page.evaluate("options => axe.run(options)", ALL)
    page.emulate_media(color_scheme="dark")
    page.wait_for_function(NIGHT)
    by_night = page.evaluate("options => axe.run(options)", COLOURS)
    return [
        f"{page.url} by {time}: {found['id']}: {node['html'][:160]}: {node['failureSummary']}"
        for time, answer in (("day", by_day), ("night", by_night))
        for found in answer["violations"]
        for node in found["nodes"]
    ]


WIDE, NARROW = {"width": 1280, "height": 720}, {"width": 360, "height": 740}
# What reaches furthest to the right.
FURTHEST = """() => [...document.querySelectorAll('body *')]
  .filter((element) => element.getBoundingClientRect().right > 361 && !element.closest('.scroll, .ticker, .sections, .tabs'))
  .map((element) => element.outerHTML.slice(0, 60))[0]"""


def found_on_a_narrow_screen(page: Page) -> list[str]:
    """What leaves a screen of 360 pixels, also with text twice as large."""
    page.set_viewport_size(NARROW)
    wide = []
    for size in ("100%", "200%"):
        page.evaluate("size => { document.documentElement.style.fontSize = size }", size)
        if (width := page.evaluate("document.scrollingElement.scrollWidth")) > NARROW["width"]:
            wide.append(f"{page.url} at {size}: {width} {page.evaluate(FURTHEST)}")
    page.set_viewport_size(WIDE)
    return wide


def faults(page: Page, paths: Iterable[str]) -> list[str]:
    """What is wrong, in what the shop sends and in what its scripts make of it."""
    found: list[str] = []
    written: dict[str, str] = {}
    for path in dict.fromkeys(paths):
        written[path] = visit(page, path)
        if path != SWAGGER:
            written[f"{path} with its scripts"] = page.content()
            found += found_by_axe(page) + found_on_a_narrow_screen(page)
    return found + html_errors(written)


@SLOW_AND_RARE
@pytest.mark.parametrize("reader", ["visitor", "alice", "staff"])
def test_no_page_has_a_fault(
    shop: Shop, drops: dict[str, Drop], open_page: Open, request: pytest.FixtureRequest, reader: str
) -> None:
    member = None if reader == "visitor" else request.getfixturevalue(reader)
    page = open_page("/", member=member, reduced_motion="reduce", bypass_csp=True, viewport=WIDE)
    assert faults(page, staff_pages(member) if reader == "staff" else pages_of(member, drops)) == []


def test_the_checkers_find_what_is_wrong(shop: Shop, open_page: Open) -> None:
    """The control: a moment with six digits, and a page without a name and with a wide part."""
    page = open_page("/", bypass_csp=True, viewport=WIDE)
    six = "<!doctype html><html lang=en><title>x</title><time datetime='2026-11-29T14:42:00.123456Z'>x</time>"
    (told,) = html_errors({"six digits": six})
    assert told.startswith("six digits: Bad value “2026-11-29T14:42:00.123456Z” for attribute “datetime”")
    page.set_content(f"<!doctype html><p>{'wide' * 100}")
    assert [line.split(" ")[1] for line in found_on_a_narrow_screen(page)] == ["at", "at"]
    page.set_content("<!doctype html><html style='background: rgb(18, 17, 16)'><a href='/'></a>")
    assert {line.split(": ")[1] for line in found_by_axe(page)} >= {"document-title", "html-has-lang", "link-name"}


# Views that answer without a page of their own: to posts, with files, pictures and JSON, or by leading somewhere else.
NO_PAGES = {
    *("hold", "purchase", "extension", "cancellation", "comment", "like", "remove_post", "remove_comment", "read_notices"),
    *("follow_notice", "follow", "member_deed", "trade_deed", "say_of_restock", "cancel_event", "answer_event", "event_places"),
    *("closet_pair_removal", "closet_pictures", "closet_picture", "closet_purchase", "closet_export", "event_calendar"),
    *("choose_notice_emails", "mend_notice_emails"),
    "withdraw_request",  # its page is that of all requests
    *("join_queue", "queue_sizes", "leave_queue", "enter_draw", "withdraw_entry", "draw_file"),  # on the page of the drop
    "withdrawal_confirmation",  # tests/browser/test_withdrawals.py
    *("receipt", "hold_charges", "postcode", "stripe_webhook"),
    "order_address",  # of an order that is not packed yet
    *("sneaker_art", "schema", "asyncapi", None, "account_set_password", "account_confirm_email", "account_confirm_login_code"),
    *("mfa_download_recovery_codes", "mfa_deactivate_totp", "mfa_view_recovery_codes", "mfa_generate_recovery_codes"),
    *("mfa_authenticate", "mfa_reauthenticate", "mfa_activate_totp"),
    # Of a sign-in under way, a passkey that is there, or a provider: tests/community/accounts, tests/browser/test_accounts.py.
    *("mfa_index", "mfa_list_webauthn", "mfa_login_webauthn", "mfa_add_webauthn", "mfa_edit_webauthn", "mfa_remove_webauthn"),
    *("mfa_reauthenticate_webauthn", "openid_connect_login", "openid_connect_callback", "sign_in_again_elsewhere"),
    *("socialaccount_signup", "socialaccount_login_cancelled", "socialaccount_login_error"),
    *("profile_picture", "usersessions_list", "end_session"),
    # Behind a fresh sign-in, or an e-mail's link: tests/community/personal_data, tests/community/notice_emails.
    *("export_me", "erase_me"),
    *("choose_notice_emails", "mend_notice_emails", "remove_address", "change_address", "payment_method_confirmed"),
    *("add_payment_method", "use_payment_method_first", "remove_payment_method"),  # all on the page of the settings
    *("demo_mailbox", "demo_email", "demo_email_html"),  # in the demo alone: tests/dropshop/core/outbox/test_mailbox.py
}


def test_every_view_with_a_page_is_looked_at(shop: Shop, drops: dict[str, Drop]) -> None:
    paths = [*pages_of(None, drops), *pages_of(make_member(), drops), *staff_pages(make_member())]
    seen = {resolve(path.partition("?")[0]).url_name for path in paths if path != "/nowhere/"}
    known = set(_views(get_resolver()))
    assert known - seen == NO_PAGES


def _views(resolver: Any) -> Iterable[str | None]:
    """The name of every view, but those of the API and the admin."""
    for pattern in resolver.url_patterns:
        if not hasattr(pattern, "url_patterns"):
            yield pattern.name
        elif pattern.app_name != "admin" and not str(pattern.pattern).startswith("api/v1"):
            yield from _views(pattern)
