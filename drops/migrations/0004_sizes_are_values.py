"""Sizes get their one spelling (S6). What cannot be read, or would stand twice in a drop, stays as it was written."""

from django.db import migrations, models

from drops.sizes.values import InvalidSize, SizeSystem, read_size

SYSTEMS = {name.casefold().replace("'", "").replace("’", ""): name for name in SizeSystem.values} | {
    "us": SizeSystem.US_MEN,
    "us men": SizeSystem.US_MEN,
    "us women": SizeSystem.US_WOMEN,
    "us youth (gs)": SizeSystem.US_YOUTH,
    "eur": SizeSystem.EU,
    "jp": SizeSystem.CM,
}


def spell(apps, schema_editor):
    Sneaker, Size = apps.get_model("drops", "Sneaker"), apps.get_model("drops", "Size")
    for sneaker in Sneaker.objects.exclude(size_system__in=SizeSystem.values).only("size_system"):
        known = SYSTEMS.get(" ".join(sneaker.size_system.casefold().replace("'", "").replace("’", "").split()))
        if known:
            sneaker.size_system = known
            sneaker.save(update_fields=["size_system"])
    taken = {(size.drop_id, size.label) for size in Size.objects.only("drop_id", "label")}
    for size in Size.objects.select_related("drop__sneaker").only("label", "drop__sneaker__size_system"):
        try:
            label = read_size(size.label, size.drop.sneaker.size_system)
        except InvalidSize:
            continue
        if (size.drop_id, label) not in taken:
            taken.add((size.drop_id, label))
            Size.objects.filter(pk=size.pk).update(label=label)


class Migration(migrations.Migration):
    dependencies = [("drops", "0003_drop_min_karma")]

    operations = [
        migrations.AlterField(
            "sneaker", "size_system", models.CharField(choices=SizeSystem.choices, default="US men's", max_length=40)
        ),
        migrations.RunPython(spell, migrations.RunPython.noop),
    ]
