"""Where a member stands in karma, and why: the facts of the page, the API and the export."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.db.models import QuerySet

from community.karma.established import FIRST_POINTS, KEPT_FOR, MIN_AGE, established
from community.karma.levels import level_after, level_at, levels
from community.karma.models import KarmaAccount, KarmaEntry, KarmaLevel, KarmaRule
from community.people.models import Member
from community.people.subjects import registry
from dropshop.core.clock import iso
from dropshop.core.ids import parse_id

# Moved by hand or by a verdict, not by what a member does: their numbers say nothing.
NOT_A_PRICE = ("given-by-staff", "taken-by-staff", "taken-back")
# Rules that nothing uses yet: their prices are not shown.
NOT_YET_USED = ("raffle-entry",)


@dataclass(frozen=True)
class KarmaStatus:
    """A member's points, and all levels, the lowest first."""

    balance: int
    owed: int
    levels: list[KarmaLevel]

    @cached_property
    def level(self) -> KarmaLevel | None:
        """The highest level that the balance reaches."""
        return level_at(self.balance, self.levels)

    @cached_property
    def next(self) -> KarmaLevel | None:
        """The level after that; None at the top."""
        return level_after(self.balance, self.levels)

    @property
    def missing(self) -> int:
        """Points until the next level; 0 at the top."""
        return self.next.threshold - self.balance if self.next else 0

    @property
    def since(self) -> int:
        """The points from which the way to the next level counts."""
        return self.level.threshold if self.level else 0

    @property
    def done(self) -> int:
        """Points of that way that are done."""
        return self.balance - self.since

    @property
    def way(self) -> int:
        """Points between this level and the next."""
        return self.next.threshold - self.since if self.next else 0


def standing(member: Member) -> KarmaStatus:
    """Where this member stands now."""
    account = KarmaAccount.objects.filter(member=member).first()
    return KarmaStatus(account.balance if account else 0, account.owed if account else 0, levels())


def unlocked(level: KarmaLevel) -> list[str]:
    """What the level lets a member do, in words."""
    found = []
    if level.confirm_weight == 1:
        found.append("confirm reports")
    elif level.confirm_weight:
        found.append(f"confirm reports with the weight of {level.confirm_weight}")
    if level.may_post_links:
        found.append("post links")
    return found


def prices() -> QuerySet[KarmaRule]:
    """What earns points and what costs them, the highest first."""
    return KarmaRule.objects.filter(active=True).exclude(code__in=NOT_A_PRICE + NOT_YET_USED)


def limits_of(member: Member) -> dict[str, Any]:
    """The bound on what accounts earn among themselves (K3), and whether this member's is established."""
    return {
        "is_established": bool(established([member.pk])),
        "first_points": FIRST_POINTS,
        "days": MIN_AGE.days,
        "kept_days": KEPT_FOR.days,
    }


def entries_of(member: Member) -> QuerySet[KarmaEntry]:
    """The member's side of every movement, newest first, with why."""
    mine = KarmaEntry.objects.filter(account__member=member)
    return mine.select_related("transfer__rule").order_by("-pk")


def address_of(source: str) -> str:
    """The page of what caused a movement; "" where it has none."""
    kind, _, rest = source.partition(":")
    subject = rest.partition(":")[0]
    page = next((room.addresses[kind] for room in registry if kind in room.addresses), "")
    return page.format(subject) if str(parse_id(subject)) == subject else ""


def level_facts(level: KarmaLevel) -> dict[str, Any]:
    """The level as the API tells it."""
    return {
        "name": level.name,
        "threshold": level.threshold,
        "confirm_weight": level.confirm_weight,
        "may_post_links": level.may_post_links,
    }


def standing_facts(now: KarmaStatus) -> dict[str, Any]:
    """Balance, level and what comes next, as the API tells it."""
    level = {**level_facts(now.level), "next": level_facts(now.next) if now.next else None} if now.level else None
    return {"balance": now.balance, "level": level, "owed": now.owed}


def entry_facts(entries: Iterable[KarmaEntry]) -> list[dict[str, Any]]:
    """Movements as the API tells them."""
    return [
        {
            "id": str(entry.transfer.pk),
            "rule": entry.transfer.rule_id,
            "title": entry.transfer.rule.title,
            "note": entry.transfer.note,
            "points": entry.points,
            "balance": entry.balance,
            "source": entry.transfer.source,
            "url": address_of(entry.transfer.source),
            "created_at": iso(entry.transfer.created_at),
        }
        for entry in entries
    ]
