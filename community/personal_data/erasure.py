"""Erasing a member. What they wrote, showed and chose is forgotten, as each room's `subject.py` says.

What others rely on stays without their name: the ledger, votes that carried a verdict, trades with the provenance of their
pairs. Purchases are never deleted (M4).
"""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.core.files.storage import default_storage
from django.db import transaction

from community.accounts import sessions
from community.people.models import Member
from community.people.names import ERASED, name_key
from community.people.pseudonymise import remove_mentions
from community.people.subjects import Subject, registry
from community.personal_data import erased
from dropshop.core.clock import database_time
from dropshop.core.transactions import after_commit, retrying
from reservations.addresses import saved as addresses
from reservations.draws import entries as draws
from reservations.holds import lifecycle
from reservations.holds.errors import AlreadyPurchased, HoldExpired
from reservations.models import IdempotencyKey
from reservations.orders import forget as orders
from reservations.payment_methods import saved as payment_methods
from reservations.queue import join as queue
from reservations.refunds import forget as refunds
from reservations.requests import forget as requests
from reservations.withdrawals import settle


@retrying
def erase(member: Member) -> None:
    """Ends every hold and sign-in of this member and removes their name from everything that stays. This cannot be undone.

    Sizes, holds and orders are locked before the member's own row, as everywhere: a grant locks its size and then looks at the
    member. What the rooms lock comes after it, in the order of docs/community.md. The files of pictures go when the transaction
    commits.
    """
    with transaction.atomic():
        requests.end_all(member)
        for hold in member.reservations.active().order_by("size", "pk"):
            _give_back(hold.pk, member)
        queue.leave_all(member)
        requests.forget(member)
        orders.forget(member)
        refunds.forget(member)
        settle.forget(member)
        # The first of the rooms locks members, this one among them: what is kept for them now is here, or not at all.
        files = {file for subject in sorted(registry, key=_first_lock) for file in _forget(subject, member)}
        addresses.forget(member)
        draws.forget(member)
        payment_methods.forget(member)
        for model, column in (mention for subject in registry for mention in subject.mentions):
            remove_mentions(model._default_manager.all(), column, member)
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
        IdempotencyKey.objects.filter(member=None, answer__id=str(member.pk)).delete()  # of signing up
        sessions.end_others(member, keep="")
        erased.note(member.pk, database_time())
        for file in files:
            after_commit(default_storage.delete, file)


def erase_again(members: Iterable[UUID]) -> int:
    """Erases those of these members whom the database knows as members still; how many."""
    known = Member.objects.filter(pk__in=[*members]).exclude(username__startswith=ERASED)
    restored = list(known.order_by("pk"))
    for member in restored:
        erase(member)
    return len(restored)


def _first_lock(subject: Subject) -> int:
    return subject.first_lock


def _forget(subject: Subject, member: Member) -> Iterable[str]:
    files = subject.forget(member) or ()
    for rows in subject.deletes:
        getattr(member, rows).all().delete()
    return files


def _give_back(reservation_id: Any, member: Member) -> None:
    try:
        lifecycle.cancel(reservation_id, member=member)
    except (HoldExpired, AlreadyPurchased):
        return  # it ended by itself, or as a sale that stays
