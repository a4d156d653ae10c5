"""The index that keeps a member's requests for a drop from being two is asked by member: those by drop hold a crowd."""

from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):

    dependencies = [
        ('reservations', '0047_requests_by_status'),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='purchaserequest',
            name='request_one_per_member_and_drop',
        ),
        migrations.AddConstraint(
            model_name='purchaserequest',
            constraint=models.UniqueConstraint(
                condition=Q(status__in=['entered', 'in_queue', 'processing_payment', 'success']),
                fields=('member', 'drop'),
                name='request_one_per_member_and_drop',
            ),
        ),
    ]
