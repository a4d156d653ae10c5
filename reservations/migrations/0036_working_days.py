import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('reservations', '0035_events_set_aside'),
    ]

    operations = [
        pgtrigger.migrations.RemoveTrigger(
            model_name='shippingrate',
            name='insert_insert',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='shippingrate',
            name='update_update',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='shippingrate',
            name='delete_delete',
        ),
        migrations.AddField(
            model_name='shippingrate',
            name='least_days',
            field=models.PositiveSmallIntegerField(blank=True, null=True, verbose_name='least working days'),
        ),
        migrations.AddField(
            model_name='shippingrate',
            name='most_days',
            field=models.PositiveSmallIntegerField(blank=True, help_text='Until the parcel is there. Shoppers are told the last day.', null=True, verbose_name='most working days'),
        ),
        migrations.AddField(
            model_name='shippingrateevent',
            name='least_days',
            field=models.PositiveSmallIntegerField(blank=True, null=True, verbose_name='least working days'),
        ),
        migrations.AddField(
            model_name='shippingrateevent',
            name='most_days',
            field=models.PositiveSmallIntegerField(blank=True, help_text='Until the parcel is there. Shoppers are told the last day.', null=True, verbose_name='most working days'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='shippingrate',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "reservations_shippingrateevent" ("amount", "country", "currency", "id", "least_days", "most_days", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "up_to_grams") VALUES (NEW."amount", NEW."country", NEW."currency", NEW."id", NEW."least_days", NEW."most_days", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."up_to_grams"); RETURN NULL;', hash='c8a9f55406704fd3db0b72011b5cf8378d9ff1e7', operation='INSERT', pgid='pgtrigger_insert_insert_04d5e', table='reservations_shippingrate', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='shippingrate',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='INSERT INTO "reservations_shippingrateevent" ("amount", "country", "currency", "id", "least_days", "most_days", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "up_to_grams") VALUES (NEW."amount", NEW."country", NEW."currency", NEW."id", NEW."least_days", NEW."most_days", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."up_to_grams"); RETURN NULL;', hash='caea6830cb2b7d48ee52a233a1dcfd46374c70af', operation='UPDATE', pgid='pgtrigger_update_update_4bbd7', table='reservations_shippingrate', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='shippingrate',
            trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "reservations_shippingrateevent" ("amount", "country", "currency", "id", "least_days", "most_days", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "up_to_grams") VALUES (OLD."amount", OLD."country", OLD."currency", OLD."id", OLD."least_days", OLD."most_days", _pgh_attach_context(), NOW(), \'delete\', OLD."id", OLD."up_to_grams"); RETURN NULL;', hash='fa42988e4380a2d1b1b7c7e1036538052a2cc9e2', operation='DELETE', pgid='pgtrigger_delete_delete_dc8f6', table='reservations_shippingrate', when='AFTER')),
        ),
        migrations.AddConstraint(
            model_name='shippingrate',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('least_days', None), ('most_days', None)), models.Q(('least_days__gte', 1), ('least_days__isnull', False), ('least_days__lte', models.F('most_days')), ('most_days__isnull', False), ('most_days__lte', 120)), _connector='OR'), name='shipping_rate_days', violation_error_message='Give the least and the most working days, 1 to 120, or neither.'),
        ),
    ]
