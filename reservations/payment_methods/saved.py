"""The cards of a member: several, one of which is used first. Nobody finds those of somebody else.

Where the shop changes its provider, the cards of the one before are kept, and neither shown nor used.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.contrib.auth import get_user_model
from django.db import transaction
from django.db.models import QuerySet
from django.db.models.functions import Coalesce, Now

from dropshop.core.errors import Invalid, NotFound
from dropshop.core.members import Member, lock_open_account
from dropshop.core.pruning import prune
from dropshop.core.transactions import retrying
from reservations.payment_methods.errors import TooManyMethods
from reservations.payment_methods.models import SavedMethod
from reservations.payments.gateways import Card, gateway

MAX_METHODS = 20  # of one member
FIRST_TRY = timedelta(seconds=5)  # for which the card is left to whoever has begun it
KEEP_ONE_FIRST = "Make another card the one that is used first instead."
Status = SavedMethod.Status


def methods_of(member: Member) -> QuerySet[SavedMethod]:
    """The member's cards, also those that are being set up: the one that is used first, then the newest."""
    return _all_of(member).filter(status__in=SavedMethod.SHOWN)


def told_methods_of(member: Member) -> QuerySet[SavedMethod]:
    """Those, and what else the member is told of: cards that were declined, and that the provider has not forgotten yet."""
    return _all_of(member)


def ready_methods_of(member: Member) -> QuerySet[SavedMethod]:
    """Those that pay."""
    return _all_of(member).filter(status=Status.READY)


def everything_of(member: Member) -> QuerySet[SavedMethod]:
    """Every card of the member that is not removed, of any provider; for the member."""
    return SavedMethod.objects.filter(member=member).exclude(status=Status.REMOVING)


def find(method_id: Any, member: Member) -> SavedMethod:
    """The member's card, also one that was declined; raises NotFound for anyone else's, and for what is no id."""
    try:
        return _all_of(member).exclude(status=Status.REMOVING).get(pk=UUID(str(method_id)))
    except (SavedMethod.DoesNotExist, ValueError):
        raise NotFound("You have no such payment method.") from None


def is_saved(member: Member, token: str) -> bool:
    """Whether this token of the provider's is that of one of the member's cards, also of one that is just being removed."""
    return _all_of(member).filter(token=token).exists()


@retrying
def begin(member: Member, entered: str) -> SavedMethod:
    """A card to be set up, by the token that the provider's form has given; the same one where that is under way already.

    `set_up.ask` asks the provider. Raises TooManyMethods, NotAuthenticated for a closed account.
    """
    with transaction.atomic():
        lock_open_account(member)
        mine = methods_of(member)
        under_way = mine.filter(status__in=SavedMethod.PENDING, entered=entered).first()
        if under_way is not None:
            return under_way
        _require_room(mine)
        made = SavedMethod.objects.create(member=member, provider=gateway().name, entered=entered, retry_at=Now() + FIRST_TRY)
        made.refresh_from_db()
        return made


@retrying
def keep(member: Member, token: str, card: Card) -> None:
    """Saves a card that was set up by a payment, once. Raises TooManyMethods, NotAuthenticated for a closed account."""
    with transaction.atomic():
        lock_open_account(member)
        if is_saved(member, token):
            return
        _require_room(methods_of(member))
        new = SavedMethod(member=member, provider=gateway().name, token=token, status=Status.READY, **facts_of(card))
        new.is_default = not ready_methods_of(member).exists()
        new.save()


@retrying
def finish(method: SavedMethod, token: str, card: Card) -> None:
    """The card is set up, and used first where no other is. One that was removed meanwhile has its token for the removal."""
    with transaction.atomic():
        _lock(method.member)
        row = SavedMethod.objects.filter(pk=method.pk)
        done = {"status": Status.READY, "retry_at": None, "note": "", **facts_of(card), **SETTLED}
        first = not _all_of(method.member).filter(is_default=True).exists()
        if not row.filter(status__in=SavedMethod.PENDING).update(token=token, is_default=first, **done):
            row.filter(status=Status.REMOVING).update(token=token)


SETTLED: dict[str, Any] = {"entered": "", "confirm_url": ""}  # what is of no use any more once a set-up has come to an end


def facts_of(card: Card) -> dict[str, Any]:
    """The columns that show this card."""
    return {
        "brand": card.brand,
        "last_four": card.last_four,
        "expiry_month": card.month,
        "expiry_year": card.year,
        "fingerprint": card.fingerprint[:64],
    }


@retrying
def use_first(method_id: Any, member: Member, *, first: bool = True) -> SavedMethod:
    """The card, which is used first from now on. Raises NotFound, also for one that does not pay yet; Invalid where it is to be
    used first no longer."""
    with transaction.atomic():
        _lock(member)
        mine = find(method_id, member)
        if first is False and mine.is_default:
            raise Invalid(errors={"is_default": [KEEP_ONE_FIRST]})
        if first and not mine.is_default:
            if mine.status != Status.READY:
                raise Invalid(errors={"is_default": ["This card does not pay yet."]})
            _all_of(member).update(is_default=False)
            mine.is_default = True
            mine.save(update_fields=["is_default"])
    return mine


@retrying
def remove(method_id: Any, member: Member) -> None:
    """The card pays no more, and a worker has the provider forget it. Where it was used first, the newest of those that are
    left is. Raises NotFound."""
    with transaction.atomic():
        _lock(member)
        mine = find(method_id, member)
        _remove(SavedMethod.objects.filter(pk=mine.pk))
        if mine.is_default and (newest := ready_methods_of(member).first()):
            newest.is_default = True
            newest.save(update_fields=["is_default"])


def forget(member: Member) -> None:
    """The member has left: nothing of their cards is known any more but what the provider is asked to forget them by."""
    mine = SavedMethod.objects.filter(member=member)
    _remove(mine, brand="", last_four="", expiry_month=None, expiry_year=None, fingerprint="")


def _remove(rows: QuerySet[SavedMethod], **blanks: Any) -> None:
    rows.filter(status=Status.DECLINED).delete()
    # Where somebody is asking the provider just now, their lease stays.
    due = Coalesce("retry_at", Now())
    rows.update(status=Status.REMOVING, is_default=False, retry_at=due, tries=0, note="", **SETTLED, **blanks)


def forget_declined(before: datetime) -> int:
    """Forgets the cards that were declined before this moment; how many."""
    return prune(SavedMethod.objects.filter(status=Status.DECLINED, created_at__lt=before).order_by("created_at"))


def tokens_of(ids: Iterable[str]) -> dict[tuple[str, UUID], str]:
    """By id and member the provider's tokens of those of these cards that pay."""
    found = SavedMethod.objects.filter(pk__in={*ids}, status=Status.READY, provider=gateway().name)
    return {(str(pk), member): token for pk, member, token in found.values_list("pk", "member", "token")}


def _all_of(member: Member) -> QuerySet[SavedMethod]:
    return SavedMethod.objects.filter(member=member, provider=gateway().name)


def _require_room(mine: QuerySet[SavedMethod]) -> None:
    if mine.count() >= MAX_METHODS:
        raise TooManyMethods(limit=MAX_METHODS)


def _lock(member: Member) -> None:
    """The member's row, so that their cards are counted, and one is made the first, by one transaction at a time."""
    get_user_model().objects.select_for_update(no_key=True).get(pk=member.pk)
