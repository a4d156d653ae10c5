"""Acceptance 40 at the doors of the community: of 30 requests at the same moment exactly as many pass as the limit says.

That the same is not so where reading and writing are apart is shown by the control in `tests/dropshop/core/test_buckets.py`.
"""

from http import HTTPStatus
from uuid import UUID

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from tests.make import make_member
from tests.races.crowd import at_once

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("heard", "redis")]
NOTHING = UUID(int=0)
# For each limit a door that counts by it. What is asked there is not there, or not valid: it is the counting that is tested.
DOORS = {
    "restock": "restocks",
    "vote": f"restocks/{NOTHING}/confirm",
    "post": "community/posts",
    "comment": f"community/feed/{NOTHING}/comments",
    "react": f"community/feed/{NOTHING}/like",
    "trade": "community/trades",
    "closet": "closet",
    "complaint": "complaints",
    "event": "events",
}

SEVEN, PLENTY = {"member": "7/1d", "address": "1000/1d"}, {"member": "1000/1d", "address": "1000/1d"}


def refused_and_passed(member, ask, times=30):
    """How often the limit refused, and how often something else answered; `ask(client)` sends one request."""
    signed_in = Client()
    signed_in.force_login(member)

    def once():
        client = Client()
        client.cookies = signed_in.cookies
        return ask(client).status_code

    codes = at_once([once] * times, threads=15)
    assert [code for code in codes if code >= HTTPStatus.INTERNAL_SERVER_ERROR] == []
    refused = codes.count(HTTPStatus.TOO_MANY_REQUESTS)
    return refused, times - refused


@pytest.mark.parametrize("name", DOORS)
def test_acceptance_40_thirty_at_once_pass_exactly_as_often_as_the_limit_says(settings, name):
    settings.LIMITS = {name: SEVEN}
    address = f"/api/v1/{DOORS[name]}"
    assert refused_and_passed(make_member(), lambda client: client.post(address, "{}", "application/json")) == (23, 7)


def test_acceptance_40_thirty_pictures_at_once_are_taken_exactly_as_often_as_the_limit_says(settings):
    settings.LIMITS = {"post": PLENTY, "upload": SEVEN}

    def ask(client):
        return client.post("/community/", {"text": "", "pictures": SimpleUploadedFile("a.png", b"no picture")})

    assert refused_and_passed(make_member(), ask) == (23, 7)
