"""The crowd and what it wants, made in bulk: members who are signed in, drops, passes, and the requests they will send.

Imported only once Django is set up.
"""

import itertools
import json
import secrets
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from allauth.headless.tokens.strategies.jwt import internal as jwt
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.auth.hashers import make_password
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session

from bench.ground import HOST
from community.models import Member
from drops.models import Drop, Phase, Size, Sneaker
from dropshop.core.clock import database_time
from reservations.models import Purchase, Reservation
from reservations.passes import tokens

LABEL = "9"
ADDRESS = {
    "name": "Alice Ångström",
    "street": "1 Lace Lane",
    "city": "Portland",
    "state": "OR",
    "zip_code": "97201",
    "country": "US",
}
PAID = {"address": ADDRESS, "payment_method": "test_ok"}
PURCHASE = "/api/v1/reservations/{hold}/purchase"  # whose, the generator puts in
_numbers = itertools.count(1)
Errand = list[str]


@dataclass(frozen=True, slots=True)
class Person:
    """A member and the session they are signed in with."""

    member: Member
    session: str


def make_people(count: int) -> list[Person]:
    """So many members, each signed in."""
    names = [f"shopper{next(_numbers)}" for _ in range(count)]
    nobodys = make_password(None)
    members = Member.objects.bulk_create(
        (Member(username=name, email=f"{name}@example.com", password=nobodys) for name in names), batch_size=5000
    )
    people = [Person(member, secrets.token_hex(16)) for member in members]
    Session.objects.bulk_create(map(_session, people), batch_size=5000)
    return people


def _session(person: Person) -> Session:
    facts = {
        SESSION_KEY: str(person.member.pk),
        BACKEND_SESSION_KEY: settings.AUTHENTICATION_BACKENDS[0],
        HASH_SESSION_KEY: person.member.get_session_auth_hash(),
    }
    expires = database_time() + timedelta(days=1)
    return Session(session_key=person.session, session_data=SessionStore().encode(facts), expire_date=expires)


def make_drop(sizes: dict[str, int]) -> Drop:
    """A drop that is open, with holds as long as they may be: nothing lapses by itself while it is measured."""
    number, now = next(_numbers), database_time()
    sneaker = Sneaker.objects.create(brand="Halden", name=f"Model {number}", style_code=f"HN-{number:05}", retail_price=18000)
    drop = Drop.objects.create(
        sneaker=sneaker,
        slug=f"drop-{number}",
        title=f"Drop {number}",
        price=18000,
        starts_at=now - timedelta(minutes=1),
        ends_at=now + timedelta(days=1),
        hold_seconds=900,
        limit_per_address=0,  # the crowd has one address
        published=True,
        announced_phase=Phase.LIVE,
    )
    for position, (label, total) in enumerate(sizes.items()):
        Size.objects.create(drop=drop, label=label, position=position, total=total, available=total)
    return drop


def hold_all(drop: Drop, people: Sequence[Person], *, expires: Callable[[int], Any], sold: bool = False) -> None:
    """Every pair of the drop is held by one of these people until `expires(n)`, or sold to them."""
    now = database_time()
    sizes = list(drop.sizes.all())
    pairs = [size for size in sizes for _ in range(size.total)]
    status = {"status": Reservation.Status.COMPLETED, "ended_at": now} if sold else {}
    price = {"price": drop.price, "currency": drop.currency}
    holds = Reservation.objects.bulk_create(
        Reservation(drop=drop, size=size, member=person.member, created_at=now, expires_at=expires(place), **price, **status)
        for place, (size, person) in enumerate(zip(pairs, people, strict=False))
    )
    if sold:
        Purchase.objects.bulk_create(
            Purchase(
                reservation=hold,
                drop=drop,
                size=hold.size,
                member=hold.member,
                status="paid",
                address=ADDRESS,
                created_at=now,
                **price,
            )
            for hold in holds
        )
    for size in sizes:
        Size.objects.filter(pk=size.pk).update(available=0, version=2, **{"sold" if sold else "reserved": size.total})


def reserve_with_pass(drop: Drop, people: Iterable[Person], port: int) -> list[Errand]:
    """Each of these people reserves once, with a pass of their own."""
    now = database_time()
    return [[reserve(drop, port, pass_header(person, drop, now))] for person in people]


def pass_header(person: Person, drop: Drop, now: Any) -> str:
    """The person's pass for this drop, with its end of line."""
    return f"X-Drop-Pass: {tokens.issue_pass(person.member, drop, person.session, at=now).text}\r\n"


def join_queue(drop: Drop, people: Iterable[Person], port: int) -> list[Errand]:
    """Each joins the drop's queue, with a ticket of their own."""
    return [[post(f"/api/v1/drops/{drop.pk}/queue", port, ticket, "{}")] for ticket in _tickets(drop, people)]


def look_at_place(drop: Drop, people: Iterable[Person], port: int) -> list[Errand]:
    """Each asks for their place, with a ticket of their own."""
    start = f"GET /api/v1/drops/{drop.pk}/queue HTTP/1.1\r\nHost: {HOST}:{port}\r\nAccept: */*\r\n"
    return [[f"{start}{ticket}\r\n"] for ticket in _tickets(drop, people)]


def _tickets(drop: Drop, people: Iterable[Person]) -> Iterator[str]:
    now = database_time()
    return (f"X-Queue-Ticket: {tokens.queue_ticket(each.member, drop, each.session, at=now)}\r\n" for each in people)


def reserve_with_session(drop: Drop, people: Iterable[Person], port: int) -> list[Errand]:
    """Each reserves once, with the session cookie of a browser and its CSRF token."""
    return [[reserve(drop, port, _cookies(person))] for person in people]


def reserve_with_token(drop: Drop, people: Iterable[Person], port: int) -> list[Errand]:
    """Each reserves once, with the access token of a program."""
    return [[reserve(drop, port, f"Authorization: Bearer {_token(person)}\r\n")] for person in people]


def reserve_with_key(drop: Drop, people: Iterable[Person], port: int) -> list[Errand]:
    """Each reserves once, with a pass and an Idempotency-Key."""
    now = database_time()
    keys = [f"Idempotency-Key: {person.session}{drop.pk}\r\n" for person in people]
    return [[reserve(drop, port, pass_header(person, drop, now) + key)] for person, key in zip(people, keys, strict=True)]


def reserve_and_buy(drop: Drop, people: Iterable[Person], port: int) -> list[Errand]:
    """Each reserves with a pass and then buys what they got, with the same pass."""
    body = json.dumps(PAID)
    now = database_time()
    headers = [pass_header(person, drop, now) for person in people]
    return [[reserve(drop, port, header), post(PURCHASE, port, header, body)] for header in headers]


def reserve_and_buy_by_page(drop: Drop, people: Sequence[Person], port: int) -> list[Errand]:
    """Each reserves with a pass and then posts the form of the checkout, with the session of a browser."""
    body = urlencode({**ADDRESS, "payment_method": "test_ok"})
    reserved = reserve_with_pass(drop, people, port)
    return [
        [
            *errand,
            post(
                "/reservations/{hold}/purchase/",
                port,
                f"X-Fragment: checkout\r\n{_cookies(person)}",
                body,
                content_type="application/x-www-form-urlencoded",
            ),
        ]
        for errand, person in zip(reserved, people, strict=True)
    ]


def get(path: str, port: int, more: str = "") -> list[Errand]:
    """A visitor looks at a page; `more` are headers, each with its end of line."""
    return [[f"GET {path} HTTP/1.1\r\nHost: {HOST}:{port}\r\nAccept: */*\r\n{more}\r\n"]]


def reserve(drop: Drop, port: int, credentials: str, body: str = f'{{"size":"{LABEL}"}}', **how: str) -> str:
    """The request for a pair; `how` as in `post`."""
    return post(f"/api/v1/drops/{drop.pk}/reserve", port, credentials, body, **how)


def post(path: str, port: int, credentials: str, body: str, *, content_type: str = "application/json") -> str:
    """A POST; `credentials` are headers, each with its end of line."""
    return (
        f"POST {path} HTTP/1.1\r\nHost: {HOST}:{port}\r\n{credentials}Content-Type: {content_type}\r\n"
        f"Content-Length: {len(body.encode('latin-1'))}\r\n\r\n{body}"
    )


def _token(person: Person) -> str:
    sid = jwt.session_key_to_sid(person.session)
    return jwt.create_token("access", sub=str(person.member.pk), sid=sid, expires_in=900)[0]


def _cookies(person: Person) -> str:
    csrf = person.session
    return f"Cookie: {settings.SESSION_COOKIE_NAME}={person.session}; csrftoken={csrf}\r\nX-CSRFToken: {csrf}\r\n"
