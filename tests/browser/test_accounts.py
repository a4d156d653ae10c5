"""Getting in and out in a browser: passkeys, authenticator, recovery codes, and signing out everywhere else."""

from typing import Any

from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import (
    format_hotp_value,
    hotp_value,
    yield_hotp_counters_from_time,
)
from playwright.sync_api import Page, expect

from tests.make import PASSWORD, make_drop, make_member

SETTINGS = "/accounts/settings/"


def with_authenticator(page: Page) -> Any:
    """A device that keeps passkeys and says that its owner has shown their finger (Chromium's own, by CDP)."""
    chrome = page.context.new_cdp_session(page)
    chrome.send("WebAuthn.enable")
    options = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True}
    options |= {"hasUserVerification": True, "isUserVerified": True, "automaticPresenceSimulation": True}
    return chrome, chrome.send("WebAuthn.addVirtualAuthenticator", {"options": options})["authenticatorId"]


def sign_in_on(page: Page, shop: Any, member: Any) -> None:
    page.goto(f"{localhost(shop)}/accounts/login/")
    page.locator("#id_login").fill(member.username)
    page.locator("#id_password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()


def localhost(shop: Any) -> str:
    return shop.urls[0].replace("127.0.0.1", "localhost")


def code_now(secret: str, later: int = 0) -> str:
    return format_hotp_value(hotp_value(secret, list(yield_hotp_counters_from_time())[1] + later))


def test_a_passkey_is_added_named_signs_in_without_a_password_and_is_removed(open_page, shop):
    member = make_member()
    page = open_page("/")
    chrome, device = with_authenticator(page)
    sign_in_on(page, shop, member)
    page.goto(f"{localhost(shop)}{SETTINGS}")
    page.get_by_role("link", name="No passkey").click()
    page.get_by_label("Name").fill("my telephone")
    page.get_by_role("button", name="Make the passkey").click()
    expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()
    assert len(chrome.send("WebAuthn.getCredentials", {"authenticatorId": device})["credentials"]) == 1
    page.goto(f"{localhost(shop)}{SETTINGS}")
    page.get_by_role("link", name="rename my telephone").click()
    page.get_by_label("Name").fill("my other telephone")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Passkey “my other telephone”")).to_be_visible()

    page.get_by_role("button", name="Sign out", exact=True).click()
    expect(page.get_by_role("link", name="Sign in")).to_be_visible()
    page.goto(f"{localhost(shop)}/accounts/login/?next={SETTINGS}")
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.get_by_text("Passkey “my other telephone”")).to_be_visible()

    page.get_by_role("link", name="remove my other telephone").click()
    page.get_by_role("button", name="Remove the passkey").click()
    expect(page.get_by_text("No passkey", exact=True)).to_be_visible()
    assert not Authenticator.objects.filter(user=member).exists()


def test_a_passkey_is_the_second_step_behind_a_password_and_the_proof_later(open_page, shop):
    member = make_member()
    page = open_page("/")
    with_authenticator(page)
    sign_in_on(page, shop, member)
    page.goto(f"{localhost(shop)}/accounts/2fa/webauthn/add/")
    page.get_by_role("button", name="Make the passkey").click()
    expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()
    page.context.clear_cookies()
    sign_in_on(page, shop, member)
    page.get_by_role("button", name="Use my passkey").click()
    expect(page.get_by_role("link", name=member.username)).to_be_visible()
    page.goto(f"{localhost(shop)}/accounts/2fa/webauthn/reauthenticate/?next={SETTINGS}")
    page.get_by_role("button", name="Use my passkey").click()
    expect(page.get_by_role("heading", name="Settings")).to_be_visible()


def test_an_authenticator_is_set_up_by_its_picture_and_asked_for_at_the_next_sign_in(open_page, shop):
    member = make_member()
    page = open_page("/")
    sign_in_on(page, shop, member)
    page.goto(f"{localhost(shop)}/accounts/2fa/totp/activate/")
    picture = page.get_by_role("img", name="The same key as below, to scan")
    assert picture.evaluate("picture => picture.complete && picture.naturalWidth > 0")
    secret = page.locator("code.key").inner_text()
    page.get_by_label("Authenticator code").fill(code_now(secret))
    page.get_by_role("button", name="Turn it on").click()
    expect(page.locator(".codes li")).to_have_count(10)
    codes = page.locator(".codes li").all_inner_texts()
    with page.expect_download() as downloading:
        page.get_by_role("link", name="Save as a file").click()
    assert downloading.value.path().read_text().split() == codes

    page.context.clear_cookies()
    sign_in_on(page, shop, member)
    page.get_by_label("Code").fill(codes[0])
    page.get_by_role("button", name="Sign in").click()
    page.goto(f"{localhost(shop)}{SETTINGS}")
    expect(page.get_by_text("9 of 10 recovery codes left")).to_be_visible()


def test_signing_out_everywhere_else_closes_the_sockets_of_the_others(open_page, shop):
    member = make_member()
    make_drop()
    here, there = open_page("/"), open_page("/")
    for page in (here, there):
        sign_in_on(page, shop, member)
        expect(page.get_by_role("link", name=member.username)).to_be_visible()
    here.goto(f"{localhost(shop)}{SETTINGS}")
    with there.expect_websocket() as opening:
        there.goto(f"{localhost(shop)}/")
    expect(there.locator("live-state")).to_have_text("Live")
    with opening.value.expect_event("close"):
        here.get_by_role("button", name="Sign out everywhere else").click()
    expect(here.get_by_text("Signed out everywhere else: 1 sign-in ended.")).to_be_visible()
    there.goto(f"{localhost(shop)}{SETTINGS}")
    expect(there.get_by_role("heading", name="Sign in")).to_be_visible()
