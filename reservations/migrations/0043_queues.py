"""Queues of drops: how each is run, the places in it, which cannot win, and what staff did. New tables alone."""

import django.contrib.postgres.fields
import django.core.validators
import django.db.models.deletion
import django.db.models.functions.datetime
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('drops', '0010_modes_and_calling_off'),
        ('reservations', '0042_sealed_seeds'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='DropQueue',
            fields=[
                ('drop', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, primary_key=True, related_name='queue', serialize=False, to='drops.drop')),
                ('turn_seconds', models.PositiveSmallIntegerField(default=300, help_text='For which somebody who is let in may choose.', validators=[django.core.validators.MinValueValidator(30), django.core.validators.MaxValueValidator(3600)])),
                ('per_minute', models.PositiveIntegerField(blank=True, help_text='Empty: as many as the stock allows.', null=True, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(100000)], verbose_name='let in per minute, at most')),
                ('on_hold_at', models.DateTimeField(blank=True, null=True, verbose_name='on hold since')),
                ('drained_at', models.DateTimeField(blank=True, null=True, verbose_name='closed to new arrivals since')),
                ('word', models.CharField(blank=True, db_default='', default='', max_length=300, verbose_name='word to those waiting')),
                ('word_at', models.DateTimeField(blank=True, null=True)),
                ('promised_at', models.DateTimeField(null=True)),
                ('promised_place', models.PositiveIntegerField(db_default=0, default=0)),
                ('promised_per_minute', models.FloatField(db_default=0, default=0)),
                ('later_at', models.DateTimeField(null=True, verbose_name='later than promised since')),
                ('later_because', models.CharField(blank=True, db_default='', default='', max_length=300)),
                ('finished_at', models.DateTimeField(null=True)),
            ],
            options={
                'permissions': (('run_queue', 'Can run a queue'),),
                'constraints': [models.CheckConstraint(condition=models.Q(('turn_seconds__range', (30, 3600))), name='queue_turn_30_s_to_an_hour'), models.CheckConstraint(condition=models.Q(('per_minute', None), ('per_minute__range', (1, 100000)), _connector='OR'), name='queue_lets_in_at_least_one'), models.CheckConstraint(condition=models.Q(models.Q(('later_at', None), ('later_because', '')), models.Q(('later_at__isnull', False), models.Q(('later_because', ''), _negated=True)), _connector='OR'), name='queue_is_later_for_a_reason')],
            },
        ),
        migrations.CreateModel(
            name='QueueDeed',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('rate', 'Rate'), ('turn', 'Length of a turn'), ('hold', 'Put on hold'), ('go_on', 'Went on'), ('word', 'Word to those waiting'), ('drain', 'Closed to new arrivals')], max_length=5)),
                ('was', models.CharField(blank=True, max_length=300)),
                ('to', models.CharField(blank=True, max_length=300)),
                ('reason', models.CharField(max_length=300)),
                ('at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('drop', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='queue_deeds', to='drops.drop')),
            ],
            options={
                'ordering': ('-id',),
                'default_permissions': ('view',),
            },
        ),
        migrations.CreateModel(
            name='QueuePlace',
            fields=[
                ('number', models.BigAutoField(primary_key=True, serialize=False)),
                ('arrived_at', models.DateTimeField()),
                ('sizes', django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), default=list, help_text='Their ids, in order of preference.', size=None)),
                ('admitted_at', models.DateTimeField(blank=True, null=True)),
                ('admitted_until', models.DateTimeField(blank=True, null=True)),
                ('ended_at', models.DateTimeField(blank=True, null=True)),
                ('ending', models.CharField(blank=True, choices=[('left', 'Left'), ('lapsed', 'Let the turn pass'), ('done', 'Took a pair')], db_default='', default='', max_length=6)),
                ('told', models.BooleanField(db_default=False, default=False, editable=False, verbose_name='told of the turn')),
                ('changed', models.BigIntegerField(editable=False, null=True)),
                ('drop', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='queue_places', to='drops.drop')),
                ('member', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='queue_places', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ('number',),
            },
        ),
        migrations.CreateModel(
            name='QueueVerdict',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('from_place', models.PositiveIntegerField(null=True)),
                ('left', models.PositiveIntegerField()),
                ('held', models.PositiveIntegerField()),
                ('let_in', models.PositiveIntegerField(verbose_name='in their turn, without a pair')),
                ('at', models.DateTimeField()),
                ('drop', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='queue_verdicts', to='drops.drop')),
            ],
            options={
                'ordering': ('id',),
                'default_permissions': ('view',),
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='queuedeed',
            trigger=pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='5b5935e7ce751dff2da1a98e5f8f6bcd375c6ff6', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_6580d', table='reservations_queuedeed', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='queuedeed',
            trigger=pgtrigger.compiler.Trigger(name='never_emptied', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'Cannot truncate the % table', TG_TABLE_NAME;", hash='1358ea97ea459c8d540c620a3a9c33a443613634', level='STATEMENT', operation='TRUNCATE', pgid='pgtrigger_never_emptied_47d1d', table='reservations_queuedeed', when='BEFORE')),
        ),
        migrations.AddIndex(
            model_name='queueplace',
            index=models.Index(fields=['drop', 'number'], name='queue_place_by_arrival'),
        ),
        migrations.AddIndex(
            model_name='queueplace',
            index=models.Index(condition=models.Q(('changed__isnull', False)), fields=['drop', 'changed'], name='queue_place_by_change'),
        ),
        migrations.AddIndex(
            model_name='queueplace',
            index=models.Index(fields=['member', 'drop'], name='queue_place_of_member'),
        ),
        migrations.AddIndex(
            model_name='queueplace',
            index=models.Index(condition=models.Q(('admitted_at__isnull', False)), fields=['drop', 'admitted_at'], name='queue_place_admitted'),
        ),
        migrations.AddIndex(
            model_name='queueplace',
            index=models.Index(condition=models.Q(('admitted_at__isnull', False), ('told', False)), fields=['number'], name='queue_place_untold'),
        ),
        migrations.AddConstraint(
            model_name='queueplace',
            constraint=models.UniqueConstraint(condition=models.Q(('ended_at', None)), fields=('drop', 'member'), name='queue_place_one_open_per_member_and_drop'),
        ),
        migrations.AddConstraint(
            model_name='queueplace',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('admitted_at', None), ('admitted_until', None)), ('admitted_until__gt', models.F('admitted_at')), _connector='OR'), name='queue_place_admitted_until_later'),
        ),
        migrations.AddConstraint(
            model_name='queueplace',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('ended_at', None), ('ending', '')), models.Q(('ended_at__isnull', False), ('ending__in', ['left', 'lapsed', 'done'])), _connector='OR'), name='queue_place_ends_in_some_way'),
        ),
        migrations.AddConstraint(
            model_name='queueplace',
            constraint=models.CheckConstraint(condition=models.Q(('ending__in', ['', 'left']), ('admitted_at__isnull', False), _connector='OR'), name='queue_place_had_a_turn'),
        ),
        migrations.AddIndex(
            model_name='queueverdict',
            index=models.Index(fields=['drop', 'id'], name='queue_verdict_of_drop'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='queueverdict',
            trigger=pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='e4c6b45b95e35a2713c5efb9ae8bdcb9e4011fbb', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_99d01', table='reservations_queueverdict', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='queueverdict',
            trigger=pgtrigger.compiler.Trigger(name='never_emptied', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'Cannot truncate the % table', TG_TABLE_NAME;", hash='fb52bef8d102fce5b3140713ad8737c28a2fa390', level='STATEMENT', operation='TRUNCATE', pgid='pgtrigger_never_emptied_46804', table='reservations_queueverdict', when='BEFORE')),
        ),
    ]
