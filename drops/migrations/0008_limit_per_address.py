"""Drops that there are have no such limit: the rules of a drop do not change once somebody may have read them (F1)."""

import django.core.validators
import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('drops', '0007_drop_weight'),
    ]

    operations = [
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
            name='limit_per_address',
            field=models.PositiveSmallIntegerField(db_default=0, default=0, help_text='Pairs that go to one address, whoever buys them and however they write it; 0: as many as are bought.', validators=[django.core.validators.MaxValueValidator(10000)]),
        ),
        migrations.AddField(
            model_name='dropevent',
            name='limit_per_address',
            field=models.PositiveSmallIntegerField(db_default=0, default=0, help_text='Pairs that go to one address, whoever buys them and however they write it; 0: as many as are bought.', validators=[django.core.validators.MaxValueValidator(10000)]),
        ),
        migrations.AlterField(
            model_name='drop',
            name='limit_per_address',
            field=models.PositiveSmallIntegerField(db_default=2, default=2, help_text='Pairs that go to one address, whoever buys them and however they write it; 0: as many as are bought.', validators=[django.core.validators.MaxValueValidator(10000)]),
        ),
        migrations.AlterField(
            model_name='dropevent',
            name='limit_per_address',
            field=models.PositiveSmallIntegerField(db_default=2, default=2, help_text='Pairs that go to one address, whoever buys them and however they write it; 0: as many as are bought.', validators=[django.core.validators.MaxValueValidator(10000)]),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='drop',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "drops_dropevent" ("access", "cooldown_seconds", "currency", "ends_at", "hold_seconds", "id", "lapses_allowed", "limit_per_address", "limit_per_member", "max_extensions", "min_karma", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "price", "published", "slug", "sneaker_id", "starts_at", "time_zone", "title", "weight") VALUES (NEW."access", NEW."cooldown_seconds", NEW."currency", NEW."ends_at", NEW."hold_seconds", NEW."id", NEW."lapses_allowed", NEW."limit_per_address", NEW."limit_per_member", NEW."max_extensions", NEW."min_karma", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."price", NEW."published", NEW."slug", NEW."sneaker_id", NEW."starts_at", NEW."time_zone", NEW."title", NEW."weight"); RETURN NULL;', hash='11f795270335fba784e1136142cbe3b901ab959b', operation='INSERT', pgid='pgtrigger_insert_insert_ba0d1', table='drops_drop', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='drop',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."access" IS DISTINCT FROM (NEW."access") OR OLD."cooldown_seconds" IS DISTINCT FROM (NEW."cooldown_seconds") OR OLD."currency" IS DISTINCT FROM (NEW."currency") OR OLD."ends_at" IS DISTINCT FROM (NEW."ends_at") OR OLD."hold_seconds" IS DISTINCT FROM (NEW."hold_seconds") OR OLD."id" IS DISTINCT FROM (NEW."id") OR OLD."lapses_allowed" IS DISTINCT FROM (NEW."lapses_allowed") OR OLD."limit_per_address" IS DISTINCT FROM (NEW."limit_per_address") OR OLD."limit_per_member" IS DISTINCT FROM (NEW."limit_per_member") OR OLD."max_extensions" IS DISTINCT FROM (NEW."max_extensions") OR OLD."min_karma" IS DISTINCT FROM (NEW."min_karma") OR OLD."price" IS DISTINCT FROM (NEW."price") OR OLD."published" IS DISTINCT FROM (NEW."published") OR OLD."slug" IS DISTINCT FROM (NEW."slug") OR OLD."sneaker_id" IS DISTINCT FROM (NEW."sneaker_id") OR OLD."starts_at" IS DISTINCT FROM (NEW."starts_at") OR OLD."time_zone" IS DISTINCT FROM (NEW."time_zone") OR OLD."title" IS DISTINCT FROM (NEW."title") OR OLD."weight" IS DISTINCT FROM (NEW."weight"))', func='INSERT INTO "drops_dropevent" ("access", "cooldown_seconds", "currency", "ends_at", "hold_seconds", "id", "lapses_allowed", "limit_per_address", "limit_per_member", "max_extensions", "min_karma", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "price", "published", "slug", "sneaker_id", "starts_at", "time_zone", "title", "weight") VALUES (NEW."access", NEW."cooldown_seconds", NEW."currency", NEW."ends_at", NEW."hold_seconds", NEW."id", NEW."lapses_allowed", NEW."limit_per_address", NEW."limit_per_member", NEW."max_extensions", NEW."min_karma", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."price", NEW."published", NEW."slug", NEW."sneaker_id", NEW."starts_at", NEW."time_zone", NEW."title", NEW."weight"); RETURN NULL;', hash='1b5dcb8c95f489aa92be9494c0930bb7af231a45', operation='UPDATE', pgid='pgtrigger_update_update_6d0b5', table='drops_drop', when='AFTER')),
        ),
    ]
