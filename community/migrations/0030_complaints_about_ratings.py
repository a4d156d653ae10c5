"""A rating can be what a complaint and a decision are about; its reference, which all have by now, is its own."""

import django.contrib.postgres.functions
import django.db.models.deletion
import uuid
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('community', '0029_give_ratings_references'),
    ]

    operations = [
        migrations.AlterField(
            model_name='rating',
            name='reference',
            field=models.UUIDField(db_default=django.contrib.postgres.functions.RandomUUID(), default=uuid.uuid4, editable=False, help_text='What others call it.', null=True, unique=True),
        ),
        migrations.RemoveConstraint(
            model_name='complaint',
            name='complaint_about_one_thing',
        ),
        migrations.RemoveConstraint(
            model_name='complaint',
            name='complaint_open_once',
        ),
        migrations.RemoveConstraint(
            model_name='moderationaction',
            name='moderation_about_one_thing',
        ),
        migrations.AddField(
            model_name='complaint',
            name='rating',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='community.rating', to_field='reference'),
        ),
        migrations.AddField(
            model_name='moderationaction',
            name='rating',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='community.rating', to_field='reference'),
        ),
        migrations.AddConstraint(
            model_name='complaint',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('comment__isnull', True), ('event__isnull', True), ('item__isnull', False), ('pair__isnull', True), ('person__isnull', True), ('rating__isnull', True), ('restock__isnull', True)), models.Q(('comment__isnull', False), ('event__isnull', True), ('item__isnull', True), ('pair__isnull', True), ('person__isnull', True), ('rating__isnull', True), ('restock__isnull', True)), models.Q(('comment__isnull', True), ('event__isnull', True), ('item__isnull', True), ('pair__isnull', True), ('person__isnull', True), ('rating__isnull', True), ('restock__isnull', False)), models.Q(('comment__isnull', True), ('event__isnull', True), ('item__isnull', True), ('pair__isnull', False), ('person__isnull', True), ('rating__isnull', True), ('restock__isnull', True)), models.Q(('comment__isnull', True), ('event__isnull', False), ('item__isnull', True), ('pair__isnull', True), ('person__isnull', True), ('rating__isnull', True), ('restock__isnull', True)), models.Q(('comment__isnull', True), ('event__isnull', True), ('item__isnull', True), ('pair__isnull', True), ('person__isnull', True), ('rating__isnull', False), ('restock__isnull', True)), models.Q(('comment__isnull', True), ('event__isnull', True), ('item__isnull', True), ('pair__isnull', True), ('person__isnull', False), ('rating__isnull', True), ('restock__isnull', True)), _connector='OR'), name='complaint_about_one_thing'),
        ),
        migrations.AddConstraint(
            model_name='complaint',
            constraint=models.UniqueConstraint(condition=models.Q(('closed_at', None)), fields=('by', 'item', 'comment', 'restock', 'pair', 'event', 'rating', 'person'), name='complaint_open_once', nulls_distinct=False),
        ),
        migrations.AddConstraint(
            model_name='moderationaction',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('comment__isnull', True), ('event__isnull', True), ('item__isnull', False), ('pair__isnull', True), ('person__isnull', True), ('rating__isnull', True), ('restock__isnull', True)), models.Q(('comment__isnull', False), ('event__isnull', True), ('item__isnull', True), ('pair__isnull', True), ('person__isnull', True), ('rating__isnull', True), ('restock__isnull', True)), models.Q(('comment__isnull', True), ('event__isnull', True), ('item__isnull', True), ('pair__isnull', True), ('person__isnull', True), ('rating__isnull', True), ('restock__isnull', False)), models.Q(('comment__isnull', True), ('event__isnull', True), ('item__isnull', True), ('pair__isnull', False), ('person__isnull', True), ('rating__isnull', True), ('restock__isnull', True)), models.Q(('comment__isnull', True), ('event__isnull', False), ('item__isnull', True), ('pair__isnull', True), ('person__isnull', True), ('rating__isnull', True), ('restock__isnull', True)), models.Q(('comment__isnull', True), ('event__isnull', True), ('item__isnull', True), ('pair__isnull', True), ('person__isnull', True), ('rating__isnull', False), ('restock__isnull', True)), models.Q(('comment__isnull', True), ('event__isnull', True), ('item__isnull', True), ('pair__isnull', True), ('person__isnull', False), ('rating__isnull', True), ('restock__isnull', True)), _connector='OR'), name='moderation_about_one_thing'),
        ),
    ]
