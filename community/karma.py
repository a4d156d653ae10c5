"""Earning and spending karma: every movement is a transfer between a member's account and one of the house (K1, K2).

Lock order: a member's account is locked last of all, after sizes, holds, reports, trades and pairs; two accounts by id.
"""

from collections.abc import Iterable
from datetime import UTC
from typing import Any

from django.db import transaction
from django.db.models import Sum

from community.models import KarmaAccount, KarmaEntry, KarmaLevel, KarmaRule, KarmaTransfer, Member
from drops.clock import database_time
from dropshop.errors import DropshopError
from dropshop.live import publish_on_commit
from dropshop.transactions import retrying

ISSUED, SPENT = "issued", "spent"
TAKEN_BACK = "taken-back"


class NotEnoughKarma(DropshopError):
    """The member has fewer points than this costs; `balance` and `needed` are points."""

    code, status, title = "not_enough_karma", 409, "You do not have enough karma for this."


def balance_of(member: Any) -> int:
    """The member's points; 0 for who has never earned any, and for visitors."""
    if not getattr(member, "is_authenticated", False):
        return 0
    return KarmaAccount.objects.filter(member=member).values_list("balance", flat=True).first() or 0


def level_of(member: Any) -> KarmaLevel | None:
    """What the member's balance unlocks now; None below the lowest level, and for visitors."""
    if not getattr(member, "is_authenticated", False):
        return None
    return KarmaLevel.objects.filter(threshold__lte=balance_of(member)).order_by("-threshold").first()


@retrying
def award(member: Member, rule: str, *, source: str, note: str = "", points: int | None = None) -> KarmaTransfer | None:
    """The points of `rule` for this cause; the same transfer again for a cause that was rewarded before.

    `points` replaces the rule's own number, where staff give by hand. None, and nothing moved, where the rule is switched
    off or its cap for the day (UTC) is reached; what is left of the cap is given. What the member owes is paid of it first.
    """
    with transaction.atomic():
        account = lock_accounts([member.pk])[0]
        known, terms = _done(member, rule, source), KarmaRule.objects.get(pk=rule)
        if known is not None:
            return known
        wanted = terms.points if points is None else points
        given = min(wanted, _left_today(account, terms)) if terms.active else 0
        if given <= 0:
            return None
        transfer = _move(account, terms, given, source=source, note=note)
        _pay_what_is_owed(account, given, source)
        return transfer


@retrying
def spend(member: Member, rule: str, *, source: str, note: str = "") -> KarmaTransfer:
    """Takes what `rule` costs, once per cause. Raises NotEnoughKarma, and then nothing has moved."""
    with transaction.atomic():
        account = lock_accounts([member.pk])[0]
        known, terms = _done(member, rule, source), KarmaRule.objects.get(pk=rule)
        if known is not None:
            return known
        if account.balance < -terms.points:
            raise NotEnoughKarma(balance=account.balance, needed=-terms.points)
        return _move(account, terms, terms.points, source=source, note=note)


@retrying
def take_back(member: Member, rule: str, *, source: str, note: str = "", by: Member | None = None) -> KarmaTransfer | None:
    """Undoes what `rule` gave the member for this cause; None where it gave nothing. Doing it twice changes nothing.

    A balance is never negative: what was spent meanwhile is owed, and the next points earned pay it.
    """
    with transaction.atomic():
        account = lock_accounts([member.pk])[0]
        given = _done(member, rule, source)
        if given is None or (known := _done(member, TAKEN_BACK, source)) is not None:
            return None if given is None else known
        (points,) = given.entries.filter(account=account).values_list("points", flat=True)
        taken = min(points, account.balance)
        if points > taken:
            account.owed += points - taken
            account.save(update_fields=["owed"])
        return _move(account, KarmaRule.objects.get(pk=TAKEN_BACK), -taken, source=source, note=note, by=by)


def lock_accounts(members: Iterable[Any]) -> list[KarmaAccount]:
    """These members' accounts (given by their ids), opened where they have none, locked in the order of their ids."""
    wanted = set(members)
    found = set(KarmaAccount.objects.filter(member__in=wanted).values_list("member_id", flat=True))
    if wanted - found:
        missing = [KarmaAccount(member_id=pk) for pk in sorted(wanted - found)]
        KarmaAccount.objects.bulk_create(missing, ignore_conflicts=True)
    return list(KarmaAccount.objects.select_for_update(no_key=True).filter(member__in=wanted).order_by("pk"))


def _done(member: Member, rule: str, source: str) -> KarmaTransfer | None:
    return KarmaTransfer.objects.filter(member=member, rule=rule, source=source).first()


def _left_today(account: KarmaAccount, rule: KarmaRule) -> int:
    """Points the member may still earn by this rule today; the day is UTC's, by the database's clock."""
    if rule.daily_cap is None:
        return 2**31 - 1
    midnight = database_time().astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    today = KarmaEntry.objects.filter(account=account, transfer__rule=rule, transfer__created_at__gte=midnight)
    return rule.daily_cap - (today.aggregate(sum=Sum("points"))["sum"] or 0)


def _move(
    account: Any, rule: KarmaRule, points: int, *, source: str, note: str = "", by: Member | None = None
) -> KarmaTransfer:
    """Both sides of a movement; the account's balance follows by the database's own trigger."""
    transfer = KarmaTransfer.objects.create(rule=rule, member_id=account.member_id, source=source, note=note, by=by)
    if points:
        house = KarmaAccount.objects.get(name=ISSUED if points > 0 else SPENT)
        KarmaEntry.objects.bulk_create(
            [
                KarmaEntry(transfer=transfer, account=account, points=points),
                KarmaEntry(transfer=transfer, account=house, points=-points),
            ]
        )
        account.refresh_from_db(fields=["balance"])
        publish_on_commit({"type": "karma-updated", "to": str(account.member_id), "balance": account.balance, "points": points})
    return transfer


def _pay_what_is_owed(account: KarmaAccount, earned: int, source: str) -> None:
    paid = min(account.owed, earned)
    if paid:
        account.owed -= paid
        account.save(update_fields=["owed"])
        _move(account, KarmaRule.objects.get(pk=TAKEN_BACK), -paid, source=f"{source}:owed")
