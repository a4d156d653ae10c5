"""The table of rules and levels a shop begins with (K2), and the accounts of the house. Staff change them in the admin."""

from django.db import migrations

# code, title, points, cap per day
RULES = (
    ("restock-confirmed", "Your restock report was confirmed", 10, 50),
    ("confirmed-rightly", "You confirmed a restock that held", 2, 20),
    ("trade-completed", "You completed a trade", 15, 45),
    ("given-by-staff", "Given by staff", 1, None),
    ("raffle-entry", "You entered a raffle", -5, None),
    ("taken-back", "Taken back: the verdict changed", -1, None),
    ("taken-by-staff", "Taken by staff", -1, None),
)
# name, from, weight of a confirmation, links
LEVELS = (
    ("Newcomer", 0, 1, False),
    ("Regular", 20, 1, True),
    ("Trusted", 100, 2, True),
    ("Authority", 400, 3, True),
)


def fill(apps, schema_editor):
    rule, level, account = (apps.get_model("community", name) for name in ("KarmaRule", "KarmaLevel", "KarmaAccount"))
    for code, title, points, cap in RULES:
        rule.objects.get_or_create(code=code, defaults={"title": title, "points": points, "daily_cap": cap})
    for name, threshold, weight, links in LEVELS:
        level.objects.get_or_create(
            threshold=threshold, defaults={"name": name, "confirm_weight": weight, "may_post_links": links}
        )
    for name in ("issued", "spent"):
        account.objects.get_or_create(name=name)


class Migration(migrations.Migration):
    dependencies = [("community", "0004_the_community")]
    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
