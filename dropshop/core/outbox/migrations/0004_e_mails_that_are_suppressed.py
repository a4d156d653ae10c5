"""In steps of their own: what reads all e-mails stops nobody who writes one meanwhile."""

from django.contrib.postgres.operations import AddConstraintNotValid, ValidateConstraint
from django.db import migrations, models


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('outbox', '0003_addresses_that_take_no_e_mails'),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='email',
            name='email_status_known',
        ),
        migrations.RemoveConstraint(
            model_name='email',
            name='email_not_sent_for_a_reason',
        ),
        migrations.AlterField(
            model_name='email',
            name='status',
            field=models.CharField(choices=[('waiting', 'Waits to be sent'), ('sent', 'Sent'), ('shown', "Shown in the demo's mailbox"), ('failed', 'Could not be sent'), ('called_off', 'Called off'), ('suppressed', 'Not sent: the address takes none')], default='waiting', max_length=10),
        ),
        AddConstraintNotValid(
            model_name='email',
            constraint=models.CheckConstraint(condition=models.Q(('status__in', ['waiting', 'sent', 'shown', 'failed', 'called_off', 'suppressed'])), name='email_status_known'),
        ),
        AddConstraintNotValid(
            model_name='email',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('status__in', ['failed', 'called_off', 'suppressed']), _negated=True), models.Q(('error', ''), _negated=True), _connector='OR'), name='email_not_sent_for_a_reason'),
        ),
        ValidateConstraint(
            model_name='email',
            name='email_status_known',
        ),
        ValidateConstraint(
            model_name='email',
            name='email_not_sent_for_a_reason',
        ),
    ]
