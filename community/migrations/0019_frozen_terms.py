"""What a pair was when it was offered stands in the offer (T2)."""

import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('community', '0018_names_look_like_no_other'),
    ]

    operations = [
        migrations.AddField(
            model_name='tradeitem',
            name='terms',
            field=models.JSONField(editable=False, help_text='See community.trades.agreed.', null=True),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='tradeitem',
            trigger=pgtrigger.compiler.Trigger(name='terms_frozen', sql=pgtrigger.compiler.UpsertTriggerSql(func="IF (NEW.trade_id, NEW.pair_id, NEW.giver_id) IS DISTINCT FROM (OLD.trade_id, OLD.pair_id, OLD.giver_id) OR (OLD.terms IS NOT NULL AND NEW.terms IS DISTINCT FROM OLD.terms AND NEW.terms IS DISTINCT FROM OLD.terms || jsonb_build_object('notes', '', 'pictures', jsonb_build_array())) THEN RAISE EXCEPTION 'the terms of an offer are frozen' USING ERRCODE = 'restrict_violation'; END IF; RETURN NEW;", hash='f3b0e542fe0500efb9a26ac4eea39c830918fb90', operation='UPDATE', pgid='pgtrigger_terms_frozen_807a0', table='community_tradeitem', when='BEFORE')),
        ),
    ]
