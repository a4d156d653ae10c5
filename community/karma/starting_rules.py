"""The rules and levels a shop begins with (K2), and the accounts of the house. After that, staff change them."""

from typing import Any

from django.apps import AppConfig, apps

# code: title, points, cap per day
RULES = {
    "restock-confirmed": ("Your restock report was confirmed", 10, 50),
    "confirmed-rightly": ("You confirmed a restock that held", 2, 20),
    "trade-completed": ("You completed a trade", 15, 45),
    "given-by-staff": ("Given by staff", 1, None),
    "raffle-entry": ("You entered a raffle", -5, None),
    "taken-back": ("Taken back: the verdict changed", -1, None),
    "taken-by-staff": ("Taken by staff", -1, None),
}
# name, from, weight of a confirmation, links
LEVELS = (
    ("Newcomer", 0, 1, False),
    ("Regular", 20, 1, True),
    ("Trusted", 100, 2, True),
    ("Authority", 400, 3, True),
)


def create_defaults(sender: AppConfig, using: str = "default", **kwargs: Any) -> None:
    """After a migration: every rule that an operation names exists, with the numbers staff gave it; levels where there are
    none.
    """
    from community.karma.models import KarmaAccount, KarmaLevel, KarmaRule

    if sender.label != "community" or "karmarule" not in kwargs.get("apps", apps).all_models["community"]:
        return
    rules = [KarmaRule(code=code, title=title, points=points, daily_cap=cap) for code, (title, points, cap) in RULES.items()]
    KarmaRule.objects.using(using).bulk_create(rules, ignore_conflicts=True)
    if not KarmaLevel.objects.using(using).exists():
        KarmaLevel.objects.using(using).bulk_create(
            KarmaLevel(name=name, threshold=threshold, confirm_weight=weight, may_post_links=links)
            for name, threshold, weight, links in LEVELS
        )
    KarmaAccount.objects.using(using).bulk_create(
        [KarmaAccount(name=name) for name in ("issued", "spent")], ignore_conflicts=True
    )
