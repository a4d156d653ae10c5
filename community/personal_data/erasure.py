"""Export and erasure of a member's data. Purchases are never deleted (M4): they stay, and their member has no name."""

from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.db import transaction

from community.accounts import tokens
from community.accounts.models import Sighting
from community.people.models import Member
from community.people.names import ERASED, name_key
from community.personal_data import belongings
from dropshop.core.clock import iso
from dropshop.core.transactions import retrying
from reservations.holds import lifecycle
from reservations.holds.errors import AlreadyPurchased, HoldExpired
from reservations.holds.facts import as_they_stand
from reservations.models import IdempotencyKey
from reservations.purchases.facts import purchase_facts


def profile(member: Member) -> dict[str, Any]:
    """The `me` of the API."""
    return {
        "id": str(member.pk),
        "username": member.username,
        "email": member.email,
        "first_name": member.first_name,
        "last_name": member.last_name,
        "shows_name": member.shows_name,
        "bio": member.bio,
        "geohash": member.geohash,
        "is_staff": member.is_staff,
        "date_joined": iso(member.date_joined),
    }


def export(member: Member) -> dict[str, Any]:
    """Everything the shop holds about this member; the number of statements does not grow with it."""
    holds_of_mine = member.reservations.select_related("drop", "size")
    sales = member.purchases.select_related("size")
    return {
        "profile": profile(member),
        "email_addresses": [
            {"email": known.email, "verified": known.verified} for known in EmailAddress.objects.filter(user=member)
        ],
        "reservations": as_they_stand(holds_of_mine),
        "purchases": [{**purchase_facts(sale), "address": sale.address} for sale in sales],
        "sessions": [
            {
                "ip": session.ip,
                "user_agent": session.user_agent,
                "created_at": iso(session.created_at),
                "last_seen_at": iso(session.last_seen_at),
            }
            for session in UserSession.objects.filter(user=member).order_by("-created_at")
        ],
        "community": belongings.told(member),
    }


@retrying
def erase(member: Member) -> None:
    """Ends every hold and sign-in of this member and removes their name from everything that stays. This cannot be undone.

    Sizes are locked before the member's own row, as everywhere: a grant locks its size and then looks at the member. Pairs and
    trades come after it, as for an offer.
    """
    with transaction.atomic():
        for hold in member.reservations.active().order_by("size", "pk"):
            _give_back(hold.pk, member)
        belongings.lock_circle(member)
        belongings.forget(member)
        name = f"{ERASED}{member.pk.hex}"
        Member.objects.filter(pk=member.pk).update(
            username=name,
            name_key=name_key(name),
            email="",
            mailbox_key=None,
            first_name="",
            last_name="",
            shows_name=False,
            is_active=False,
            is_staff=False,
            is_superuser=False,
            last_login=None,
        )
        member.refresh_from_db()
        member.set_unusable_password()
        member.save(update_fields=["password"])
        member.groups.clear()
        member.user_permissions.clear()
        EmailAddress.objects.filter(user=member).delete()
        Authenticator.objects.filter(user=member).delete()
        IdempotencyKey.objects.filter(member=member).delete()
        Sighting.objects.filter(member=member).delete()
        tokens.revoke_all(member)


def _give_back(reservation_id: Any, member: Member) -> None:
    try:
        lifecycle.cancel(reservation_id, member=member)
    except (HoldExpired, AlreadyPurchased):
        return  # it ended by itself, or as a sale that stays
