"""Who follows and who looks for something is read in the order of the members; notices are forgotten by age."""

import django.db.models.deletion
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models
from django.db.models import Q

INDEXES = {
    "follow": [
        models.Index(condition=Q(store__isnull=False), fields=["store", "follower"], name="follow_of_store"),
        models.Index(condition=Q(sneaker__isnull=False), fields=["sneaker", "follower"], name="follow_of_sneaker"),
    ],
    "want": [models.Index(fields=["sneaker", "member"], name="want_of_sneaker")],
    "notice": [
        models.Index(condition=Q(read_at__isnull=False), fields=["read_at"], name="notice_read"),
        models.Index(condition=Q(read_at=None), fields=["created_at"], name="notice_unread_age"),
    ],
}


class Migration(migrations.Migration):
    atomic = False  # the tables stay open meanwhile
    dependencies = [("community", "0022_tellings"), ("drops", "0004_sizes_are_values")]

    operations = [
        *(AddIndexConcurrently(model_name=model, index=index) for model, indexes in INDEXES.items() for index in indexes),
        # The keys' own indexes begin as these do.
        migrations.AlterField(
            model_name="follow",
            name="sneaker",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="followers",
                to="drops.sneaker",
            ),
        ),
        migrations.AlterField(
            model_name="follow",
            name="store",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="followers",
                to="community.store",
            ),
        ),
        migrations.AlterField(
            model_name="want",
            name="sneaker",
            field=models.ForeignKey(
                db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name="wants", to="drops.sneaker"
            ),
        ),
    ]
