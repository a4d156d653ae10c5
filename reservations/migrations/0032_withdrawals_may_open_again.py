"""The trigger that lets a withdrawal stand lets it be open again, where money that had settled it has come back."""

import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('reservations', '0031_withdrawals_open_again'),
    ]

    operations = [
        pgtrigger.migrations.RemoveTrigger(
            model_name='withdrawal',
            name='statement_stands',
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='withdrawal',
            trigger=pgtrigger.compiler.Trigger(name='statement_stands', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n    IF TG_OP = 'UPDATE'\n       AND to_jsonb(NEW) - '{settled_at,settled_by_id,note,member_left,name,email}'::text[]\n         = to_jsonb(OLD) - '{settled_at,settled_by_id,note,member_left,name,email}'::text[]\n       AND (OLD.settled_at IS NULL\n            OR ((NEW.settled_at, NEW.settled_by_id) IS NOT DISTINCT FROM (OLD.settled_at, OLD.settled_by_id)\n                AND NEW.note IN (OLD.note, ''))\n            OR (NEW.settled_at IS NULL AND NEW.settled_by_id IS NULL AND NEW.note <> '' AND NEW.member_left = OLD.member_left\n                AND (EXISTS (SELECT FROM reservations_refund AS refund WHERE refund.purchase_id = OLD.purchase_id\n                              AND refund.status = 'failed' AND refund.settled_at >= OLD.settled_at)\n                     OR EXISTS (SELECT FROM reservations_chargeback AS back WHERE back.purchase_id = OLD.purchase_id\n                                 AND back.status = 'won' AND back.settled_at >= OLD.settled_at))))\n       AND ((NEW.name, NEW.email) IS NOT DISTINCT FROM (OLD.name, OLD.email)\n            OR (NEW.name IS NULL AND NEW.email IS NULL AND NEW.settled_at IS NOT NULL)\n            OR (current_setting('dropshop.rotates_keys', true) = 'on'\n                AND ((OLD.name IS NULL) = (NEW.name IS NULL)) AND ((OLD.email IS NULL) = (NEW.email IS NULL))))\n    THEN RETURN NEW; END IF;\n    RAISE EXCEPTION 'A withdrawal stands as it was stated.';\n    ", hash='952878d0763d0834b4eb887e08213f8fb1214f5b', operation='UPDATE OR DELETE', pgid='pgtrigger_statement_stands_26c7b', table='reservations_withdrawal', when='BEFORE')),
        ),
    ]
