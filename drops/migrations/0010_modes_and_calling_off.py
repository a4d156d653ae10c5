"""Drops that there are are first come, first served, and were not called off. Adding the columns rewrites no table."""

import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('drops', '0009_size_in_its_drop'),
    ]

    operations = [
        migrations.AlterModelOptions(
            name='drop',
            options={'ordering': ('starts_at', 'id'), 'permissions': (('publish_drop', 'Can publish a drop'), ('end_drop', 'Can end a drop now'), ('call_off_drop', 'Can call a drop off'), ('adjust_stock', 'Can adjust the stock of a drop'))},
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='drop',
            name='insert_insert',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='drop',
            name='update_update',
        ),
        migrations.AddField(
            model_name='drop',
            name='called_off_at',
            field=models.DateTimeField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name='drop',
            name='called_off_because',
            field=models.CharField(blank=True, db_default='', default='', editable=False, max_length=300),
        ),
        migrations.AddField(
            model_name='drop',
            name='mode',
            field=models.CharField(choices=[('first_come', 'First come, first served'), ('queue', 'Queue: a random place at the start, then in order'), ('draw', 'Draw: entries until it closes, then a random order')], db_default='first_come', default='first_come', max_length=10),
        ),
        migrations.AddField(
            model_name='dropevent',
            name='called_off_at',
            field=models.DateTimeField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name='dropevent',
            name='called_off_because',
            field=models.CharField(blank=True, db_default='', default='', editable=False, max_length=300),
        ),
        migrations.AddField(
            model_name='dropevent',
            name='mode',
            field=models.CharField(choices=[('first_come', 'First come, first served'), ('queue', 'Queue: a random place at the start, then in order'), ('draw', 'Draw: entries until it closes, then a random order')], db_default='first_come', default='first_come', max_length=10),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='drop',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "drops_dropevent" ("access", "called_off_at", "called_off_because", "cooldown_seconds", "currency", "ends_at", "hold_seconds", "id", "lapses_allowed", "limit_per_address", "limit_per_member", "max_extensions", "min_karma", "mode", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "price", "published", "slug", "sneaker_id", "starts_at", "time_zone", "title", "weight") VALUES (NEW."access", NEW."called_off_at", NEW."called_off_because", NEW."cooldown_seconds", NEW."currency", NEW."ends_at", NEW."hold_seconds", NEW."id", NEW."lapses_allowed", NEW."limit_per_address", NEW."limit_per_member", NEW."max_extensions", NEW."min_karma", NEW."mode", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."price", NEW."published", NEW."slug", NEW."sneaker_id", NEW."starts_at", NEW."time_zone", NEW."title", NEW."weight"); RETURN NULL;', hash='b51a42a6f3e990c01418635152292e2202ac7757', operation='INSERT', pgid='pgtrigger_insert_insert_ba0d1', table='drops_drop', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='drop',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."access" IS DISTINCT FROM (NEW."access") OR OLD."called_off_at" IS DISTINCT FROM (NEW."called_off_at") OR OLD."called_off_because" IS DISTINCT FROM (NEW."called_off_because") OR OLD."cooldown_seconds" IS DISTINCT FROM (NEW."cooldown_seconds") OR OLD."currency" IS DISTINCT FROM (NEW."currency") OR OLD."ends_at" IS DISTINCT FROM (NEW."ends_at") OR OLD."hold_seconds" IS DISTINCT FROM (NEW."hold_seconds") OR OLD."id" IS DISTINCT FROM (NEW."id") OR OLD."lapses_allowed" IS DISTINCT FROM (NEW."lapses_allowed") OR OLD."limit_per_address" IS DISTINCT FROM (NEW."limit_per_address") OR OLD."limit_per_member" IS DISTINCT FROM (NEW."limit_per_member") OR OLD."max_extensions" IS DISTINCT FROM (NEW."max_extensions") OR OLD."min_karma" IS DISTINCT FROM (NEW."min_karma") OR OLD."mode" IS DISTINCT FROM (NEW."mode") OR OLD."price" IS DISTINCT FROM (NEW."price") OR OLD."published" IS DISTINCT FROM (NEW."published") OR OLD."slug" IS DISTINCT FROM (NEW."slug") OR OLD."sneaker_id" IS DISTINCT FROM (NEW."sneaker_id") OR OLD."starts_at" IS DISTINCT FROM (NEW."starts_at") OR OLD."time_zone" IS DISTINCT FROM (NEW."time_zone") OR OLD."title" IS DISTINCT FROM (NEW."title") OR OLD."weight" IS DISTINCT FROM (NEW."weight"))', func='INSERT INTO "drops_dropevent" ("access", "called_off_at", "called_off_because", "cooldown_seconds", "currency", "ends_at", "hold_seconds", "id", "lapses_allowed", "limit_per_address", "limit_per_member", "max_extensions", "min_karma", "mode", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "price", "published", "slug", "sneaker_id", "starts_at", "time_zone", "title", "weight") VALUES (NEW."access", NEW."called_off_at", NEW."called_off_because", NEW."cooldown_seconds", NEW."currency", NEW."ends_at", NEW."hold_seconds", NEW."id", NEW."lapses_allowed", NEW."limit_per_address", NEW."limit_per_member", NEW."max_extensions", NEW."min_karma", NEW."mode", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."price", NEW."published", NEW."slug", NEW."sneaker_id", NEW."starts_at", NEW."time_zone", NEW."title", NEW."weight"); RETURN NULL;', hash='b5748d5bf258e1a3bdc3b486d564b17ab8357806', operation='UPDATE', pgid='pgtrigger_update_update_6d0b5', table='drops_drop', when='AFTER')),
        ),
        migrations.AddConstraint(
            model_name='drop',
            constraint=models.CheckConstraint(condition=models.Q(('mode__in', ['first_come', 'queue', 'draw'])), name='drop_mode_known'),
        ),
        migrations.AddConstraint(
            model_name='drop',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('called_off_at', None), ('called_off_because', '')), models.Q(('called_off_at__isnull', False), models.Q(('called_off_because', ''), _negated=True)), _connector='OR'), name='drop_called_off_for_a_reason'),
        ),
    ]
