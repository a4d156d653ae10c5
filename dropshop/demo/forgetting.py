"""A shop that began as a demo becomes a real one: the demo's people and goods go, and whatever real people did stays."""

from collections.abc import Callable
from typing import Any, NamedTuple

from django.contrib.auth import get_user_model
from django.db import IntegrityError, transaction
from django.db.models import ProtectedError
from django.utils.text import slugify

from community.models import FeedItem, Restock, Store
from community.personal_data.erasure import erase
from drops.models import Drop, Sneaker
from dropshop.demo.catalogue import NAMED, RELEASES, UNNAMED
from dropshop.demo.community import STORES
from dropshop.operating.known_passwords import SIGN_INS


class Forgotten(NamedTuple):
    """How many were erased, removed, and only hidden because something that stays refers to them."""

    erased: int
    removed: int
    hidden: int


def forget() -> Forgotten:
    """Erases the demo's members and removes its goods; doing it twice changes nothing.

    A purchase is never deleted (M4), also none of the demo's: what was sold stays, hidden, and so does its sneaker.
    """
    people = [person for person in map(_demo_member, (*SIGN_INS, *NAMED, *UNNAMED)) if person is not None]
    for person in people:
        erase(person)
    stores = Store.objects.filter(slug__in=[shop.slug for shop in STORES])
    drops = Drop.objects.filter(slug__in=[slugify(one.name) for one in RELEASES], sneaker__in=_sneakers())
    kinds: list[tuple[Any, Callable[[Any], str]]] = [
        (Restock.objects.filter(store__in=stores), _keep),
        (drops, _hide_drop),
        (_sneakers(), _keep),
        (stores, _hide_store),
    ]
    outcomes = [_removed(thing) or hide(thing) for things, hide in kinds for thing in things]
    return Forgotten(len(people), outcomes.count("removed"), outcomes.count("hidden"))


def _demo_member(username: str) -> Any:
    """By name and by the demo's address: somebody real who took the name since has another."""
    return get_user_model().objects.filter(username=username, email=f"{username}@example.com").first()


def _sneakers() -> Any:
    return Sneaker.objects.filter(style_code__in=[release.style_code for release in RELEASES])


def _removed(thing: Any) -> str:
    """ "removed", or nothing where what stays refers to it: a purchase, a hold, a pair, a record that only grows."""
    try:
        with transaction.atomic():
            if isinstance(thing, Drop):
                FeedItem.objects.filter(drop=thing).delete()
                thing.sizes.all().delete()
            thing.delete()
    except (ProtectedError, IntegrityError):  # the second: what refers to it came in between
        return ""
    return "removed"


def _hide_drop(drop: Drop) -> str:
    return "hidden" if Drop.objects.filter(pk=drop.pk, published=True).update(published=False) else "hidden before"


def _hide_store(store: Store) -> str:
    return "hidden" if Store.objects.filter(pk=store.pk, active=True).update(active=False) else "hidden before"


def _keep(_thing: Any) -> str:
    return "kept"
