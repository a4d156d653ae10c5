"""The terms of the offers that are there, as far as they are known: what their pairs are now.

Notes and photographs are copied only where an offer still waits or is on its way: those of an older one may be a later owner's.
"""

from django.db import migrations

AT_ONCE = 1000


def fill(apps, schema_editor):
    rows = apps.get_model("community", "TradeItem").objects.filter(terms=None)
    wanted = rows.select_related("trade", "pair__sneaker").prefetch_related("pair__pictures").order_by("pk")
    while items := list(wanted[:AT_ONCE]):
        for item in items:
            item.terms = terms_of(item)
        rows.model.objects.bulk_update(items, ["terms"])


def terms_of(item):
    pair, sneaker = item.pair, item.pair.sneaker
    waits = item.trade.status == "pending" and pair.owner_id == item.giver_id
    told = waits or pair.promised_in_id == item.trade_id
    return {
        "sneaker": {
            "id": str(sneaker.pk),
            "brand": sneaker.brand,
            "name": sneaker.name,
            "style_code": sneaker.style_code,
            "colourway": sneaker.colourway,
        },
        "size": pair.size,
        "condition": pair.condition,
        "notes": pair.notes if waits else "",
        "pictures": [{"file": one.image.name, "alt": one.alt} for one in pair.pictures.all()] if told else [],
    }


class Migration(migrations.Migration):
    dependencies = [("community", "0019_frozen_terms")]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
