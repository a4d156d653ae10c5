"""What a reading does not say is remembered: how often it was missing, and whether the list is ever longer."""
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('community', '0020_fill_frozen_terms'),
    ]

    operations = [
        migrations.AddField(
            model_name='offer',
            name='is_announcement',
            field=models.BooleanField(db_default=False, default=False, help_text='An entry that tells news once: that it leaves the list says nothing.'),
        ),
        migrations.AddField(
            model_name='offer',
            name='missed',
            field=models.PositiveSmallIntegerField(db_default=0, default=0, help_text='Readings in a row in which the store should have said that it is in, and did not.'),
        ),
        migrations.AddField(
            model_name='offer',
            name='since',
            field=models.PositiveIntegerField(db_default=0, default=0, help_text="At which of the source's readings it was first seen."),
        ),
        migrations.AddField(
            model_name='source',
            name='most_listed',
            field=models.PositiveIntegerField(db_default=0, default=0, editable=False, help_text='The most products or entries that stood there at once.'),
        ),
        migrations.AddField(
            model_name='source',
            name='readings',
            field=models.PositiveIntegerField(db_default=0, default=0, editable=False, help_text='That succeeded.'),
        ),
        migrations.AlterField(
            model_name='offer',
            name='in_stock',
            field=models.BooleanField(help_text='As the store last said; unknown where it has not said it for a while.', null=True),
        ),
    ]
