"""The demo's community: shops of others, reports, closets, trades, talk and events. All of it by the shop's own operations."""

from datetime import timedelta
from typing import Any, NamedTuple

from community.closet import pairs as closet
from community.events import hosting
from community.feed import comments, likes, posts
from community.models import Condition, Follow, Store, Visibility, Want
from community.people import relations
from community.restocks import reports, votes
from community.trades import offers
from drops.models import Sneaker
from dropshop.core.clock import database_time
from dropshop.core.money import Money


class Shop(NamedTuple):
    """Somebody else's shop, as invented as ours."""

    name: str
    slug: str
    city: str
    place: str


STORES = (
    Shop("Corner Supply", "corner-supply", "Berlin", "52.52,13.40"),
    Shop("North Dock", "north-dock", "Rotterdam", "51.92,4.48"),
    Shop("Uptown Sole", "uptown-sole", "Chicago", "41.88,-87.63"),
    Shop("Paper Lantern", "paper-lantern", "Kyoto", "35.01,135.77"),
)


class DemoEvent(NamedTuple):
    """`days` from now; `guests` answer in this order."""

    host: str
    title: str
    days: int
    time_zone: str
    venue: str
    city: str
    place: str
    capacity: int | None
    guests: tuple[str, ...]


EVENTS = (
    DemoEvent(
        *("mara", "Swap table", 5, "Europe/Berlin", "Corner Supply, Lacestr. 4", "Berlin", "52.52,13.40", 12),
        guests=("deniz", "kit", "bob"),
    ),
    DemoEvent(
        *("tomasz", "Sole repair evening", 12, "Europe/Warsaw", "Workshop, ul. Podeszwa 7", "Warsaw", "52.23,21.01", 2),
        guests=("jo", "ines", "femi"),
    ),
    DemoEvent(
        *("hana", "Morning run, new pairs only", 20, "America/Chicago", "Lake steps", "Chicago", "41.88,-87.62", None),
        guests=("lars",),
    ),
)
# Store, sneaker, sizes, price, note; who saw it; who says so too; who says that it is over.
REPORTS = (
    ("corner-supply", "FD-31", "9 9.5 11", 15500, "Two rows deep by the till.", "mara", ("deniz", "kit"), ()),
    ("uptown-sole", "SG-77", "8 10", 12900, "Back wall, ask for the back room.", "jo", ("ines", "tomasz"), ("yuki", "femi")),
    ("north-dock", "HB-118", "7.5 8", 16000, "Window display, they said more on Friday.", "alice", ("lars",), ()),
    ("paper-lantern", "KW-0207", "9", None, "One pair, no box.", "noor", (), ()),
)
# Owner, sneaker, size, condition, for trade, notes.
PAIRS = (
    ("alice", "HB-118", "9", Condition.NEW, True, "Never out of the box."),
    ("alice", "SG-64", "9.5", Condition.GOOD, True, "Laces replaced, soles clean."),
    ("alice", "NW-604", "9", Condition.LIKE_NEW, False, "Mine. Not for trade."),
    ("bob", "KW-0199", "9", Condition.LIKE_NEW, True, "Worn twice, indoors."),
    ("bob", "ZH-000", "9", Condition.NEW, True, ""),
    ("mara", "FD-31", "9", Condition.WORN, True, "A winter of mud. Honest pair."),
    ("deniz", "SG-77", "10", Condition.GOOD, True, ""),
    ("kit", "HB-121", "8.5", Condition.NEW, True, "Two of these, one has to go."),
    ("ines", "KW-0207", "9", Condition.LIKE_NEW, True, "Tried on once."),
)
POSTS = (
    ("mara", "The till at Corner Supply has a new row of Moss Trails. @deniz was faster than me to the 9.5."),
    ("tomasz", "Glued soles on the Sandglass after two years. Contact cement, thin, wait ten minutes, press for an hour."),
    ("yuki", "Who is at the bell for the Ember Runner tonight? I have size 9 written on my hand."),
    ("noor", "Traded my spare Skylights and both pairs arrived within three days. Thank you, @kit."),
)


def seed(members: dict[str, Any]) -> None:
    """Fills the community; `members` are the demo's, by their names."""
    sneakers = {sneaker.style_code: sneaker for sneaker in Sneaker.objects.all()}
    stores = {
        shop.slug: Store.objects.create(name=shop.name, slug=shop.slug, city=shop.city, place=shop.place) for shop in STORES
    }
    Follow.objects.create(follower=members["alice"], sneaker=sneakers["FD-31"])
    Follow.objects.create(follower=members["bob"], member=members["alice"])
    _reports(members, stores, sneakers)
    _closets(members, sneakers)
    _talk(members)
    _events(members)


def _reports(members: dict[str, Any], stores: dict[str, Store], sneakers: dict[str, Sneaker]) -> None:
    for store, code, sizes, price, note, reporter, confirming, ending in REPORTS:
        reported, _ = reports.report(
            stores[store],
            sneakers[code],
            member=members[reporter],
            sizes=sizes.split(),
            price=Money(price, "USD") if price else None,
            note=note,
        )
        for name in confirming:
            votes.confirm(reported.pk, member=members[name])
        for name in ending:
            votes.gone(reported.pk, member=members[name])


def _closets(members: dict[str, Any], sneakers: dict[str, Sneaker]) -> None:
    pairs: dict[str, list[Any]] = {}
    for owner, code, size, condition, for_trade, notes in PAIRS:
        facts: closet.PairChanges = {
            "sneaker": sneakers[code],
            "size": size,
            "condition": condition,
            "notes": notes,
            "visibility": Visibility.PUBLIC,
            "for_trade": for_trade,
        }
        pairs.setdefault(owner, []).append(closet.add(members[owner], facts))
    Want.objects.create(member=members["alice"], sneaker=sneakers["KW-0207"], sizes=["9"], worst_condition=Condition.GOOD)
    offers.offer(
        members["bob"],
        gives=[pairs["bob"][0].pk],
        wants=[pairs["alice"][0].pk],
        message="Mine for yours? I can send it on Monday.",
    )
    done = offers.offer(members["deniz"], gives=[pairs["deniz"][0].pk], wants=[pairs["kit"][0].pk]).trade
    offers.accept(done.pk, by=members["kit"])


def _talk(members: dict[str, Any]) -> None:
    written = [posts.write(members[author], text=text) for author, text in POSTS]
    comments.comment(written[0].pk, author=members["deniz"], text="By four seconds. The 9 is still there.")
    comments.comment(written[1].pk, author=members["alice"], text="Did exactly this, they hold. Wear gloves.")
    for item, names in zip(written, (("deniz", "kit"), ("alice", "jo", "femi"), ("lars",), ("kit", "mara")), strict=True):
        for name in names:
            likes.like(item.pk, member=members[name])
    relations.mute(members["bob"], members["yuki"])


def _events(members: dict[str, Any]) -> None:
    noon = database_time().replace(minute=0, second=0, microsecond=0)
    for planned in EVENTS:
        facts = {name: getattr(planned, name) for name in ("title", "time_zone", "venue", "city", "place", "capacity")}
        starts_at = noon + timedelta(days=planned.days)
        times = {"starts_at": starts_at, "ends_at": starts_at + timedelta(hours=3)}
        event = hosting.host(members[planned.host], text="Bring what you want to show. Coffee is there.", **facts, **times)
        for name in planned.guests:
            hosting.answer(event.pk, members[name], going=True)
