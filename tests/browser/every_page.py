"""Every page there is, with something on each, for the tests of what pages look like and how they are written."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import uuid4

from playwright.sync_api import Page

from community.notice_emails.unsubscribing import unsubscribe_path
from drops.models import Drop
from dropshop.core.clock import database_time
from reservations.models import SavedAddress, TestCharge
from tests.browser.community_pages import community_pages
from tests.make import ADDRESS, make_drop, make_member, make_purchase, make_request, make_reservation, make_sneaker
from tests.reservations.draws.making import make_draw_drop

SWAGGER = "/api/docs/"  # what stands in it is Swagger UI's own
VISITOR = (
    *("/", "/nowhere/", "/api/docs/errors", SWAGGER, "/withdraw/", "/sources/", "/restocks/", "/events/"),
    *("/accounts/login/", "/accounts/signup/", "/accounts/password/reset/", "/accounts/password/reset/done/"),
    *("/accounts/login/code/", "/accounts/inactive/", "/accounts/confirm-email/"),
    *("/accounts/password/reset/key/done/", "/accounts/password/reset/key/no-key/"),
)
MEMBER = (
    *(
        "/orders/",
        "/accounts/settings/",
        "/accounts/profile/",
        "/accounts/3rdparty/",
        "/accounts/settings/addresses/new/",
        "/accounts/email/",
    ),
    *("/accounts/password/change/", "/accounts/logout/", "/accounts/profile/area/", "/accounts/reauthenticate/"),
)


def drops_of_every_kind() -> dict[str, Drop]:
    """A drop in every phase, with every state of a size."""
    buyers = [make_member(f"buyer{number}", shows_name=bool(number % 2)) for number in range(6)]
    live = make_drop({"8": 3, "9": 1, "9.5": 1, "10": 5}, sneaker=make_sneaker(tint="ember", art={"silhouette": "trail"}))
    make_reservation(buyers[0], live, "9")
    make_purchase(buyers[1], live, "9.5")
    make_purchase(buyers[2], live, "10")
    gone = make_drop({"9": 1, "10": 1}, sneaker=make_sneaker(tint="tide", art={"silhouette": "court"}))
    make_purchase(buyers[3], gone, "9")
    make_purchase(buyers[4], gone, "10")
    return {
        "live": live,
        "gone": gone,
        "over": make_drop(2, starts_in=-7200, ends_at=database_time() - timedelta(hours=1), sneaker=make_sneaker(tint="mint")),
        "upcoming": make_drop({"9": 2, "10": 2}, starts_in=7200, sneaker=make_sneaker(tint="volt")),
        "members": make_drop({"9": 2, "10": 2}, access="members", sneaker=make_sneaker(tint="lilac")),
        "queue": make_drop({"9": 2, "10": 2}, starts_in=7200, mode="queue", sneaker=make_sneaker(tint="sand")),
        "draw": make_draw_drop({"9": 2, "10": 2}, sneaker=make_sneaker(tint="rose")),
        "one": make_drop(4, title="Averyveryverylongnamewithoutanyplacetobreak", sneaker=make_sneaker(tint="slate")),
    }


def pages_of(member: Any, drops: dict[str, Drop]) -> Iterator[str]:
    """Every page there is for this reader."""
    visitors, members = community_pages(member or make_member())
    yield from visitors if member is None else members
    yield from (drop.get_absolute_url() for drop in drops.values())
    yield f"{drops['draw'].get_absolute_url()}draw/"
    yield "/queues/"
    if member is None:
        yield from VISITOR
        return
    yield from MEMBER
    yield unsubscribe_path(member, "trades")
    SavedAddress.objects.create(member=member, lines=ADDRESS)
    make_request(member, drops["upcoming"], "9")
    yield "/requests/"
    yield f"/drops/{make_drop({'9': 1, '10': 1}, starts_in=7200).slug}/request/"
    yield make_reservation(member, drops["live"], "8").get_absolute_url()
    yield drops["live"].get_absolute_url()
    yield make_purchase(member, drops["one"]).get_absolute_url()
    yield f"/test-bank/{_charge().pk}/"


def staff_pages(member: Any) -> Iterator[str]:
    """What only staff see, outside the admin and in it."""
    yield f"{make_drop(2, published=False).get_absolute_url()}?preview=1"
    yield from community_pages(member)[0]


def visit(page: Page, path: str) -> str:
    """Go there, and what the shop sent; a refusal would look good as well, and say nothing about the page."""
    answer = page.goto(path)
    assert answer is not None
    assert answer.status == (404 if path == "/nowhere/" else 200), path
    return answer.text()


def _charge() -> TestCharge:
    """A payment that the test bank asks its owner about."""
    status = TestCharge.Status.CONFIRMING
    return TestCharge.objects.create(key=f"{uuid4()}", token="tok_confirm", amount=18000, currency="USD", status=status)
