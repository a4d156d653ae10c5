"""The demo shop: members, sneakers, drops in every phase, and a community. Everything is made by the shop's own operations."""

import itertools
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from allauth.account.models import EmailAddress
from django.contrib.auth import get_user_model
from django.contrib.auth.hashers import make_password
from django.utils.text import slugify

from drops import schedule
from drops.models import Drop, Sneaker
from drops.stock import size_run
from drops.stock.counters import add_size
from dropshop.core.clock import database_time
from dropshop.demo import community
from dropshop.demo.catalogue import NAMED, RELEASES, UNNAMED, Release
from reservations.charges.calculate import EVERYWHERE_ELSE
from reservations.charges.models import MAX_GRAMS, ShippingRate
from reservations.holds.reserve import reserve
from reservations.purchases.buy import buy

ADDRESS = {
    "name": "Ada Sample",
    "city": "Springfield",
    "state": "IL",
    "zip_code": "62701",
    "country": "US",
}


def seed(password: str) -> bool:
    """Fills an empty shop; False, and nothing changed, where there is a demo already.

    `staff` (who may do everything), `alice` and `bob` sign in with `password`; the other buyers cannot.
    """
    if Sneaker.objects.filter(style_code__in=[release.style_code for release in RELEASES]).exists():
        return False
    member("staff", password, is_staff=True, is_superuser=True)
    alice, bob = member("alice", password, shows_name=True), member("bob", password)
    hashed = make_password(None)
    named = [member(name, None, hashed=hashed, shows_name=True) for name in NAMED]
    unnamed = [member(name, None, hashed=hashed) for name in UNNAMED]
    buyers = [buyer for pair in zip(named, unnamed, strict=True) for buyer in pair]
    write_rates()
    drops = [make_drop(release) for release in RELEASES]
    rushes = [
        rush(drop, release, buyers[turn:] + buyers[:turn])
        for turn, (drop, release) in enumerate(zip(drops, RELEASES, strict=True))
    ]
    for _ in itertools.zip_longest(*rushes):
        pass  # one pair of each drop, and again: the ticker tells of all of them
    for drop, release in zip(drops, RELEASES, strict=True):
        if release.over:
            schedule.end_now(drop)
    community.seed({person.username: person for person in (alice, bob, *named)})
    return True


def member(username: str, password: str | None, *, hashed: str = "", **facts: Any) -> Any:
    """The member, made once; an existing one is left as it is, password and all."""
    members = get_user_model().objects
    found, made = members.get_or_create(
        username=username,
        defaults={"email": f"{username}@example.com", "password": hashed or make_password(password), **facts},
    )
    if made:
        EmailAddress.objects.create(user=found, email=found.email, verified=True, primary=True)
    return found


# By country: the least and the most working days that a parcel takes. The demo ships free.
DAYS = {"US": (2, 3), "DE": (3, 4), EVERYWHERE_ELSE: (5, 8)}


def write_rates() -> None:
    """What it costs to send a parcel of any weight from the demo, and when it arrives."""
    for country, (least, most) in DAYS.items():
        free = {"currency": "USD", "up_to_grams": MAX_GRAMS, "amount": 0}
        ShippingRate.objects.create(country=country, least_days=least, most_days=most, **free)


def make_drop(release: Release) -> Drop:
    """The sneaker and its drop, published, every pair available."""
    sneaker = Sneaker.objects.create(
        brand=release.brand,
        name=release.name,
        style_code=release.style_code,
        colourway=release.colourway,
        description=release.description,
        retail_price=release.price,
        tint=release.tint,
        art=release.art,
    )
    now = database_time()
    starts_at = now + release.opens
    if release.opens > timedelta(hours=1):
        starts_at = starts_at.replace(minute=0, second=0, microsecond=0)
    drop = Drop.objects.create(
        slug=slugify(release.name),
        sneaker=sneaker,
        title=release.name,
        price=release.price,
        starts_at=starts_at,
        ends_at=max(starts_at, now) + release.lasts,
        **release.rules,
    )
    for position, (label, pairs) in enumerate(size_run.parse_size_run(release.run)):
        add_size(drop.pk, label, pairs, position=position)
    return schedule.publish(drop)


def rush(drop: Drop, release: Release, buyers: list[Any]) -> Iterator[None]:
    """Demo buyers take their share, one pair a step: first those who pay, then those who only hold."""
    places = list(_places(drop))
    sold = round(len(places) * release.sell)
    held = min(len(places) - sold, round(len(places) * release.hold))
    for buyer, size, paying in zip(buyers, places, [True] * sold + [False] * held, strict=False):
        hold = reserve(member=buyer, drop=drop, size=size).reservation
        if paying:
            buy(hold.pk, member=buyer, address=home_of(buyer), payment_method="test_ok")
        yield


def home_of(buyer: Any) -> dict[str, str]:
    """The buyer's own address: few pairs of a drop go to one, and whoever shares one counts as one household."""
    return ADDRESS | {"street": f"{1 + (*NAMED, *UNNAMED).index(buyer.username)} Main St"}


def _places(drop: Drop) -> Iterator[Any]:
    """Every pair once, round after round over the size run, so that no size is emptied long before the others."""
    sizes = list(drop.sizes.all())
    for turn in itertools.count():
        left = [size for size in sizes if size.total > turn]
        if not left:
            return
        yield from left
