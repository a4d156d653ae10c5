"""Cards that members keep for next time."""

import django.db.models.deletion
import django.db.models.functions.datetime
import uuid
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('reservations', '0029_rotated_withdrawals'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='SavedMethod',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('provider', models.CharField(max_length=20)),
                ('entered', models.CharField(blank=True, max_length=200, verbose_name="provider's token for one use")),
                ('token', models.CharField(blank=True, max_length=200, verbose_name="provider's token")),
                ('reference', models.CharField(blank=True, max_length=200, verbose_name="provider's reference of the set-up")),
                ('confirm_url', models.TextField(blank=True, verbose_name='where it is confirmed')),
                ('brand', models.CharField(blank=True, max_length=40)),
                ('last_four', models.CharField(blank=True, max_length=4)),
                ('expiry_month', models.SmallIntegerField(null=True)),
                ('expiry_year', models.SmallIntegerField(null=True)),
                ('status', models.CharField(choices=[('setting_up', 'The provider is asked'), ('confirming', "Waits for the member's confirmation"), ('ready', 'Ready'), ('declined', 'Declined'), ('removing', 'Removed here, and soon at the provider')], default='setting_up', max_length=10)),
                ('note', models.CharField(blank=True, max_length=300, verbose_name='what happened')),
                ('is_default', models.BooleanField(db_default=False, default=False, verbose_name='used first')),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('retry_at', models.DateTimeField(null=True, verbose_name='next try')),
                ('tries', models.SmallIntegerField(db_default=0, default=0)),
                ('member', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='payment_methods', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ('-is_default', '-created_at', 'id'),
                'indexes': [models.Index(condition=models.Q(('retry_at__isnull', False)), fields=['retry_at'], name='saved_method_due'), models.Index(condition=models.Q(('status', 'declined')), fields=['created_at'], name='saved_method_to_forget')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('is_default', True)), fields=('member',), name='saved_method_one_used_first'), models.CheckConstraint(condition=models.Q(('status__in', ['setting_up', 'confirming', 'ready', 'declined', 'removing'])), name='saved_method_status_known'), models.CheckConstraint(condition=models.Q(('is_default', False), ('status', 'ready'), _connector='OR'), name='saved_method_used_first_is_ready'), models.CheckConstraint(condition=models.Q(('status', 'ready'), ('token', ''), _negated=True), name='saved_method_ready_has_its_token'), models.CheckConstraint(condition=models.Q(models.Q(('retry_at', None), ('status__in', ['ready', 'declined'])), models.Q(models.Q(('status__in', ['ready', 'declined']), _negated=True), ('retry_at__isnull', False)), _connector='OR'), name='saved_method_tried_until_done')],
            },
        ),
    ]
