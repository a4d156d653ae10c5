"""The page on which members report something."""

import pytest

from community.models import Complaint
from tests.make import make_post

pytestmark = pytest.mark.django_db


def test_a_member_reports_an_item_and_is_thanked(alice, bob, sign_in):
    item = make_post(alice, "<script>alert(1)</script>")
    client, address = sign_in(bob), f"/community/report/item/{item.pk}/"
    page = client.get(address).content.decode()
    assert ("&lt;script&gt;alert(1)" in page, "<script>alert" in page) == (True, False)
    refused = client.post(address, {"reason": "x", "text": "<b>"})
    assert (refused.status_code, "Choose a reason." in refused.content.decode()) == (400, True)
    answer = client.post(address, {"reason": "spam", "text": "look"})
    assert (answer.status_code, answer["Location"], Complaint.objects.get().by) == (302, f"/community/{item.pk}/", bob)


def test_visitors_sign_in_first_and_nobody_reports_their_own_or_what_is_not_there(alice, bob, client, sign_in):
    item = make_post(alice)
    address = f"/community/report/item/{item.pk}/"
    assert client.get(address)["Location"] == f"/accounts/login/?next={address}"
    assert sign_in(alice).post(address, {"reason": "spam"}).status_code == 400
    for wrong in (f"/community/report/item/{alice.pk}/", f"/community/report/nonsense/{item.pk}/"):
        assert sign_in(bob).get(wrong).status_code == 404
    assert Complaint.objects.count() == 0
