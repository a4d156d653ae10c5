"""Earning and spending karma: every movement is a transfer between a member's account and one of the house (K1, K2).

Lock order: a member's account is locked last of all, after sizes, holds, reports, trades and pairs. An operation that moves the
points of several members calls `lock_accounts` for all of them first: each movement then finds its lock taken, in order.
"""

from collections.abc import Iterable
from typing import Any

from django.db import transaction
from django.db.models import Sum

from community.karma.levels import balance_of, level_at, level_of, levels, levels_of
from community.karma.models import KarmaAccount, KarmaEntry, KarmaRule, KarmaTransfer
from community.notifications.notices import notify
from community.people.models import Member
from dropshop.core.clock import database_time, start_of_day
from dropshop.core.errors import NUMBER, DropshopError, Forbidden, Invalid
from dropshop.core.live import publish_on_commit
from dropshop.core.transactions import retrying

__all__ = ["award", "balance_of", "give", "level_of", "levels_of", "lock_accounts", "spend", "take", "take_back"]

ISSUED, SPENT = "issued", "spent"
TAKEN_BACK, GIVEN_BY_STAFF, TAKEN_BY_STAFF = "taken-back", "given-by-staff", "taken-by-staff"
UNCAPPED = 2**31 - 1
MAX_POINTS_BY_HAND = 10_000  # points staff can move at a time: more would be a typing error


class NotEnoughKarma(DropshopError):
    """The member has fewer points than this costs; `balance` and `needed` are points."""

    code, status, title = "not_enough_karma", 409, "You do not have enough karma for this."
    brings = {"balance": NUMBER, "needed": NUMBER}


@retrying
def award(
    member: Member, rule: str, *, source: str, note: str = "", points: int | None = None, most: int | None = None
) -> KarmaTransfer | None:
    """The points of `rule` for this cause, `most` at most; the same transfer again for a cause that was rewarded before.

    `points` replaces the rule's own number, where the operation says how many. None, and nothing moved, where the rule is
    switched off or its cap for the day (UTC) is reached; what is left of the cap is given. What the member owes is paid of
    it first.
    """
    with transaction.atomic():
        account = _locked(member)
        known, terms = _done(member, rule, source), KarmaRule.objects.get(pk=rule)
        if known is not None:
            return known
        wanted = terms.points if points is None else points
        given = min(wanted, UNCAPPED if most is None else most, _left_today(account, terms)) if terms.active else 0
        if given <= 0:
            return None
        return _earn(account, terms, given, source=source, note=note)


@retrying
def spend(member: Member, rule: str, *, source: str, note: str = "") -> KarmaTransfer:
    """Takes what `rule` costs, once per cause; a rule that is switched off costs nothing.

    Raises NotEnoughKarma, and then nothing has moved.
    """
    with transaction.atomic():
        account = _locked(member)
        known, terms = _done(member, rule, source), KarmaRule.objects.get(pk=rule)
        if known is not None:
            return known
        cost = max(0, -terms.points) if terms.active else 0
        _require(account, cost)
        return _lose(account, terms, cost, source=source, note=note)


@retrying
def take_back(member: Member, rule: str, *, source: str, note: str = "", by: Member | None = None) -> KarmaTransfer | None:
    """Undoes what `rule` gave the member for this cause; None where it gave nothing. Doing it twice changes nothing.

    A balance is never negative: what was spent meanwhile is owed, and the next points earned pay it.
    """
    undoing = f"{source}:{rule}"
    with transaction.atomic():
        account = _locked(member)
        given = _done(member, rule, source)
        if given is None or (known := _done(member, TAKEN_BACK, undoing)) is not None:
            return None if given is None else known
        points = given.entries.filter(account=account).aggregate(sum=Sum("points", default=0))["sum"]
        taken = min(points, account.balance)
        if points > taken:
            _owe(account, account.owed + points - taken)
        return _lose(account, KarmaRule.objects.get(pk=TAKEN_BACK), taken, source=undoing, note=note, by=by)


@retrying
def give(member: Member, points: int, *, by: Member, reason: str, key: str) -> KarmaTransfer:
    """Points from staff, for a reason the member reads; what they owe is paid of it. Once per `key`.

    Raises Forbidden for oneself, and Invalid for a number that is none.
    """
    _check_by_hand(member, points, by)
    with transaction.atomic():
        account, source = _locked(member), f"staff:{key}"
        known = _done(member, GIVEN_BY_STAFF, source)
        return known or _earn(account, KarmaRule.objects.get(pk=GIVEN_BY_STAFF), points, source=source, note=reason, by=by)


@retrying
def take(member: Member, points: int, *, by: Member, reason: str, key: str) -> KarmaTransfer:
    """Points to staff, for a reason the member reads. Once per `key`.

    Raises NotEnoughKarma with the numbers, Forbidden for oneself, and Invalid for a number that is none.
    """
    _check_by_hand(member, points, by)
    with transaction.atomic():
        account, source = _locked(member), f"staff:{key}"
        known = _done(member, TAKEN_BY_STAFF, source)
        if known is not None:
            return known
        _require(account, points, f"Too few points: {member.username} has {account.balance}, and {points} were to be taken.")
        return _lose(account, KarmaRule.objects.get(pk=TAKEN_BY_STAFF), points, source=source, note=reason, by=by)


def lock_accounts(members: Iterable[Any]) -> list[KarmaAccount]:
    """These members' accounts (given by their ids), opened where they have none, locked in the order of their ids."""
    wanted = set(members)
    found = set(KarmaAccount.objects.filter(member__in=wanted).values_list("member_id", flat=True))
    if wanted - found:
        missing = [KarmaAccount(member_id=pk) for pk in sorted(wanted - found)]
        KarmaAccount.objects.bulk_create(missing, ignore_conflicts=True)
    return list(KarmaAccount.objects.select_for_update(no_key=True).filter(member__in=wanted).order_by("pk"))


def _locked(member: Member) -> KarmaAccount:
    return lock_accounts([member.pk])[0]


def _done(member: Member, rule: str, source: str) -> KarmaTransfer | None:
    return KarmaTransfer.objects.filter(member=member, rule=rule, source=source).first()


def _require(account: KarmaAccount, points: int, detail: str = "") -> None:
    if account.balance < points:
        raise NotEnoughKarma(detail, balance=account.balance, needed=points)


def _check_by_hand(member: Member, points: int, by: Member) -> None:
    if member.pk == by.pk:
        raise Forbidden("Nobody may give or take their own points.")
    if not 1 <= points <= MAX_POINTS_BY_HAND:
        raise Invalid(errors={"points": [f"Between 1 and {MAX_POINTS_BY_HAND}."]})


def _left_today(account: KarmaAccount, rule: KarmaRule) -> int:
    """Points the member may still earn by this rule today; the day is UTC's, by the database's clock."""
    if rule.daily_cap is None:
        return UNCAPPED
    today = KarmaEntry.objects.filter(
        account=account, transfer__rule=rule, transfer__created_at__gte=start_of_day(database_time())
    )
    return rule.daily_cap - today.aggregate(sum=Sum("points", default=0))["sum"]


def _earn(
    account: KarmaAccount, rule: KarmaRule, points: int, *, source: str, note: str, by: Member | None = None
) -> KarmaTransfer:
    """The points, and of them what is owed."""
    before, transfer = account.balance, _move(account, rule, points, source=source, note=note, by=by)
    paid = min(account.owed, points)
    if paid:
        _owe(account, account.owed - paid)
        _move(account, KarmaRule.objects.get(pk=TAKEN_BACK), -paid, source=f"{source}:{rule.pk}:owed", note="What you owed")
    _notify_level(account, before, transfer)
    return transfer


def _lose(
    account: KarmaAccount, rule: KarmaRule, points: int, *, source: str, note: str, by: Member | None = None
) -> KarmaTransfer:
    before, transfer = account.balance, _move(account, rule, -points, source=source, note=note, by=by)
    _notify_level(account, before, transfer)
    return transfer


def _owe(account: KarmaAccount, points: int) -> None:
    account.owed = points
    account.save(update_fields=["owed"])


def _move(
    account: Any, rule: KarmaRule, points: int, *, source: str, note: str = "", by: Member | None = None
) -> KarmaTransfer:
    """Both sides of a movement; the account's balance follows by the database's own trigger."""
    transfer = KarmaTransfer.objects.create(rule=rule, member_id=account.member_id, source=source, note=note, by=by)
    if not points:
        return transfer
    before, house = account.balance, KarmaAccount.objects.get(name=ISSUED if points > 0 else SPENT)
    mine = KarmaEntry(transfer=transfer, account=account, points=points)
    KarmaEntry.objects.bulk_create([mine, KarmaEntry(transfer=transfer, account=house, points=-points)])
    account.balance = before + points  # as the trigger has it
    # `version` rises with every entry of the account: a screen never goes back to an older balance (L1).
    event = {"balance": account.balance, "points": points, "version": mine.pk}
    publish_on_commit({"type": "karma-updated", "to": str(account.member_id), **event})
    return transfer


def _notify_level(account: KarmaAccount, before: int, transfer: KarmaTransfer) -> None:
    """Writes a notice when the member reaches or loses a level."""
    known = levels()
    was, now = level_at(before, known), level_at(account.balance, known)
    if was == now:
        return
    rose = now is not None and account.balance > before
    text = (
        f"You reached the level {now and now.name}."
        if rose
        else f"You have fewer points now and lost the level {was and was.name}."
    )
    notify([account.member_id], "karma-level", cause=f"transfer:{transfer.pk}", text=text, url="/karma/")
