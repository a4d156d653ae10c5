"""The index is built beside the running shop."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):

    atomic = False

    dependencies = [("reservations", "0022_who_settles_withdrawals")]

    operations = [
        migrations.AddField(
            model_name="payment",
            name="fee_due_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="provider's fee is asked for"),
        ),
        AddIndexConcurrently(
            model_name="payment",
            index=models.Index(
                condition=models.Q(fee_due_at__isnull=False), fields=["fee_due_at"], name="payment_fee_due"
            ),
        ),
    ]
