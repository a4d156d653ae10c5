"""The seed of each drop. Drops that are published already get theirs when it is first asked for."""

import django.db.models.deletion
import django.db.models.functions.datetime
import dropshop.core.encrypted
import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('drops', '0010_modes_and_calling_off'),
        ('reservations', '0041_ledger_checked_by_transfer'),
    ]

    operations = [
        migrations.CreateModel(
            name='DropSeed',
            fields=[
                ('drop', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, primary_key=True, related_name='seed', serialize=False, to='drops.drop')),
                ('encrypted', dropshop.core.encrypted.EncryptedJSONField()),
                ('commitment', models.CharField(max_length=64, verbose_name='SHA-256 of the seed')),
                ('sealed_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('revealed_at', models.DateTimeField(null=True)),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('commitment__regex', '^[0-9a-f]{64}$')), name='seed_commitment_is_sha256'), models.CheckConstraint(condition=models.Q(('revealed_at', None), ('revealed_at__gte', models.F('sealed_at')), _connector='OR'), name='seed_revealed_after_sealed')],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='dropseed',
            trigger=pgtrigger.compiler.Trigger(name='sealed', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n    IF TG_OP = 'UPDATE'\n       AND to_jsonb(NEW) - '{revealed_at,encrypted}'::text[] = to_jsonb(OLD) - '{revealed_at,encrypted}'::text[]\n       AND (OLD.revealed_at IS NULL OR NEW.revealed_at = OLD.revealed_at)\n       AND (NEW.encrypted = OLD.encrypted OR current_setting('dropshop.rotates_keys', true) = 'on')\n    THEN RETURN NEW; END IF;\n    RAISE EXCEPTION 'A seed stays as it was sealed.';\n    ", hash='c55ad8a7f2f91a559cd54163a36d027091fa7187', operation='UPDATE OR DELETE', pgid='pgtrigger_sealed_f4a2b', table='reservations_dropseed', when='BEFORE')),
        ),
    ]
