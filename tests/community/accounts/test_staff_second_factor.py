"""Staff of a real shop have a second factor, or none of their powers."""

import pytest
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret

from community.models import Member
from dropshop.core.settings_page import address_of
from tests.make import make_drop

pytestmark = pytest.mark.django_db


@pytest.fixture
def real_shop(settings):
    """Where staff need one."""
    settings.STAFF_SECOND_FACTOR = True


@pytest.fixture
def secured(staff):
    """Staff with an authenticator."""
    TOTP.activate(staff, generate_totp_secret())
    return staff


def test_staff_without_one_are_led_to_set_it_up_before_the_admin_opens(staff, sign_in, real_shop):
    client = sign_in(staff)
    for address in ("/admin/", "/admin/drops/drop/", "/admin/community/member/"):
        answer = client.get(address, follow=True)
        assert answer.redirect_chain[-1][0] == address_of("security")
        assert "Staff need a second factor here" in answer.content.decode()


def test_staff_with_one_come_in(secured, sign_in, real_shop):
    assert sign_in(secured).get("/admin/").status_code == 200


def test_recovery_codes_alone_are_none(staff, sign_in, real_shop):
    RecoveryCodes.activate(staff)
    assert sign_in(staff).get("/admin/").status_code == 302


def test_the_api_names_what_is_missing(staff, as_member, real_shop):
    drop, calls = make_drop({"9": 3}), as_member(staff)
    for answer in (
        calls.patch(f"drops/{drop.slug}/stock", {"size": "9", "total": 5}),
        calls.patch(f"drops/{drop.slug}", {"title": "x"}),
        calls.post("drops", {}),
    ):
        told = answer.json()
        assert (answer.status_code, told["code"], told["missing"]) == (403, "permission_denied", ["second_factor"])


def test_no_permission_is_left_anywhere(staff, real_shop):
    allowed = [staff.has_perm("community.moderate"), staff.has_module_perms("drops"), staff.has_perms(["drops.add_drop"])]
    assert allowed == [False, False, False]


def test_in_the_demo_none_is_needed_and_with_one_all_permissions_are_there(staff, settings):
    assert (settings.STAFF_SECOND_FACTOR, staff.has_perm("community.moderate")) == (False, True)
    TOTP.activate(staff, generate_totp_secret())
    settings.STAFF_SECOND_FACTOR = True
    assert Member.objects.get(pk=staff.pk).has_perm("community.moderate") is True


def test_members_need_none(alice, sign_in, real_shop):
    assert sign_in(alice).get("/accounts/settings/").status_code == 200
    assert sign_in(alice).get("/admin/", follow=True).status_code == 403
