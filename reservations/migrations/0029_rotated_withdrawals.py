"""The trigger that lets a withdrawal stand as it was stated lets the field keys rotate."""

import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('reservations', '0028_places_of_addresses'),
    ]

    operations = [
        pgtrigger.migrations.RemoveTrigger(
            model_name='withdrawal',
            name='statement_stands',
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='withdrawal',
            trigger=pgtrigger.compiler.Trigger(name='statement_stands', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n    IF TG_OP = 'UPDATE'\n       AND to_jsonb(NEW) - '{settled_at,settled_by_id,note,member_left,name,email}'::text[]\n         = to_jsonb(OLD) - '{settled_at,settled_by_id,note,member_left,name,email}'::text[]\n       AND (OLD.settled_at IS NULL\n            OR ((NEW.settled_at, NEW.settled_by_id) IS NOT DISTINCT FROM (OLD.settled_at, OLD.settled_by_id)\n                AND NEW.note IN (OLD.note, '')))\n       AND ((NEW.name, NEW.email) IS NOT DISTINCT FROM (OLD.name, OLD.email)\n            OR (NEW.name IS NULL AND NEW.email IS NULL AND NEW.settled_at IS NOT NULL)\n            OR (current_setting('dropshop.rotates_keys', true) = 'on'\n                AND ((OLD.name IS NULL) = (NEW.name IS NULL)) AND ((OLD.email IS NULL) = (NEW.email IS NULL))))\n    THEN RETURN NEW; END IF;\n    RAISE EXCEPTION 'A withdrawal stands as it was stated.';\n    ", hash='8f2dc048c9783a6f1c37733b128d2e94f409a23d', operation='UPDATE OR DELETE', pgid='pgtrigger_statement_stands_26c7b', table='reservations_withdrawal', when='BEFORE')),
        ),
    ]
