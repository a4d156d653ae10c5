"""Sizes get their one spelling (S6). What cannot be read stays as it was written; of two that become one, one stays."""

from django.db import migrations

from drops.sizes.labels import in_order
from drops.sizes.values import InvalidSize, read_size

ONE_SIZE_EACH, MANY_SIZES_EACH = ("Pair", "PricePoint"), ("Want", "Restock")
ONCE = {"Follow": "follower_id", "Offer": "source_id"}  # a size stands once for each of these and a sneaker


def spelled(size, system):
    try:
        return read_size(size, system)
    except InvalidSize:
        return size


def spell(apps, schema_editor):
    for name in (*ONE_SIZE_EACH, *ONCE):
        rows = apps.get_model("community", name).objects.exclude(sneaker=None).exclude(size="")
        for size, system in rows.order_by().values_list("size", "sneaker__size_system").distinct():
            if (label := spelled(size, system)) == size:
                continue
            written = rows.filter(size=size, sneaker__size_system=system)
            if name in ONCE:
                said = set(rows.filter(size=label).values_list(ONCE[name], "sneaker_id"))
                for row in written:
                    if (getattr(row, ONCE[name]), row.sneaker_id) in said:
                        row.delete()
            written.update(size=label)
    for name in MANY_SIZES_EACH:
        for row in apps.get_model("community", name).objects.exclude(sizes=[]).select_related("sneaker").iterator():
            labels = in_order(spelled(size, row.sneaker.size_system) for size in row.sizes)
            if labels != row.sizes:
                row.sizes = labels
                row.save(update_fields=["sizes"])


class Migration(migrations.Migration):
    dependencies = [("community", "0014_forget_sightings_by_age"), ("drops", "0004_sizes_are_values")]

    operations = [migrations.RunPython(spell, migrations.RunPython.noop)]
