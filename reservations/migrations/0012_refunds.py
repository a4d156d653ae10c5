"""New tables and columns, without reading what is there; the constraints of the older tables follow in 0013."""

import django.db.models.deletion
import django.db.models.functions.datetime
import uuid
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('reservations', '0011_parcels'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Chargeback',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('amount', models.PositiveBigIntegerField(help_text='In minor units.')),
                ('currency', models.CharField(max_length=3)),
                ('status', models.CharField(choices=[('taken', 'Taken back by the bank'), ('won', 'Won: the money is ours again'), ('above', 'Reported above the capture, not booked')], max_length=10)),
                ('reference', models.CharField(max_length=200, unique=True, verbose_name="provider's reference")),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('settled_at', models.DateTimeField(blank=True, null=True, verbose_name='won')),
            ],
            options={
                'ordering': ('-created_at', '-id'),
            },
        ),
        migrations.CreateModel(
            name='Refund',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('n', models.PositiveSmallIntegerField(verbose_name='number')),
                ('amount', models.PositiveBigIntegerField(help_text='In minor units.')),
                ('currency', models.CharField(max_length=3)),
                ('source', models.CharField(choices=[('staff', 'Staff'), ('provider', 'Made at the provider'), ('withdrawal', 'Withdrawal')], default='staff', max_length=10)),
                ('status', models.CharField(choices=[('waiting', 'Waits for approval'), ('approved', 'To be sent'), ('sent', 'Sent'), ('refused', 'Refused by the bank'), ('called_off', 'Called off'), ('above', 'Reported above the capture, not booked')], max_length=10)),
                ('reason', models.CharField(blank=True, max_length=300)),
                ('reference', models.CharField(blank=True, max_length=200, verbose_name="provider's reference")),
                ('note', models.CharField(blank=True, max_length=300, verbose_name='what happened')),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('settled_at', models.DateTimeField(blank=True, null=True)),
                ('retry_at', models.DateTimeField(blank=True, null=True, verbose_name='next try')),
                ('tries', models.SmallIntegerField(db_default=0, default=0, verbose_name='tries so far')),
            ],
            options={
                'ordering': ('-created_at', '-id'),
                'permissions': (('refund', 'Can give money back, approve refunds and cancel orders'),),
            },
        ),
        migrations.CreateModel(
            name='TestRefund',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('key', models.CharField(max_length=200, unique=True, verbose_name='idempotency key')),
                ('amount', models.PositiveBigIntegerField()),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
        ),
        migrations.AddField(
            model_name='ledgertransfer',
            name='cause',
            field=models.CharField(blank=True, db_default='', default='', max_length=240),
        ),
        migrations.AddField(
            model_name='payment',
            name='charged_back',
            field=models.BigIntegerField(db_default=0, default=0, verbose_name="taken back by the shopper's bank"),
        ),
        migrations.AddField(
            model_name='payment',
            name='refunded',
            field=models.BigIntegerField(db_default=0, default=0, verbose_name='refunds, also those on their way'),
        ),
        migrations.AlterField(
            model_name='ledgertransfer',
            name='kind',
            field=models.CharField(choices=[('authorised', 'Authorised'), ('captured', 'Captured'), ('voided', 'Voided'), ('refunded', 'Refunded'), ('charged_back', 'Charged back'), ('won_back', 'Chargeback won'), ('fee', 'Fee')], max_length=12),
        ),
        migrations.AddField(
            model_name='chargeback',
            name='purchase',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='chargebacks', to='reservations.purchase', verbose_name='order'),
        ),
        migrations.AddField(
            model_name='refund',
            name='approved_by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='refund',
            name='by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='asked by'),
        ),
        migrations.AddField(
            model_name='refund',
            name='purchase',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='refunds', to='reservations.purchase', verbose_name='order'),
        ),
        migrations.AddField(
            model_name='testrefund',
            name='charge',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='refunds', to='reservations.testcharge'),
        ),
        migrations.AddConstraint(
            model_name='chargeback',
            constraint=models.CheckConstraint(condition=models.Q(('amount__gt', 0), models.Q(('reference', ''), _negated=True)), name='chargeback_moves_money'),
        ),
        migrations.AddConstraint(
            model_name='chargeback',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('settled_at', None), ('status__in', ['taken', 'above'])), models.Q(('settled_at__isnull', False), ('status', 'won')), _connector='OR'), name='chargeback_taken_or_won'),
        ),
        migrations.AddIndex(
            model_name='refund',
            index=models.Index(condition=models.Q(('status', 'approved')), fields=['retry_at'], name='refund_due'),
        ),
        migrations.AddConstraint(
            model_name='refund',
            constraint=models.UniqueConstraint(fields=('purchase', 'n'), name='refund_number_once_per_order'),
        ),
        migrations.AddConstraint(
            model_name='refund',
            constraint=models.UniqueConstraint(condition=models.Q(('reference', ''), _negated=True), fields=('reference',), name='refund_reference_once'),
        ),
        migrations.AddConstraint(
            model_name='refund',
            constraint=models.CheckConstraint(condition=models.Q(('amount__gt', 0)), name='refund_moves_money'),
        ),
        migrations.AddConstraint(
            model_name='refund',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('retry_at__isnull', False), ('status', 'approved')), models.Q(models.Q(('status', 'approved'), _negated=True), ('retry_at', None)), _connector='OR'), name='refund_is_tried_while_it_is_to_be_sent'),
        ),
        migrations.AddConstraint(
            model_name='refund',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('settled_at', None), ('status__in', ['waiting', 'approved', 'above'])), models.Q(('settled_at__isnull', False), ('status__in', ['sent', 'refused', 'called_off'])), _connector='OR'), name='refund_is_open_or_settled'),
        ),
        migrations.AddConstraint(
            model_name='refund',
            constraint=models.CheckConstraint(condition=models.Q(('approved_by', None), ('by', None), models.Q(('approved_by', models.F('by')), _negated=True), _connector='OR'), name='refund_approved_by_another'),
        ),
    ]
