"""Every kind of answer carries the security headers, and no template needs anything that they forbid."""

import re
from pathlib import Path

import pytest
from django.conf import settings as shop
from django.test import Client

POLICY = (
    "base-uri 'none'; connect-src 'self'; default-src 'self'; form-action 'self'; frame-ancestors 'none'; "
    "img-src 'self' data:; object-src 'none'; script-src 'self'; style-src 'self'"
)
# Those of e-mails have their own test: mail programs know no style sheets (tests/dropshop/core/outbox/test_compose.py).
EMAILS = shop.BASE_DIR / "templates/emails"
TEMPLATES = sorted(path for path in (shop.BASE_DIR / "templates").rglob("*.html") if EMAILS not in path.parents)


@pytest.fixture
def client():
    return Client(raise_request_exception=False)


def assert_safe(answer):
    assert "; ".join(sorted(part.strip() for part in answer["Content-Security-Policy"].split(";"))) == POLICY
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["X-Frame-Options"] == "DENY"
    assert answer["Referrer-Policy"] == "same-origin"
    assert answer["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "camera=()" in answer["Permissions-Policy"]
    assert len(answer["X-Request-ID"]) >= 8


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/", 200),
        ("/accounts/login/", 200),
        ("/accounts/signup/", 200),
        ("/accounts/password/reset/", 200),
        ("/nothing/here/", 404),
        ("/api/v1/nothing", 404),
        ("/admin/", 302),
        ("/healthz", 200),
        ("/readyz", 200),
        ("/?q=%00", 400),
    ],
)
def test_every_kind_of_answer_carries_them(client, db, redis, path, status):
    answer = client.get(path)
    assert answer.status_code == status
    assert_safe(answer)


def test_the_pages_of_the_api_and_of_staff_carry_them(sign_in, staff, redis):
    client = sign_in(staff)
    for path in ("/api/v1/drops", "/api/schema/", "/api/docs/", "/admin/", "/admin/drops/drop/"):
        answer = client.get(path)
        assert answer.status_code == 200, path
        assert_safe(answer)


@pytest.mark.urls("tests.dropshop.edge.endpoints")
@pytest.mark.parametrize(("path", "status"), [("/broken", 500), ("/api/v1/broken", 500), ("/databaseless", 503)])
def test_what_breaks_carries_them_too(client, path, status):
    answer = client.get(path)
    assert answer.status_code == status
    assert_safe(answer)


def test_a_refused_host_carries_them(client):
    answer = client.get("/", headers={"Host": "evil.example"})
    assert answer.status_code == 400
    assert_safe(answer)


def test_behind_a_proxy_in_production_everything_goes_over_https(client, settings):
    settings.SECURE_SSL_REDIRECT, settings.SECURE_HSTS_SECONDS = True, 31536000
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    plain = client.get("/accounts/login/")
    assert (plain.status_code, plain["Location"]) == (301, "https://testserver/accounts/login/")
    probe = client.get("/healthz", headers={"X-Forwarded-Proto": "https"})
    assert probe["Strict-Transport-Security"].startswith("max-age=31536000")


INLINE = re.compile(
    r"""(?ix) <script (?! [^>]* \s src= ) [^>]* > | <style\b | \s style \s* = | \s on[a-z]+ \s* = \s* ["'] | javascript:"""
)


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: str(path.relative_to(shop.BASE_DIR)))
def test_no_template_holds_inline_script_or_style(template: Path):
    found = [match.group().strip() for match in INLINE.finditer(template.read_text())]
    # A data block is not script: browsers do not run it, and the policy does not ask about it.
    assert [text for text in found if 'type="application/json"' not in text] == []


def test_the_search_for_inline_things_finds_them():
    for text in ("<script>x</script>", '<p style="color:red">', '<a onclick="x()">', "<style>", '<a href="javascript:x">'):
        assert INLINE.search(text)
    assert not INLINE.search('<script type="module" src="x.js"></script>')
