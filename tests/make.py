"""Plain makers of data: each gives a valid thing, and what a test cares about is named in the call."""

import itertools
from datetime import UTC, datetime, timedelta
from typing import Any

from django.contrib.auth.hashers import make_password

from community.models import Event, FeedItem, Member, Pair, Post, Restock, Source, Store, Trade
from community.places.fields import Place
from drops.models import Drop, Size, Sneaker
from dropshop.core.clock import database_time
from reservations.holds.reserve import reserve
from reservations.models import Purchase, Reservation, SavedMethod

PASSWORD = "a-long-enough-passphrase"
ADDRESS = {
    "name": "Alice Ångström",
    "street": "1 Lace Lane",
    "city": "Portland",
    "state": "OR",
    "zip_code": "97201",
    "country": "US",
}
_numbers = itertools.count(1)
_hashes: dict[str, str] = {}


def make_member(username: str | None = None, *, password: str = PASSWORD, **facts: Any) -> Member:
    """A member who can sign in with `PASSWORD`; hashing is slow on purpose, so each password is hashed once per process."""
    username = username or f"member{next(_numbers)}"
    if password not in _hashes:
        _hashes[password] = make_password(password)
    facts.setdefault("email", f"{username}@example.com")
    return Member.objects.create(username=username, password=_hashes[password], **facts)


def make_saved_method(member: Member, token: str = "test_ok", **facts: Any) -> SavedMethod:
    """A card that pays."""
    shown = {"brand": "Test card", "last_four": "4242", "expiry_month": 9, "expiry_year": 2039}
    return SavedMethod.objects.create(
        **{"member": member, "provider": "test bank", "token": token, "status": "ready", **shown, **facts}
    )


def make_members(count: int, **facts: Any) -> list[Member]:
    """Many members in one statement."""
    if PASSWORD not in _hashes:
        _hashes[PASSWORD] = make_password(PASSWORD)
    names = [f"member{next(_numbers)}" for _ in range(count)]
    return Member.objects.bulk_create(
        Member(username=name, email=f"{name}@example.com", password=_hashes[PASSWORD], **facts) for name in names
    )


def make_sneaker(**facts: Any) -> Sneaker:
    number = next(_numbers)
    return Sneaker.objects.create(
        **{
            "brand": "Halden",
            "name": f"Model {number}",
            "style_code": f"HN-{number:04}",
            "colourway": "Bone",
            "retail_price": 18000,
            **facts,
        }
    )


def make_drop(sizes: dict[str, int] | int = 3, *, sneaker: Sneaker | None = None, **facts: Any) -> Drop:
    """A published drop that has just opened, with a size run such as {"9": 3, "10": 1}, or so many pairs of "One size".

    `starts_in` and `open_for` are seconds from the database's now; `starts_at` and `ends_at` win over them. Crowds of tests
    have one address, so it sends as many pairs there as are bought.
    """
    number, now = next(_numbers), database_time()
    starts_in, open_for = facts.pop("starts_in", -60), facts.pop("open_for", 3600)
    starts_at = facts.pop("starts_at", now + timedelta(seconds=starts_in))
    sneaker = sneaker or make_sneaker()
    drop = Drop.objects.create(
        sneaker=sneaker,
        starts_at=starts_at,
        ends_at=facts.pop("ends_at", max(starts_at, now) + timedelta(seconds=open_for)),
        **{
            "slug": f"drop-{number}",
            "title": f"Drop {number}",
            "price": 18000,
            "published": True,
            "limit_per_address": 0,
            **facts,
        },
    )
    run = {"One size": sizes} if isinstance(sizes, int) else sizes
    for position, (label, total) in enumerate(run.items()):
        make_size(drop, label, total, position=position)
    return drop


def make_size(drop: Drop, label: str, total: int, **facts: Any) -> Size:
    return Size.objects.create(drop=drop, label=label, total=total, available=total, **facts)


def make_reservation(member: Member, drop: Drop, size: Size | str | None = None) -> Reservation:
    """A hold granted by the shop itself."""
    if isinstance(size, str):
        size = drop.sizes.get(label=size)
    return reserve(member=member, drop=drop, size=size or drop.sizes.first()).reservation


def make_request(member: Member, drop: Drop, *sizes: str, address: Any = ADDRESS, token: str = "test_ok", **wish: Any) -> Any:
    """A purchase request filed by the shop itself, for these sizes or for all, paid by a new card with this token."""
    from reservations.requests.filing import StandingOrder, file

    wanted = sizes or [size.label for size in drop.sizes.all()]
    return file(member, StandingOrder(str(drop.pk), wanted, address, str(make_saved_method(member, token).pk), **wish))


def make_purchase(member: Member, drop: Drop, size: Size | str | None = None, *, address: dict[str, str] = ADDRESS) -> Purchase:
    """A sale made by the shop itself. Members with one address are one household to karma: see `home_of`."""
    from reservations.purchases.buy import buy

    hold = make_reservation(member, drop, size)
    return buy(hold.pk, member=member, address=address, payment_method="test_ok").purchase


def home_of(member: Member) -> dict[str, str]:
    """An address of this member's own."""
    return ADDRESS | {"street": f"1 {member.username.translate(str.maketrans('0123456789', 'abcdefghij'))} Lane"}


def lapse(*reservations: Reservation) -> None:
    """The time of these holds has run out: moved into the past together, so that nobody has to wait for it."""
    for reservation in reservations:
        held_for = reservation.expires_at - reservation.created_at
        reservation.expires_at = datetime.now(UTC) - timedelta(seconds=1)
        reservation.created_at = reservation.expires_at - held_for
        reservation.save(update_fields=["created_at", "expires_at"])


def make_store(name: str | None = None, **facts: Any) -> Store:
    """Another shop."""
    number = next(_numbers)
    return Store.objects.create(**{"name": name or f"Store {number}", "slug": f"store-{number}", **facts})


def make_post(author: Member, text: str = "Fresh laces.", **facts: Any) -> FeedItem:
    """A post and its item in the feed, made as a deed would and told to nobody."""
    post = Post.objects.create(author=author, text=text)
    return FeedItem.objects.create(kind="post", author=author, post=post, **facts)


def make_pair(owner: Member, **facts: Any) -> Pair:
    """A pair in this member's closet, seen by its owner alone; `for_trade=True` lets members see it."""
    if facts.get("for_trade"):
        facts.setdefault("visibility", "members")
    sneaker = facts.pop("sneaker", None) or make_sneaker()
    return Pair.objects.create(owner=owner, sneaker=sneaker, **{"size": "9", **facts})


def make_event(host: Member | None = None, *, starts_in: float = 7 * 86400, **facts: Any) -> Event:
    """An event in Berlin in a week (`starts_in` seconds), for three hours, with room for everybody."""
    starts_at = facts.pop("starts_at", database_time() + timedelta(seconds=starts_in))
    return Event.objects.create(
        host=host or make_member(),
        starts_at=starts_at,
        ends_at=facts.pop("ends_at", starts_at + timedelta(hours=3)),
        **{
            "title": f"Event {next(_numbers)}",
            "time_zone": "Europe/Berlin",
            "venue": "Lace Hall, Torstrasse 1",
            "city": "Berlin",
            "place": Place(52.52, 13.405),
            **facts,
        },
    )


def make_open_pair(owner: Member, **facts: Any) -> Pair:
    """A pair that its owner shows to members and would trade."""
    return make_pair(owner, **{"visibility": "members", "for_trade": True, **facts})


def make_sold_pair(owner: Member, **facts: Any) -> Pair:
    """An open pair that its owner has bought here."""
    drop = make_drop(sizes={"9": 1})
    return make_open_pair(owner, sneaker=drop.sneaker, purchase=make_purchase(owner, drop, address=home_of(owner)), **facts)


def make_established(*members: Member) -> None:
    """Makes the accounts of these members old, with a pair that each has bought and kept."""
    for member in members:
        purchase = make_purchase(member, make_drop(sizes={"9": 1}), address=home_of(member))
        Purchase.objects.filter(pk=purchase.pk).update(created_at=database_time() - timedelta(days=15))
    Member.objects.filter(pk__in=[member.pk for member in members]).update(date_joined=database_time() - timedelta(days=31))


def make_trade(proposer: Member, receiver: Member, *, gives: Any = None, wants: Any = None) -> Trade:
    """A waiting offer: one pair for one pair, or these."""
    from community.trades.offers import offer

    mine, theirs = gives or [make_open_pair(proposer)], wants or [make_open_pair(receiver)]
    return offer(proposer, gives=[pair.pk for pair in mine], wants=[pair.pk for pair in theirs]).trade


def make_restock(member: Member, *, store: Store | None = None, sneaker: Sneaker | None = None, **facts: Any) -> Restock:
    """A report made by the shop itself."""
    from community.restocks.reports import report

    return report(store or make_store(), sneaker or make_sneaker(), member=member, **{"sizes": ["9"], **facts}).restock


def make_source(store: Store | None = None, **facts: Any) -> Source:
    """A feed that a store lets us read, due now."""
    defaults = {"url": f"https://store-{next(_numbers)}.example/products.json", "kind": "products", "permission": "By mail."}
    return Source.objects.create(store=store or make_store(), **{**defaults, **facts})
