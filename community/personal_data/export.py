"""What the shop holds about a member, for the member."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from allauth.account.models import EmailAddress
from allauth.usersessions.models import UserSession

from community.people.models import Member
from community.people.subjects import Export, registry
from community.places.fields import Place
from dropshop.core.clock import iso
from reservations.addresses.facts import address_facts
from reservations.addresses.saved import addresses_of
from reservations.holds.facts import as_they_stand
from reservations.models import DrawEntry, IdempotencyKey, OrderMove, Payment, QueuePlace, Refund, Withdrawal
from reservations.payment_methods.facts import method_facts
from reservations.payment_methods.saved import everything_of
from reservations.purchases.facts import purchase_facts, with_given_back
from reservations.requests.facts import requests_facts
from reservations.withdrawals.facts import withdrawal_facts

# Of the shop itself, what stands in no list above.
SHOP = {
    "payments": Export(
        lambda member: Payment.objects.filter(reservation__member=member).order_by("created_at"),
        ("id", "reservation", "amount", "currency", "method", "status", "note", "created_at", "settled_at"),
    ),
    "refunds": Export(
        lambda member: Refund.objects.filter(purchase__member=member).order_by("pk"),
        ("purchase", "n", "amount", "currency", "source", "status", "reason", "note", "created_at", "settled_at"),
    ),
    "order_moves": Export(
        lambda member: OrderMove.objects.filter(purchase__member=member), ("purchase", "was", "to", "note", "created_at")
    ),
    "queue_places": Export(
        lambda member: QueuePlace.objects.filter(member=member),
        ("drop", "arrived_at", "sizes", "admitted_at", "admitted_until", "ended_at", "ending"),
    ),
    "draw_entries": Export(
        lambda member: DrawEntry.objects.filter(member=member).order_by("pk"),
        ("draw__drop", "sizes", "group__code", "salt", "mark", "leaf", "losses", "rank", "won", "entered_at", "withdrawn_at"),
    ),
    "requests": Export(
        lambda member: IdempotencyKey.objects.filter(member=member).order_by("pk"), ("key", "status", "created_at")
    ),
}


def profile(member: Member) -> dict[str, Any]:
    """The `me` of the API."""
    return {
        "id": str(member.pk),
        "username": member.username,
        "email": member.email,
        "first_name": member.first_name,
        "last_name": member.last_name,
        "shows_name": member.shows_name,
        "display_name": member.display_name,
        "picture": member.picture.url if member.picture else "",
        "time_zone": member.time_zone,
        "language": member.language,
        "bio": member.bio,
        "geohash": member.geohash,
        "is_staff": member.is_staff,
        "date_joined": iso(member.date_joined),
    }


def everything_about(member: Member) -> dict[str, Any]:
    """Everything the shop holds about this member; the number of statements does not grow with it."""
    holds_of_mine = member.reservations.select_related("drop", "size")
    sales = with_given_back(member.purchases.select_related("size"))
    return {
        "profile": profile(member),
        "email_addresses": [
            {"email": known.email, "verified": known.verified} for known in EmailAddress.objects.filter(user=member)
        ],
        "reservations": as_they_stand(holds_of_mine),
        "purchases": [{**purchase_facts(sale), "address": sale.address} for sale in sales],
        "purchase_requests": requests_facts(member.purchase_requests.select_related("drop", "payment_method")),
        "withdrawals": [
            {**withdrawal_facts(stated), "name": stated.name, "email": stated.email, "settled_at": iso(stated.settled_at)}
            for stated in Withdrawal.objects.filter(purchase__member=member).select_related("purchase")
        ],
        "addresses": [address_facts(saved) for saved in addresses_of(member)],
        "payment_methods": [method_facts(saved) for saved in everything_of(member)],
        "sessions": [
            {
                "ip": session.ip,
                "user_agent": session.user_agent,
                "created_at": iso(session.created_at),
                "last_seen_at": iso(session.last_seen_at),
            }
            for session in UserSession.objects.filter(user=member).order_by("-created_at")
        ],
        "shop": {name: [*_rows(listed, member)] for name, listed in SHOP.items()},
        "community": {name: [*_rows(listed, member)] for subject in registry for name, listed in subject.exports.items()},
    }


def _rows(listed: Export, member: Member) -> Iterable[dict[str, Any]]:
    for row in listed.rows(member).values(*listed.columns):
        yield {name.replace("__", "_"): _plain(value) for name, value in row.items()}


def _plain(value: Any) -> Any:
    match value:
        case datetime():
            return iso(value)
        case UUID() | Place():
            return str(value)
    return value
