# Each table is made at once, after the tables it points at: a third of the time that one step per field and constraint takes.

import community.closet.models
import community.feed.models
import community.places.fields
import community.restocks.models
import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.db.models.deletion
import django.db.models.functions.datetime
import django.db.models.functions.text
import dropshop.core.time_zones
import pgtrigger.compiler
import pgtrigger.migrations
import uuid
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('community', '0003_name_shown_index'),
        ('drops', '0002_staff_permissions'),
        ('pghistory', '0007_auto_20250421_0444'),
        ('reservations', '0003_fewer_indexes'),
    ]

    operations = [
        migrations.CreateModel(
            name='KarmaLevel',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=40, unique=True)),
                ('threshold', models.PositiveIntegerField(unique=True)),
                ('confirm_weight', models.PositiveSmallIntegerField(default=0, help_text='Weight of a confirmation; 0: may not confirm.')),
                ('may_post_links', models.BooleanField(default=False)),
            ],
            options={
                'ordering': ('threshold',),
            },
        ),
        migrations.CreateModel(
            name='KarmaLevelEvent',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('id', models.BigIntegerField()),
                ('name', models.CharField(max_length=40)),
                ('threshold', models.PositiveIntegerField()),
                ('confirm_weight', models.PositiveSmallIntegerField(default=0, help_text='Weight of a confirmation; 0: may not confirm.')),
                ('may_post_links', models.BooleanField(default=False)),
                ('pgh_context', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context')),
                ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='community.karmalevel')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='KarmaRule',
            fields=[
                ('code', models.SlugField(max_length=40, primary_key=True, serialize=False)),
                ('title', models.CharField(help_text='As the member reads it: “Your restock report was confirmed”.', max_length=120)),
                ('points', models.SmallIntegerField(help_text='Earned (positive) or spent (negative) each time.')),
                ('daily_cap', models.PositiveSmallIntegerField(blank=True, help_text='Points a member can earn by this rule in one day (UTC); empty: no cap.', null=True)),
                ('active', models.BooleanField(default=True)),
            ],
            options={
                'ordering': ('-points', 'code'),
                'constraints': [models.CheckConstraint(condition=models.Q(('points', 0), _negated=True), name='karma_rule_moves_points'), models.CheckConstraint(condition=models.Q(('daily_cap', None), ('points__gt', 0), _connector='OR'), name='karma_rule_caps_what_is_earned')],
            },
        ),
        migrations.CreateModel(
            name='KarmaRuleEvent',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('code', models.SlugField(db_index=False, max_length=40, serialize=False)),
                ('title', models.CharField(help_text='As the member reads it: “Your restock report was confirmed”.', max_length=120)),
                ('points', models.SmallIntegerField(help_text='Earned (positive) or spent (negative) each time.')),
                ('daily_cap', models.PositiveSmallIntegerField(blank=True, help_text='Points a member can earn by this rule in one day (UTC); empty: no cap.', null=True)),
                ('active', models.BooleanField(default=True)),
                ('pgh_context', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context')),
                ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='community.karmarule')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='KarmaTransfer',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('source', models.CharField(help_text='What caused it: “restock:<id>”.', max_length=120)),
                ('note', models.CharField(blank=True, help_text="What the member reads beside the rule's title.", max_length=200)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('by', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('member', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('rule', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='transfers', to='community.karmarule')),
            ],
            options={
                'indexes': [models.Index(fields=['source'], name='karma_of_a_cause')],
                'constraints': [models.UniqueConstraint(fields=('member', 'rule', 'source'), name='karma_once_per_cause')],
            },
        ),
        migrations.CreateModel(
            name='Mute',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('muted', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('muter', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='mutes', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('muter', 'muted'), name='mute_once'), models.CheckConstraint(condition=models.Q(('muter', models.F('muted')), _negated=True), name='mute_is_of_another')],
            },
        ),
        migrations.CreateModel(
            name='Notice',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('kind', models.SlugField(db_index=False, max_length=40)),
                ('cause', models.CharField(max_length=120)),
                ('text', models.CharField(max_length=300)),
                ('url', models.CharField(blank=True, max_length=200)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('read_at', models.DateTimeField(blank=True, null=True)),
                ('member', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='notices', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ('-created_at', '-id'),
                'indexes': [models.Index(fields=['member', '-created_at', '-id'], name='notice_newest'), models.Index(condition=models.Q(('read_at', None)), fields=['member'], name='notice_unread')],
                'constraints': [models.UniqueConstraint(fields=('member', 'kind', 'cause'), name='notice_once')],
            },
        ),
        migrations.CreateModel(
            name='Post',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('text', models.CharField(blank=True, max_length=2000)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('edited_at', models.DateTimeField(blank=True, null=True)),
                ('author', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='posts', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'indexes': [models.Index(fields=['author', '-created_at'], name='post_of_author')],
            },
        ),
        migrations.CreateModel(
            name='PostPicture',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('image', models.ImageField(upload_to=community.feed.models.picture_name)),
                ('alt', models.CharField(blank=True, max_length=200, verbose_name='description for people who cannot see it')),
                ('position', models.PositiveSmallIntegerField(default=0)),
                ('post', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='pictures', to='community.post')),
            ],
            options={
                'ordering': ('position', 'id'),
            },
        ),
        migrations.CreateModel(
            name='Sighting',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('network', 'Network'), ('device', 'Device')], max_length=10)),
                ('mark', models.CharField(max_length=32)),
                ('first_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('last_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('member', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='sightings', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'indexes': [models.Index(fields=['kind', 'mark', 'last_at'], name='sighting_by_mark')],
                'constraints': [models.UniqueConstraint(fields=('member', 'kind', 'mark'), name='sighting_once')],
            },
        ),
        migrations.CreateModel(
            name='Store',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('name', models.CharField(max_length=120, unique=True)),
                ('slug', models.SlugField(max_length=80, unique=True)),
                ('site', models.URLField(blank=True)),
                ('city', models.CharField(blank=True, max_length=120)),
                ('place', community.places.fields.PlaceField(blank=True, help_text='Latitude, longitude in degrees: 52.52,13.40', null=True)),
                ('active', models.BooleanField(default=True)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
            ],
            options={
                'ordering': ('name',),
                'indexes': [django.contrib.postgres.indexes.GistIndex(fields=['place'], name='store_by_place')],
            },
        ),
        migrations.CreateModel(
            name='StoreEvent',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, serialize=False)),
                ('name', models.CharField(max_length=120)),
                ('slug', models.SlugField(db_index=False, max_length=80)),
                ('site', models.URLField(blank=True)),
                ('city', models.CharField(blank=True, max_length=120)),
                ('place', community.places.fields.PlaceField(blank=True, help_text='Latitude, longitude in degrees: 52.52,13.40', null=True)),
                ('active', models.BooleanField(default=True)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('pgh_context', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context')),
                ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='community.store')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='Trade',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('status', models.CharField(choices=[('pending', 'Pending'), ('accepted', 'Accepted'), ('rejected', 'Rejected'), ('countered', 'Countered'), ('withdrawn', 'Withdrawn'), ('stale', 'Stale')], default='pending', max_length=10)),
                ('message', models.CharField(blank=True, max_length=500)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('decided_at', models.DateTimeField(blank=True, null=True)),
                ('completed_at', models.DateTimeField(blank=True, help_text='Both sides have what they traded for.', null=True)),
                ('undone_at', models.DateTimeField(blank=True, help_text='Staff gave every pair back after a dispute.', null=True)),
                ('answers', models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='answered_by', to='community.trade')),
                ('proposer', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='offers', to=settings.AUTH_USER_MODEL)),
                ('receiver', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='offered', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ('-created_at', '-id'),
                'indexes': [models.Index(fields=['proposer', '-created_at'], name='trade_of_proposer'), models.Index(fields=['receiver', '-created_at'], name='trade_of_receiver')],
                'constraints': [models.CheckConstraint(condition=models.Q(('proposer', models.F('receiver')), _negated=True), name='trade_is_between_two'), models.CheckConstraint(condition=models.Q(('status__in', ['pending', 'accepted', 'rejected', 'countered', 'withdrawn', 'stale'])), name='trade_status_known'), models.CheckConstraint(condition=models.Q(models.Q(('decided_at', None), ('status', 'pending')), models.Q(models.Q(('status', 'pending'), _negated=True), ('decided_at__isnull', False)), _connector='OR'), name='trade_decided_exactly_when_not_pending'), models.CheckConstraint(condition=models.Q(models.Q(('completed_at', None), ('undone_at', None)), models.Q(('completed_at__isnull', False), ('status', 'accepted'), ('undone_at', None)), models.Q(('completed_at', None), ('status', 'accepted'), ('undone_at__isnull', False)), _connector='OR'), name='trade_ends_once_and_when_accepted')],
            },
        ),
        migrations.CreateModel(
            name='Want',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('sizes', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=20), blank=True, default=list, help_text='None: any size.', size=None)),
                ('worst_condition', models.PositiveSmallIntegerField(choices=[(1, 'Worn'), (2, 'Good'), (3, 'Like new'), (4, 'New, never worn')], default=1)),
                ('highest_price', models.PositiveBigIntegerField(blank=True, help_text='In minor units.', null=True)),
                ('currency', models.CharField(default='USD', max_length=3)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('member', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='wants', to=settings.AUTH_USER_MODEL)),
                ('sneaker', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='wants', to='drops.sneaker')),
            ],
            options={
                'ordering': ('-created_at',),
                'constraints': [models.UniqueConstraint(fields=('member', 'sneaker'), name='want_once'), models.CheckConstraint(condition=models.Q(('worst_condition__range', (1, 4))), name='want_condition_known')],
            },
        ),
        migrations.CreateModel(
            name='Block',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('blocked', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='blocked_by', to=settings.AUTH_USER_MODEL)),
                ('blocker', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='blocks', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('blocker', 'blocked'), name='block_once'), models.CheckConstraint(condition=models.Q(('blocker', models.F('blocked')), _negated=True), name='block_is_of_another')],
            },
        ),
        migrations.CreateModel(
            name='Dispute',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('reason', models.CharField(max_length=1000)),
                ('opened_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('resolution', models.CharField(blank=True, choices=[('', 'Open'), ('upheld', 'The trade stands'), ('undone', 'Every pair went back')], default='', max_length=10)),
                ('resolved_at', models.DateTimeField(blank=True, null=True)),
                ('note', models.CharField(blank=True, max_length=1000)),
                ('opened_by', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('resolved_by', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('trade', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='dispute', to='community.trade')),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('resolution', ''), ('resolved_at', None)), models.Q(models.Q(('resolution', ''), _negated=True), ('resolved_at__isnull', False)), _connector='OR'), name='dispute_resolved_exactly_when_decided')],
            },
        ),
        migrations.CreateModel(
            name='Event',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('title', models.CharField(max_length=120)),
                ('text', models.CharField(blank=True, max_length=2000, verbose_name='what it is about')),
                ('starts_at', models.DateTimeField()),
                ('ends_at', models.DateTimeField()),
                ('time_zone', models.CharField(default='UTC', max_length=64, validators=[dropshop.core.time_zones.is_time_zone])),
                ('venue', models.CharField(help_text='Name and street, as the guests read it.', max_length=200)),
                ('city', models.CharField(max_length=120)),
                ('place', community.places.fields.PlaceField(help_text='Latitude, longitude in degrees.')),
                ('capacity', models.PositiveIntegerField(blank=True, help_text='Empty: no limit.', null=True)),
                ('cancelled_at', models.DateTimeField(blank=True, null=True)),
                ('hidden', models.BooleanField(default=False, help_text='Taken away by a moderator.')),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('host', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='events', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ('starts_at', 'id'),
                'indexes': [models.Index(fields=['ends_at'], name='event_by_end'), models.Index(fields=['starts_at', 'id'], name='event_by_start'), django.contrib.postgres.indexes.GistIndex(fields=['place'], name='event_by_place')],
                'constraints': [models.CheckConstraint(condition=models.Q(('ends_at__gt', models.F('starts_at'))), name='event_ends_after_start', violation_error_message='It ends after it starts.'), models.CheckConstraint(condition=models.Q(('capacity', None), ('capacity__gte', 1), _connector='OR'), name='event_capacity_positive')],
            },
        ),
        migrations.CreateModel(
            name='Attendance',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('status', models.CharField(choices=[('going', 'Going'), ('waiting', 'Waiting'), ('declined', 'Declined')], max_length=10)),
                ('since', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('member', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='attendances', to=settings.AUTH_USER_MODEL)),
                ('event', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='attendances', to='community.event')),
            ],
            options={
                'indexes': [models.Index(fields=['event', 'status', 'since', 'id'], name='attendance_in_order')],
                'constraints': [models.UniqueConstraint(fields=('event', 'member'), name='attendance_once'), models.CheckConstraint(condition=models.Q(('status__in', ['going', 'waiting', 'declined'])), name='attendance_known')],
            },
        ),
        migrations.CreateModel(
            name='Folder',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('name', models.CharField(max_length=60)),
                ('member', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='folders', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ('name',),
                'constraints': [models.UniqueConstraint(models.F('member'), django.db.models.functions.text.Lower('name'), name='folder_name_once')],
            },
        ),
        migrations.CreateModel(
            name='Follow',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('size', models.CharField(blank=True, max_length=20)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('follower', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='follows', to=settings.AUTH_USER_MODEL)),
                ('member', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='followers', to=settings.AUTH_USER_MODEL)),
                ('sneaker', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='followers', to='drops.sneaker')),
                ('store', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='followers', to='community.store')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('follower', 'member', 'store', 'sneaker', 'size'), name='follow_once', nulls_distinct=False), models.CheckConstraint(condition=models.Q(models.Q(('member__isnull', False), ('size', ''), ('sneaker', None), ('store', None)), models.Q(('member', None), ('size', ''), ('sneaker', None), ('store__isnull', False)), models.Q(('member', None), ('sneaker__isnull', False), ('store', None)), _connector='OR'), name='follow_names_one_thing'), models.CheckConstraint(condition=models.Q(('follower', models.F('member')), _negated=True), name='follow_is_of_another')],
            },
        ),
        migrations.CreateModel(
            name='KarmaAccount',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=20, null=True, unique=True)),
                ('balance', models.BigIntegerField(default=0, editable=False)),
                ('owed', models.PositiveIntegerField(default=0, help_text='Points that were to be taken back and had been spent: the next ones earned pay them.')),
                ('member', models.OneToOneField(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='karma', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('member', None), ('name__isnull', False)), models.Q(('member__isnull', False), ('name', None)), _connector='OR'), name='karma_account_of_a_member_or_the_house'), models.CheckConstraint(condition=models.Q(('member', None), ('balance__gte', 0), _connector='OR'), name='karma_balance_not_negative')],
            },
        ),
        migrations.CreateModel(
            name='KarmaEntry',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('points', models.IntegerField()),
                ('balance', models.BigIntegerField(editable=False, help_text="The account's from here on; by a trigger.", null=True)),
                ('account', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='entries', to='community.karmaaccount')),
                ('transfer', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='entries', to='community.karmatransfer')),
            ],
            options={
                'indexes': [models.Index(fields=['account', '-id'], name='karma_entry_of_account')],
                'constraints': [models.UniqueConstraint(fields=('transfer', 'account'), name='karma_entry_once_per_account'), models.CheckConstraint(condition=models.Q(('points', 0), _negated=True), name='karma_entry_moves_points')],
            },
        ),
        migrations.CreateModel(
            name='Pair',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('size', models.CharField(max_length=20)),
                ('condition', models.PositiveSmallIntegerField(choices=[(1, 'Worn'), (2, 'Good'), (3, 'Like new'), (4, 'New, never worn')], default=4)),
                ('price', models.PositiveBigIntegerField(blank=True, help_text='What the owner paid, in minor units.', null=True)),
                ('currency', models.CharField(default='USD', max_length=3)),
                ('notes', models.CharField(blank=True, max_length=1000)),
                ('visibility', models.CharField(choices=[('private', 'Only I'), ('members', 'Members'), ('public', 'Everybody')], default='private', max_length=10)),
                ('for_trade', models.BooleanField(default=False)),
                ('hidden', models.BooleanField(default=False, help_text='Taken out of sight by a moderator.')),
                ('removed_at', models.DateTimeField(blank=True, help_text='The owner took it out of the closet; it stays for the trades it was in.', null=True)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('folder', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='pairs', to='community.folder')),
                ('owner', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='pairs', to=settings.AUTH_USER_MODEL)),
                ('purchase', models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='pair', to='reservations.purchase')),
                ('sneaker', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='pairs', to='drops.sneaker')),
                ('promised_in', models.ForeignKey(blank=True, help_text='The accepted trade that is still on its way; until it is over nobody can offer this pair.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='promised', to='community.trade')),
            ],
            options={
                'ordering': ('-created_at', '-id'),
                'indexes': [models.Index(condition=models.Q(('removed_at', None)), fields=['owner', '-created_at', '-id'], name='pair_of_owner'), models.Index(condition=models.Q(('removed_at', None)), fields=['sneaker', 'size'], name='pair_of_sneaker'), models.Index(condition=models.Q(('for_trade', True), ('removed_at', None)), fields=['-created_at', '-id'], name='pair_for_trade')],
                'constraints': [models.CheckConstraint(condition=models.Q(('condition__range', (1, 4))), name='pair_condition_known'), models.CheckConstraint(condition=models.Q(('visibility__in', ['private', 'members', 'public'])), name='pair_visibility_known'), models.CheckConstraint(condition=models.Q(('for_trade', False), models.Q(('visibility', 'private'), _negated=True), _connector='OR'), name='pair_for_trade_is_seen_by_members')],
            },
        ),
        migrations.CreateModel(
            name='PairMove',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('giver', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('pair', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='moves', to='community.pair')),
                ('taker', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('trade', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='moves', to='community.trade')),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('giver', models.F('taker')), _negated=True), name='pair_moves_to_another')],
            },
        ),
        migrations.CreateModel(
            name='PairPicture',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('image', models.ImageField(upload_to=community.closet.models.picture_name)),
                ('alt', models.CharField(blank=True, max_length=200, verbose_name='description for people who cannot see it')),
                ('position', models.PositiveSmallIntegerField(default=0)),
                ('pair', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='pictures', to='community.pair')),
            ],
            options={
                'ordering': ('position', 'id'),
            },
        ),
        migrations.CreateModel(
            name='PricePoint',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('size', models.CharField(blank=True, max_length=20)),
                ('price', models.PositiveBigIntegerField(help_text='In minor units.')),
                ('currency', models.CharField(max_length=3)),
                ('origin', models.CharField(choices=[('source', "A store's feed"), ('report', "A member's report"), ('sale', 'A sale here'), ('trade', 'A trade here')], max_length=10)),
                ('is_odd', models.BooleanField(default=False, help_text='Far from what it cost before; counts in no value.')),
                ('at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('sneaker', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='prices', to='drops.sneaker')),
                ('store', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='community.store')),
            ],
            options={
                'indexes': [models.Index(fields=['sneaker', 'size', '-at'], name='price_history')],
                'constraints': [models.CheckConstraint(condition=models.Q(('price__gt', 0)), name='price_point_positive')],
            },
        ),
        migrations.CreateModel(
            name='Rating',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('stars', models.PositiveSmallIntegerField()),
                ('text', models.CharField(blank=True, max_length=300)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('rated', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='ratings', to=settings.AUTH_USER_MODEL)),
                ('rater', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('trade', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='ratings', to='community.trade')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('trade', 'rater'), name='rating_once_per_side'), models.CheckConstraint(condition=models.Q(('stars__range', (1, 5))), name='rating_one_to_five'), models.CheckConstraint(condition=models.Q(('rater', models.F('rated')), _negated=True), name='rating_is_of_another')],
            },
        ),
        migrations.CreateModel(
            name='Shipment',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('due_at', models.DateTimeField(help_text='Sent by then, or staff hear of it.')),
                ('carrier', models.CharField(blank=True, max_length=60)),
                ('tracking', models.CharField(blank=True, max_length=80)),
                ('sent_at', models.DateTimeField(blank=True, null=True)),
                ('received_at', models.DateTimeField(blank=True, null=True)),
                ('reminded_at', models.DateTimeField(blank=True, null=True)),
                ('sender', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('trade', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='shipments', to='community.trade')),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('sent_at', None)), fields=['due_at'], name='shipment_unsent')],
                'constraints': [models.UniqueConstraint(fields=('trade', 'sender'), name='shipment_once_per_side'), models.CheckConstraint(condition=models.Q(('received_at', None), ('sent_at__isnull', False), _connector='OR'), name='shipment_received_after_sent')],
            },
        ),
        migrations.CreateModel(
            name='Source',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('url', models.URLField(max_length=500, unique=True)),
                ('kind', models.CharField(choices=[('products', 'Product JSON'), ('feed', 'RSS or Atom'), ('page', 'Page with schema.org offers')], max_length=10)),
                ('permission', models.CharField(help_text='Where the store allows this: the sentence, the mail, the page.', max_length=300)),
                ('every_seconds', models.PositiveIntegerField(default=300)),
                ('active', models.BooleanField(default=True)),
                ('etag', models.CharField(blank=True, editable=False, max_length=300)),
                ('last_modified', models.CharField(blank=True, editable=False, max_length=100)),
                ('next_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('read_at', models.DateTimeField(editable=False, null=True)),
                ('failures', models.PositiveSmallIntegerField(default=0, editable=False)),
                ('trouble', models.CharField(blank=True, editable=False, help_text='Why the last reading failed.', max_length=300)),
                ('added_by', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('store', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='sources', to='community.store')),
            ],
            options={
                'ordering': ('store', 'url'),
                'indexes': [models.Index(condition=models.Q(('active', True)), fields=['next_at'], name='source_due')],
                'constraints': [models.CheckConstraint(condition=models.Q(('every_seconds__range', (60, 86400))), name='source_every_minute_at_most')],
            },
        ),
        migrations.CreateModel(
            name='SourceEvent',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, serialize=False)),
                ('url', models.URLField(max_length=500)),
                ('kind', models.CharField(choices=[('products', 'Product JSON'), ('feed', 'RSS or Atom'), ('page', 'Page with schema.org offers')], max_length=10)),
                ('permission', models.CharField(help_text='Where the store allows this: the sentence, the mail, the page.', max_length=300)),
                ('every_seconds', models.PositiveIntegerField(default=300)),
                ('active', models.BooleanField(default=True)),
                ('added_by', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to=settings.AUTH_USER_MODEL)),
                ('pgh_context', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context')),
                ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='community.source')),
                ('store', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='community.store')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='TradeItem',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('giver', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('pair', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='trade_items', to='community.pair')),
                ('trade', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='items', to='community.trade')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('trade', 'pair'), name='trade_item_once')],
            },
        ),
        migrations.CreateModel(
            name='Offer',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('size', models.CharField(blank=True, max_length=20)),
                ('in_stock', models.BooleanField()),
                ('price', models.PositiveBigIntegerField(help_text='In minor units.', null=True)),
                ('currency', models.CharField(default='USD', max_length=3)),
                ('link', models.URLField(blank=True, max_length=500)),
                ('changed_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('sneaker', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='drops.sneaker')),
                ('source', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='offers', to='community.source')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('source', 'sneaker', 'size'), name='offer_once')],
            },
        ),
        migrations.CreateModel(
            name='Restock',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('sizes', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=20), blank=True, default=list, size=None)),
                ('price', models.PositiveBigIntegerField(blank=True, help_text='In minor units.', null=True)),
                ('currency', models.CharField(default='USD', max_length=3)),
                ('link', models.URLField(blank=True, max_length=500)),
                ('picture', models.ImageField(blank=True, upload_to=community.restocks.models.picture_name)),
                ('note', models.CharField(blank=True, max_length=500)),
                ('status', models.CharField(choices=[('reported', 'Reported'), ('confirmed', 'Confirmed'), ('disputed', 'Disputed'), ('gone', 'Gone')], default='reported', max_length=10)),
                ('hidden', models.BooleanField(default=False, help_text='Taken away by a moderator.')),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('confirmed_at', models.DateTimeField(blank=True, null=True)),
                ('ended_at', models.DateTimeField(blank=True, null=True)),
                ('reporter', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='restocks', to=settings.AUTH_USER_MODEL)),
                ('sneaker', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='restocks', to='drops.sneaker')),
                ('source', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='restocks', to='community.source')),
                ('store', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='restocks', to='community.store')),
            ],
            options={
                'ordering': ('-created_at', '-id'),
                'indexes': [models.Index(fields=['-created_at', '-id'], name='restock_newest'), models.Index(fields=['store', '-created_at'], name='restock_of_store')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('status__in', ['reported', 'confirmed'])), fields=('store', 'sneaker'), name='restock_one_open'), models.CheckConstraint(condition=models.Q(('status__in', ['reported', 'confirmed', 'disputed', 'gone'])), name='restock_status_known'), models.CheckConstraint(condition=models.Q(('reporter__isnull', False), ('source__isnull', False), _connector='OR'), name='restock_comes_from_somebody')],
            },
        ),
        migrations.CreateModel(
            name='RestockVote',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('confirm', 'Confirm'), ('dispute', 'Dispute'), ('gone', 'Gone')], max_length=10)),
                ('weight', models.PositiveSmallIntegerField(help_text="By the member's level at that moment; staff decide alone.")),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('member', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='restock_votes', to=settings.AUTH_USER_MODEL)),
                ('restock', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='votes', to='community.restock')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('restock', 'member'), name='restock_vote_once'), models.CheckConstraint(condition=models.Q(('kind__in', ['confirm', 'dispute', 'gone'])), name='restock_vote_known')],
            },
        ),
        migrations.CreateModel(
            name='FeedItem',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('kind', models.CharField(choices=[('drop', 'Drop'), ('restock', 'Restock'), ('trade', 'Trade'), ('post', 'Post')], max_length=10)),
                ('at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('hidden', models.BooleanField(default=False, help_text='Taken away, by its author or by a moderator.')),
                ('author', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('drop', models.OneToOneField(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='drops.drop')),
                ('post', models.OneToOneField(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='feed_item', to='community.post')),
                ('restock', models.OneToOneField(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='feed_item', to='community.restock')),
                ('trade', models.OneToOneField(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='feed_item', to='community.trade')),
            ],
            options={
                'ordering': ('-at', '-id'),
                'indexes': [models.Index(condition=models.Q(('hidden', False)), fields=['-at', '-id'], name='feed_newest'), models.Index(condition=models.Q(('hidden', False)), fields=['author', '-at', '-id'], name='feed_of_author'), models.Index(condition=models.Q(('hidden', False)), fields=['kind', '-at', '-id'], name='feed_of_kind')],
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('drop__isnull', False), ('kind', 'drop'), ('post', None), ('restock', None), ('trade', None)), models.Q(('drop', None), ('kind', 'restock'), ('post', None), ('restock__isnull', False), ('trade', None)), models.Q(('drop', None), ('kind', 'trade'), ('post', None), ('restock', None), ('trade__isnull', False)), models.Q(('drop', None), ('kind', 'post'), ('post__isnull', False), ('restock', None), ('trade', None)), _connector='OR'), name='feed_item_is_one_thing')],
            },
        ),
        migrations.CreateModel(
            name='Like',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('item', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='likes', to='community.feeditem')),
                ('member', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='likes', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('item', 'member'), name='like_once')],
            },
        ),
        migrations.CreateModel(
            name='Comment',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('text', models.CharField(max_length=1000)),
                ('hidden', models.BooleanField(default=False)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('author', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='comments', to=settings.AUTH_USER_MODEL)),
                ('item', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='comments', to='community.feeditem')),
            ],
            options={
                'ordering': ('created_at', 'id'),
                'indexes': [models.Index(fields=['item', 'created_at', 'id'], name='comment_of_item')],
            },
        ),
        migrations.CreateModel(
            name='Complaint',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('reason', models.CharField(choices=[('spam', 'Spam or advertising'), ('abuse', 'Insults or threats'), ('fraud', 'Fraud or a fake'), ('other', 'Something else')], max_length=10)),
                ('text', models.CharField(blank=True, max_length=500)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('closed_at', models.DateTimeField(blank=True, null=True)),
                ('by', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='complaints', to=settings.AUTH_USER_MODEL)),
                ('comment', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='community.comment')),
                ('person', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('event', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='community.event')),
                ('item', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='community.feeditem')),
                ('pair', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='community.pair')),
                ('restock', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='community.restock')),
            ],
            options={
                'ordering': ('created_at', 'id'),
                'permissions': (('moderate', 'Can decide about complaints, hide, and silence'),),
                'indexes': [models.Index(condition=models.Q(('closed_at', None)), fields=['created_at'], name='complaint_queue')],
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('comment__isnull', True), ('event__isnull', True), ('item__isnull', False), ('pair__isnull', True), ('person__isnull', True), ('restock__isnull', True)), models.Q(('comment__isnull', False), ('event__isnull', True), ('item__isnull', True), ('pair__isnull', True), ('person__isnull', True), ('restock__isnull', True)), models.Q(('comment__isnull', True), ('event__isnull', True), ('item__isnull', True), ('pair__isnull', True), ('person__isnull', True), ('restock__isnull', False)), models.Q(('comment__isnull', True), ('event__isnull', True), ('item__isnull', True), ('pair__isnull', False), ('person__isnull', True), ('restock__isnull', True)), models.Q(('comment__isnull', True), ('event__isnull', False), ('item__isnull', True), ('pair__isnull', True), ('person__isnull', True), ('restock__isnull', True)), models.Q(('comment__isnull', True), ('event__isnull', True), ('item__isnull', True), ('pair__isnull', True), ('person__isnull', False), ('restock__isnull', True)), _connector='OR'), name='complaint_about_one_thing'), models.UniqueConstraint(condition=models.Q(('closed_at', None)), fields=('by', 'item', 'comment', 'restock', 'pair', 'event', 'person'), name='complaint_open_once', nulls_distinct=False)],
            },
        ),
        migrations.CreateModel(
            name='ModerationAction',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('action', models.CharField(choices=[('hidden', 'Hidden'), ('restored', 'Shown again'), ('dismissed', 'Complaint dismissed'), ('warned', 'Author warned'), ('silenced', 'Author silenced'), ('unsilenced', 'Author may write again')], max_length=12)),
                ('reason', models.CharField(blank=True, max_length=500)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('comment', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='community.comment')),
                ('complaint', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='actions', to='community.complaint')),
                ('event', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='community.event')),
                ('item', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='community.feeditem')),
                ('moderator', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('person', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('pair', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='community.pair')),
                ('restock', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='community.restock')),
            ],
            options={
                'ordering': ('-created_at',),
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('comment__isnull', True), ('event__isnull', True), ('item__isnull', False), ('pair__isnull', True), ('person__isnull', True), ('restock__isnull', True)), models.Q(('comment__isnull', False), ('event__isnull', True), ('item__isnull', True), ('pair__isnull', True), ('person__isnull', True), ('restock__isnull', True)), models.Q(('comment__isnull', True), ('event__isnull', True), ('item__isnull', True), ('pair__isnull', True), ('person__isnull', True), ('restock__isnull', False)), models.Q(('comment__isnull', True), ('event__isnull', True), ('item__isnull', True), ('pair__isnull', False), ('person__isnull', True), ('restock__isnull', True)), models.Q(('comment__isnull', True), ('event__isnull', False), ('item__isnull', True), ('pair__isnull', True), ('person__isnull', True), ('restock__isnull', True)), models.Q(('comment__isnull', True), ('event__isnull', True), ('item__isnull', True), ('pair__isnull', True), ('person__isnull', False), ('restock__isnull', True)), _connector='OR'), name='moderation_about_one_thing')],
            },
        ),
        migrations.AddField(
            model_name='member',
            name='bio',
            field=models.CharField(blank=True, max_length=300, verbose_name='about me'),
        ),
        migrations.AddField(
            model_name='member',
            name='geohash',
            field=models.CharField(blank=True, help_text='A coarse geohash the member chose to share: three letters are a region.', max_length=5, verbose_name='my area'),
        ),
        migrations.AddField(
            model_name='member',
            name='silenced_until',
            field=models.DateTimeField(blank=True, help_text='Until then the member reads, trades and buys, and writes nothing others see.', null=True),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='karmalevel',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "community_karmalevelevent" ("confirm_weight", "id", "may_post_links", "name", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "threshold") VALUES (NEW."confirm_weight", NEW."id", NEW."may_post_links", NEW."name", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."threshold"); RETURN NULL;', hash='811d98d3c60d779b5d70803595ea72c12891cd8a', operation='INSERT', pgid='pgtrigger_insert_insert_92077', table='community_karmalevel', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='karmalevel',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='INSERT INTO "community_karmalevelevent" ("confirm_weight", "id", "may_post_links", "name", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "threshold") VALUES (NEW."confirm_weight", NEW."id", NEW."may_post_links", NEW."name", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."threshold"); RETURN NULL;', hash='0eeb3389a9a48435ad4ad1e8f39237591c74e6e9', operation='UPDATE', pgid='pgtrigger_update_update_907b7', table='community_karmalevel', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='karmarule',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "community_karmaruleevent" ("active", "code", "daily_cap", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "points", "title") VALUES (NEW."active", NEW."code", NEW."daily_cap", _pgh_attach_context(), NOW(), \'insert\', NEW."code", NEW."points", NEW."title"); RETURN NULL;', hash='6f6312bcbb2e79b097571313024b3e4a2ec58e54', operation='INSERT', pgid='pgtrigger_insert_insert_18717', table='community_karmarule', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='karmarule',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='INSERT INTO "community_karmaruleevent" ("active", "code", "daily_cap", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "points", "title") VALUES (NEW."active", NEW."code", NEW."daily_cap", _pgh_attach_context(), NOW(), \'update\', NEW."code", NEW."points", NEW."title"); RETURN NULL;', hash='f7b89f276fe7bc99d03f740d50bd4307fecad8bb', operation='UPDATE', pgid='pgtrigger_update_update_7899b', table='community_karmarule', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='store',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "community_storeevent" ("active", "city", "created_at", "id", "name", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "place", "site", "slug") VALUES (NEW."active", NEW."city", NEW."created_at", NEW."id", NEW."name", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."place", NEW."site", NEW."slug"); RETURN NULL;', hash='6f25ec6c009685ff231fa32f81261ef411d8d4a3', operation='INSERT', pgid='pgtrigger_insert_insert_8f832', table='community_store', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='store',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='INSERT INTO "community_storeevent" ("active", "city", "created_at", "id", "name", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "place", "site", "slug") VALUES (NEW."active", NEW."city", NEW."created_at", NEW."id", NEW."name", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."place", NEW."site", NEW."slug"); RETURN NULL;', hash='8719ceceaa30567fb64e53324c4650f8fa708cbe', operation='UPDATE', pgid='pgtrigger_update_update_af546', table='community_store', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='karmaaccount',
            trigger=pgtrigger.compiler.Trigger(name='balance_by_entries', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (pg_trigger_depth() = 0)', func="RAISE EXCEPTION 'a balance changes by an entry alone' USING ERRCODE = 'restrict_violation';", hash='91d68a4d4e1a85241a693525ff4a92ef23ce1be6', operation='UPDATE OF "balance"', pgid='pgtrigger_balance_by_entries_bfaa3', table='community_karmaaccount', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='karmaaccount',
            trigger=pgtrigger.compiler.Trigger(name='begins_empty', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (NEW."balance" IS DISTINCT FROM 0)', func="RAISE EXCEPTION 'an account begins with nothing' USING ERRCODE = 'restrict_violation';", hash='288244de4d283973a6a0606a83e401e16d628d34', operation='INSERT', pgid='pgtrigger_begins_empty_a2b5f', table='community_karmaaccount', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='karmatransfer',
            trigger=pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='686cbbec1ddb3965706e1671f9f4611bbda602ec', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_6da77', table='community_karmatransfer', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='karmaentry',
            trigger=pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='e417af3588dbf896de6b24483a2d9d2ce90d02de', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_a8702', table='community_karmaentry', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='karmaentry',
            trigger=pgtrigger.compiler.Trigger(name='keeps_the_balance', sql=pgtrigger.compiler.UpsertTriggerSql(func='UPDATE community_karmaaccount SET balance = balance + NEW.points WHERE id = NEW.account_id AND member_id IS NOT NULL RETURNING balance INTO NEW.balance; RETURN NEW;', hash='4858f4c44457e3d245afce8a397c62e507932b49', operation='INSERT', pgid='pgtrigger_keeps_the_balance_cb4ba', table='community_karmaentry', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='karmaentry',
            trigger=pgtrigger.compiler.Trigger(name='sums_to_zero', sql=pgtrigger.compiler.UpsertTriggerSql(constraint='CONSTRAINT', func="IF (SELECT sum(points) FROM community_karmaentry WHERE transfer_id = NEW.transfer_id) <> 0 THEN RAISE EXCEPTION 'the entries of a transfer do not sum to zero' USING ERRCODE = 'check_violation'; END IF; RETURN NULL;", hash='3b7d325ee9def5f9664a18b26053c3e2a24b5d08', operation='INSERT', pgid='pgtrigger_sums_to_zero_661f5', table='community_karmaentry', timing='DEFERRABLE INITIALLY DEFERRED', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='moderationaction',
            trigger=pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='95fc67fff96fb56d821d6e85a1afb4014a35ba78', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_6e3f8', table='community_moderationaction', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='source',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "community_sourceevent" ("active", "added_by_id", "every_seconds", "id", "kind", "permission", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "store_id", "url") VALUES (NEW."active", NEW."added_by_id", NEW."every_seconds", NEW."id", NEW."kind", NEW."permission", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."store_id", NEW."url"); RETURN NULL;', hash='3b125990dd7d6278149bd7336a1db2be976a262a', operation='INSERT', pgid='pgtrigger_insert_insert_6390d', table='community_source', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='source',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."active" IS DISTINCT FROM (NEW."active") OR OLD."added_by_id" IS DISTINCT FROM (NEW."added_by_id") OR OLD."every_seconds" IS DISTINCT FROM (NEW."every_seconds") OR OLD."id" IS DISTINCT FROM (NEW."id") OR OLD."kind" IS DISTINCT FROM (NEW."kind") OR OLD."permission" IS DISTINCT FROM (NEW."permission") OR OLD."store_id" IS DISTINCT FROM (NEW."store_id") OR OLD."url" IS DISTINCT FROM (NEW."url"))', func='INSERT INTO "community_sourceevent" ("active", "added_by_id", "every_seconds", "id", "kind", "permission", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "store_id", "url") VALUES (NEW."active", NEW."added_by_id", NEW."every_seconds", NEW."id", NEW."kind", NEW."permission", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."store_id", NEW."url"); RETURN NULL;', hash='36ffb2d782f430efde081c528529978b6de79209', operation='UPDATE', pgid='pgtrigger_update_update_b6b91', table='community_source', when='AFTER')),
        ),
    ]
