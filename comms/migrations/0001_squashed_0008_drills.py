import comms.uids
import django.core.validators
import django.db.models.deletion
import django.db.models.functions.text
import django.utils.timezone
import pgtrigger.compiler
import pgtrigger.migrations
import teams.secrets
import teams.zones
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    replaces = [('comms', '0001_initial'), ('comms', '0002_initial'), ('comms', '0003_page_roles'), ('comms', '0004_mail_about_accounts'), ('comms', '0005_audit_log'), ('comms', '0006_channels_and_bundles'), ('comms', '0007_push_key'), ('comms', '0008_drills')]

    initial = True

    dependencies = [
        ('incidents', '0001_squashed_0015_recovered_by_itself'),
    ]

    operations = [
        migrations.CreateModel(
            name='Bundle',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('urgency', models.CharField(max_length=4)),
                ('severity', models.PositiveSmallIntegerField(null=True)),
                ('opened_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('closes_at', models.DateTimeField()),
                ('closed_at', models.DateTimeField(null=True)),
                ('answered_at', models.DateTimeField(help_text='Since when the person has all that its digest named.', null=True)),
                ('answered_all_at', models.DateTimeField(help_text='Each of its incidents has been acknowledged since.', null=True)),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['-pk'],
                'indexes': [models.Index(condition=models.Q(('closed_at', None)), fields=['closes_at'], name='bundle_due'), models.Index(condition=models.Q(('answered_all_at', None), ('answered_at__isnull', False)), fields=['answered_at'], name='bundle_answering')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('closed_at', None)), fields=('user',), name='bundle_one_open'), models.CheckConstraint(condition=models.Q(('urgency__in', ['high', 'low'])), name='bundle_urgency')],
            },
        ),
        migrations.CreateModel(
            name='Drill',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('note', models.CharField(blank=True, help_text='Everybody who is called reads it.', max_length=200)),
                ('state', models.CharField(choices=[('planned', 'Planned'), ('running', 'Running'), ('finished', 'Finished'), ('cancelled', 'Cancelled')], default='planned', max_length=10)),
                ('audience', models.CharField(choices=[('rotation', 'Everybody in the rotations'), ('on_call', 'Whoever is on call then')], default='rotation', max_length=10)),
                ('repeats', models.CharField(choices=[('never', 'Never'), ('weekly', 'Every week'), ('four_weeks', 'Every four weeks'), ('quarterly', 'Every quarter (13 weeks)')], default='never', max_length=10)),
                ('minutes', models.PositiveSmallIntegerField(default=15, validators=[django.core.validators.MinValueValidator(5), django.core.validators.MaxValueValidator(240)], verbose_name='minutes to answer')),
                ('starts_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('ends_at', models.DateTimeField(help_text='Whoever confirms later is late.')),
                ('began_at', models.DateTimeField(editable=False, null=True)),
                ('ended_at', models.DateTimeField(editable=False, null=True)),
                ('reason', models.CharField(blank=True, help_text='Why it was cancelled.', max_length=200)),
                ('reminders', models.PositiveSmallIntegerField(default=0, help_text='How often those without an answer were reminded.')),
                ('reminded_at', models.DateTimeField(editable=False, null=True)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('repeated_from', models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='repeated_by', to='comms.drill')),
                ('schedule', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='drills', to='teams.schedule')),
                ('started_by', models.ForeignKey(blank=True, help_text='Who wanted it.', null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': 'page drill',
                'ordering': ['-starts_at', '-pk'],
                'indexes': [models.Index(condition=models.Q(('state', 'planned')), fields=['starts_at'], name='drill_due'), models.Index(condition=models.Q(('state', 'running')), fields=['ends_at'], name='drill_over')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('state', 'running')), fields=('schedule',), name='drill_one_running'), models.UniqueConstraint(condition=models.Q(('state', 'planned')), fields=('schedule', 'starts_at'), name='drill_planned_once'), models.CheckConstraint(condition=models.Q(('state__in', ['planned', 'running', 'finished', 'cancelled'])), name='drill_state'), models.CheckConstraint(condition=models.Q(('audience__in', ['rotation', 'on_call'])), name='drill_audience'), models.CheckConstraint(condition=models.Q(('repeats__in', ['never', 'weekly', 'four_weeks', 'quarterly'])), name='drill_repeats'), models.CheckConstraint(condition=models.Q(('minutes__gte', 5), ('minutes__lte', 240)), name='drill_minutes'), models.CheckConstraint(condition=models.Q(('ends_at__gt', models.F('starts_at'))), name='drill_ends_after_start'), models.CheckConstraint(condition=models.Q(models.Q(('state__in', ['running', 'finished']), _negated=True), ('began_at__isnull', False), _connector='OR'), name='drill_began'), models.CheckConstraint(condition=models.Q(models.Q(('ended_at__isnull', False), ('state__in', ['finished', 'cancelled'])), models.Q(('ended_at', None), ('state__in', ['planned', 'running'])), _connector='OR'), name='drill_ended')],
            },
        ),
        migrations.CreateModel(
            name='Letter',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('subject', models.CharField(max_length=255)),
                ('sender', models.CharField(blank=True, help_text="Empty: the installation's own address.", max_length=320, verbose_name='from')),
                ('headers', models.JSONField(blank=True, default=dict)),
                ('text', teams.secrets.SealedField(blank=True)),
                ('html', teams.secrets.SealedField(blank=True)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('blanked_at', models.DateTimeField(editable=False, null=True)),
            ],
            options={
                'ordering': ['-pk'],
                'constraints': [models.CheckConstraint(condition=models.Q(('blanked_at', None), models.Q(('html', ''), ('text', '')), _connector='OR'), name='letter_blank_is_blank')],
            },
        ),
        migrations.CreateModel(
            name='PushKey',
            fields=[
                ('id', models.PositiveSmallIntegerField(default=1, editable=False, primary_key=True, serialize=False)),
                ('private', teams.secrets.SealedField(help_text='The private key of P-256, as PEM.')),
                ('public', models.CharField(help_text='The point in base64url, as browsers take it.', max_length=90)),
                ('made_at', models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('id', 1)), name='push_key_one')],
            },
        ),
        migrations.CreateModel(
            name='StatusPage',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uid', models.CharField(default=comms.uids.short_uid, editable=False, max_length=16, unique=True)),
                ('name', models.CharField(max_length=80)),
                ('slug', models.SlugField(max_length=80, unique=True)),
                ('description', models.TextField(blank=True, help_text='A sentence under the name.')),
                ('time_zone', models.CharField(default='UTC', max_length=64, validators=[teams.zones.validate_zone])),
                ('support_url', models.URLField(blank=True)),
                ('guarded', models.BooleanField(default=False, help_text="Others write drafts here, and one of the page's approvers publishes them.", verbose_name='only approvers publish')),
                ('is_default', models.BooleanField(default=False, help_text='Served at /status/, and takes what names no page.')),
                ('updated_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
            ],
            options={
                'ordering': ['name'],
                'constraints': [models.UniqueConstraint(condition=models.Q(('is_default', True)), fields=('is_default',), name='status_page_one_default')],
            },
        ),
        migrations.CreateModel(
            name='ComponentGroup',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uid', models.CharField(default=comms.uids.short_uid, editable=False, max_length=16, unique=True)),
                ('name', models.CharField(max_length=80)),
                ('position', models.PositiveSmallIntegerField(default=0)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('page', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='groups', to='comms.statuspage')),
            ],
            options={
                'ordering': ['position', 'name'],
            },
        ),
        migrations.CreateModel(
            name='Component',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uid', models.CharField(default=comms.uids.short_uid, editable=False, max_length=16, unique=True)),
                ('name', models.CharField(max_length=80)),
                ('description', models.CharField(blank=True, max_length=200)),
                ('status', models.CharField(choices=[('operational', 'Operational'), ('degraded_performance', 'Degraded performance'), ('partial_outage', 'Partial outage'), ('major_outage', 'Major outage'), ('under_maintenance', 'Under maintenance')], default='operational', max_length=24)),
                ('position', models.PositiveSmallIntegerField(default=0)),
                ('only_show_if_degraded', models.BooleanField(default=False)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('updated_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('service', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='components', to='teams.service')),
                ('team', models.ForeignKey(blank=True, help_text='Owner.', null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='components', to='teams.team')),
                ('group', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='components', to='comms.componentgroup')),
                ('page', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='components', to='comms.statuspage')),
            ],
            options={
                'ordering': ['position', 'name'],
                'constraints': [models.UniqueConstraint(fields=('page', 'name'), name='component_name_on_page'), models.CheckConstraint(condition=models.Q(('status__in', ['operational', 'degraded_performance', 'partial_outage', 'major_outage', 'under_maintenance'])), name='component_status_known')],
            },
        ),
        migrations.CreateModel(
            name='Subscriber',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('email', models.EmailField(max_length=254)),
                ('state', models.CharField(choices=[('pending', 'Waiting for confirmation'), ('active', 'Active'), ('unsubscribed', 'Unsubscribed'), ('suppressed', 'Address refused')], default='pending', max_length=14)),
                ('all_components', models.BooleanField(default=True)),
                ('time_zone', models.CharField(default='UTC', max_length=64, validators=[teams.zones.validate_zone])),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('confirmed_at', models.DateTimeField(blank=True, null=True)),
                ('ended_at', models.DateTimeField(blank=True, null=True)),
                ('components', models.ManyToManyField(blank=True, related_name='subscribers', to='comms.component')),
                ('page', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='subscribers', to='comms.statuspage')),
            ],
            options={
                'ordering': ['email'],
                'constraints': [models.UniqueConstraint(models.F('page'), django.db.models.functions.text.Lower('email'), name='subscriber_once_a_page'), models.CheckConstraint(condition=models.Q(('state__in', ['pending', 'active', 'unsubscribed', 'suppressed'])), name='subscriber_state')],
            },
        ),
        migrations.CreateModel(
            name='PageRole',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('role', models.CharField(choices=[('editor', 'Editor'), ('approver', 'Approver')], default='editor', max_length=10)),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='page_roles', to=settings.AUTH_USER_MODEL)),
                ('page', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='roles', to='comms.statuspage')),
            ],
            options={
                'verbose_name': 'editor or approver',
                'verbose_name_plural': 'editors and approvers',
                'ordering': ['page__name', 'user__first_name'],
                'constraints': [models.UniqueConstraint(fields=('page', 'user', 'role'), name='page_role_once'), models.CheckConstraint(condition=models.Q(('role__in', ['editor', 'approver'])), name='page_role_known')],
            },
        ),
        migrations.CreateModel(
            name='PageIncident',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uid', models.CharField(default=comms.uids.short_uid, editable=False, max_length=16, unique=True)),
                ('title', models.CharField(max_length=200)),
                ('mail_title', models.CharField(blank=True, editable=False, help_text='What mail calls it from the first update on, so that threads hold.', max_length=200)),
                ('state', models.CharField(choices=[('investigating', 'Investigating'), ('identified', 'Identified'), ('monitoring', 'Monitoring'), ('resolved', 'Resolved'), ('postmortem', 'Postmortem')], default='investigating', max_length=16)),
                ('impact', models.CharField(choices=[('none', 'None'), ('minor', 'Minor'), ('major', 'Major'), ('critical', 'Critical')], default='minor', max_length=10)),
                ('started_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('updated_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('monitoring_at', models.DateTimeField(blank=True, null=True)),
                ('resolved_at', models.DateTimeField(blank=True, null=True)),
                ('eta_at', models.DateTimeField(blank=True, null=True)),
                ('next_update_at', models.DateTimeField(blank=True, null=True)),
                ('incident', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='page_incidents', to='incidents.incident')),
                ('page', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='incidents', to='comms.statuspage')),
            ],
            options={
                'ordering': ['-created_at', '-pk'],
                'constraints': [models.UniqueConstraint(fields=('page', 'incident'), name='page_incident_once_a_page'), models.CheckConstraint(condition=models.Q(('state__in', ['investigating', 'identified', 'monitoring', 'resolved', 'postmortem'])), name='page_incident_state_known')],
            },
        ),
        migrations.CreateModel(
            name='StatusUpdate',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uid', models.CharField(default=comms.uids.short_uid, editable=False, max_length=16, unique=True)),
                ('state', models.CharField(choices=[('investigating', 'Investigating'), ('identified', 'Identified'), ('monitoring', 'Monitoring'), ('resolved', 'Resolved'), ('postmortem', 'Postmortem')], default='investigating', max_length=16)),
                ('title', models.CharField(blank=True, help_text='Empty: as before.', max_length=200)),
                ('impact', models.CharField(blank=True, choices=[('none', 'None'), ('minor', 'Minor'), ('major', 'Major'), ('critical', 'Critical')], help_text='Empty: as before.', max_length=10)),
                ('body', models.TextField()),
                ('eta_at', models.DateTimeField(blank=True, help_text='When service is expected back, if you know.', null=True)),
                ('next_update_at', models.DateTimeField(blank=True, help_text='The promise that readers see.', null=True)),
                ('component_states', models.JSONField(blank=True, default=dict, help_text='What publishing sets: component pk (as text) to its state.')),
                ('notify', models.BooleanField(default=True, help_text='Mail it to the subscribers.')),
                ('status', models.CharField(choices=[('draft', 'Draft'), ('scheduled', 'Scheduled'), ('published', 'Published'), ('withdrawn', 'Withdrawn')], default='draft', max_length=10)),
                ('publish_at', models.DateTimeField(blank=True, null=True)),
                ('published_at', models.DateTimeField(blank=True, null=True)),
                ('occurred_at', models.DateTimeField(blank=True, help_text='For an incident that is told afterwards: when this was said.', null=True)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('updated_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('author', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('page_incident', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='updates', to='comms.pageincident')),
            ],
            options={
                'ordering': ['-published_at', '-pk'],
                'indexes': [models.Index(condition=models.Q(('status', 'scheduled')), fields=['publish_at'], name='status_update_due')],
                'constraints': [models.CheckConstraint(condition=models.Q(('status__in', ['draft', 'scheduled', 'published', 'withdrawn'])), name='status_update_status_known'), models.CheckConstraint(condition=models.Q(models.Q(('status', 'published'), _negated=True), ('published_at__isnull', False), _connector='OR'), name='status_update_published_when'), models.CheckConstraint(condition=models.Q(models.Q(('status', 'scheduled'), _negated=True), ('publish_at__isnull', False), _connector='OR'), name='status_update_scheduled_when')],
            },
        ),
        migrations.CreateModel(
            name='ComponentChange',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('old_status', models.CharField(choices=[('operational', 'Operational'), ('degraded_performance', 'Degraded performance'), ('partial_outage', 'Partial outage'), ('major_outage', 'Major outage'), ('under_maintenance', 'Under maintenance')], max_length=24)),
                ('new_status', models.CharField(choices=[('operational', 'Operational'), ('degraded_performance', 'Degraded performance'), ('partial_outage', 'Partial outage'), ('major_outage', 'Major outage'), ('under_maintenance', 'Under maintenance')], max_length=24)),
                ('at', models.DateTimeField(default=django.utils.timezone.now)),
                ('component', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='changes', to='comms.component')),
                ('update', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='component_changes', to='comms.statusupdate')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('update', 'component'), name='component_change_once')],
            },
        ),
        migrations.CreateModel(
            name='DrillCall',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('state', models.CharField(choices=[('waiting', 'Waiting'), ('confirmed', 'Confirmed'), ('late', 'Confirmed late'), ('unanswered', 'Not answered'), ('unreachable', 'Could not be reached')], default='waiting', max_length=12)),
                ('proved', models.BooleanField(default=True, help_text='They had a way to be reached that is proved to be theirs.')),
                ('why', models.CharField(blank=True, max_length=300)),
                ('confirmed_at', models.DateTimeField(null=True)),
                ('through', models.CharField(blank=True, help_text='By what they confirmed, in words.', max_length=40)),
                ('drill', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='calls', to='comms.drill')),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='drill_calls', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': 'call of a drill',
                'verbose_name_plural': 'calls of a drill',
                'ordering': ['pk'],
            },
        ),
        migrations.CreateModel(
            name='Delivery',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.CharField(max_length=120, unique=True)),
                ('kind', models.CharField(choices=[('page', 'Page'), ('digest', 'Digest of pages'), ('code', 'Code to verify'), ('test', 'Test page'), ('drill', 'Page drill'), ('account', 'Account'), ('confirm', 'Confirmation'), ('notice', 'Notice'), ('update', 'Status update')], max_length=10)),
                ('priority', models.PositiveSmallIntegerField(default=5)),
                ('channel', models.CharField(choices=[('email', 'E-mail'), ('sms', 'SMS'), ('voice', 'Phone call'), ('push', 'Push'), ('chat', 'Chat'), ('webhook', 'Webhook')], default='email', max_length=8)),
                ('address', models.CharField(help_text='Of mail; of other channels as much as may be shown.', max_length=254)),
                ('place', models.PositiveSmallIntegerField(default=0, help_text="Which of a page's notifications, from 0.")),
                ('rule', models.CharField(blank=True, help_text='Why this channel at this time, in words.', max_length=120)),
                ('state', models.CharField(choices=[('held', 'Held for a digest'), ('queued', 'Queued'), ('sending', 'Sending'), ('sent', 'Sent'), ('failed', 'Failed'), ('suppressed', 'Not sent')], default='queued', max_length=10)),
                ('due_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('lease_until', models.DateTimeField(null=True)),
                ('attempts', models.PositiveSmallIntegerField(default=0)),
                ('reply', models.CharField(blank=True, help_text='What the mail server or the provider last said.', max_length=500)),
                ('provider_id', models.CharField(blank=True, help_text='By which the provider knows it.', max_length=80)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('first_due_at', models.DateTimeField(help_text='When its rule wanted it, whatever became of it.', null=True)),
                ('sent_at', models.DateTimeField(null=True)),
                ('took_ms', models.PositiveIntegerField(help_text='Milliseconds that the provider took to answer.', null=True)),
                ('bundle', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='deliveries', to='comms.bundle')),
                ('entry', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='incidents.timelineentry')),
                ('method', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='teams.contactmethod')),
                ('page', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='deliveries', to='incidents.page')),
                ('user', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('webhook', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='teams.webhook')),
                ('drill_call', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='deliveries', to='comms.drillcall')),
                ('letter', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='deliveries', to='comms.letter')),
                ('update', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='deliveries', to='comms.statusupdate')),
                ('subscriber', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='deliveries', to='comms.subscriber')),
            ],
            options={
                'verbose_name_plural': 'deliveries',
                'ordering': ['-pk'],
                'indexes': [models.Index(condition=models.Q(('state__in', ['queued', 'sending'])), fields=['priority', 'due_at'], name='delivery_waiting'), models.Index(condition=models.Q(('state', 'held')), fields=['bundle'], name='delivery_held'), models.Index(condition=models.Q(('provider_id', ''), _negated=True), fields=['provider_id'], name='delivery_of_provider')],
                'constraints': [models.CheckConstraint(condition=models.Q(('state__in', ['held', 'queued', 'sending', 'sent', 'failed', 'suppressed'])), name='delivery_state'), models.CheckConstraint(condition=models.Q(models.Q(('state', 'held'), _negated=True), ('bundle__isnull', False), _connector='OR'), name='delivery_held_in_a_bundle'), models.CheckConstraint(condition=models.Q(('channel__in', ['email', 'sms', 'voice', 'push', 'chat', 'webhook'])), name='delivery_channel'), models.CheckConstraint(condition=models.Q(models.Q(('kind', 'account'), _negated=True), ('letter__isnull', False), _connector='OR'), name='delivery_letter'), models.CheckConstraint(condition=models.Q(models.Q(('kind', 'drill'), _negated=True), ('drill_call__isnull', False), _connector='OR'), name='delivery_of_a_drill'), models.CheckConstraint(condition=models.Q(models.Q(('state', 'sending'), _negated=True), ('lease_until__isnull', False), _connector='OR'), name='delivery_lease')],
            },
        ),
        migrations.AddField(
            model_name='drillcall',
            name='reached_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='comms.delivery'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='statuspage',
            trigger=pgtrigger.compiler.Trigger(name='audit', sql=pgtrigger.compiler.UpsertTriggerSql(declare='DECLARE r RECORD;', func='IF TG_OP = \'DELETE\' THEN r := OLD; ELSE r := NEW; END IF; PERFORM watchbill_remember(\'comms.statuspage\', r."id"::text, BTRIM(CONCAT(r."name")), ARRAY[]::text[], CASE WHEN TG_OP = \'UPDATE\' THEN ARRAY[]::text[] END, ARRAY[\'updated_at\', \'password\', \'digest\', \'secret\', \'data\', \'extra_data\', \'token\', \'key\'], CASE WHEN TG_OP <> \'INSERT\' THEN to_jsonb(OLD) END, CASE WHEN TG_OP <> \'DELETE\' THEN to_jsonb(NEW) END); RETURN NULL;', hash='54029e6f5ad1b2aabfc08079d25fcccefe9049ee', operation='INSERT OR UPDATE OR DELETE', pgid='pgtrigger_audit_dcc70', table='comms_statuspage', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='drill',
            trigger=pgtrigger.compiler.Trigger(name='audit', sql=pgtrigger.compiler.UpsertTriggerSql(declare='DECLARE r RECORD;', func='IF TG_OP = \'DELETE\' THEN r := OLD; ELSE r := NEW; END IF; PERFORM watchbill_remember(\'comms.drill\', r."id"::text, BTRIM(CONCAT((SELECT t."name" FROM "teams_team" t WHERE t."id" = (SELECT t."team_id" FROM "teams_schedule" t WHERE t."id" = r."schedule_id")), \' · \', (SELECT t."name" FROM "teams_schedule" t WHERE t."id" = r."schedule_id"))), ARRAY[\'teams.schedule:\' || r."schedule_id", \'teams.team:\' || (SELECT t."team_id" FROM "teams_schedule" t WHERE t."id" = r."schedule_id")]::text[], CASE WHEN TG_OP = \'UPDATE\' THEN ARRAY[\'teams.schedule:\' || OLD."schedule_id", \'teams.team:\' || (SELECT t."team_id" FROM "teams_schedule" t WHERE t."id" = OLD."schedule_id")]::text[] END, ARRAY[\'created_at\', \'password\', \'digest\', \'secret\', \'data\', \'extra_data\', \'token\', \'key\'], CASE WHEN TG_OP <> \'INSERT\' THEN to_jsonb(OLD) END, CASE WHEN TG_OP <> \'DELETE\' THEN to_jsonb(NEW) END); RETURN NULL;', hash='09a9385e6972c91760cc7fc13bcdc9ada841b892', operation='INSERT OR UPDATE OR DELETE', pgid='pgtrigger_audit_46dd4', table='comms_drill', when='AFTER')),
        ),
        migrations.AddConstraint(
            model_name='drillcall',
            constraint=models.UniqueConstraint(fields=('drill', 'person'), name='drill_call_once'),
        ),
        migrations.AddConstraint(
            model_name='drillcall',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('confirmed_at__isnull', False), ('state__in', ['confirmed', 'late'])), models.Q(('confirmed_at', None), ('state__in', ['waiting', 'unanswered', 'unreachable'])), _connector='OR'), name='drill_call_state'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='pagerole',
            trigger=pgtrigger.compiler.Trigger(name='audit', sql=pgtrigger.compiler.UpsertTriggerSql(declare='DECLARE r RECORD;', func='IF TG_OP = \'DELETE\' THEN r := OLD; ELSE r := NEW; END IF; PERFORM watchbill_remember(\'comms.pagerole\', r."id"::text, BTRIM(CONCAT(watchbill_person(r."user_id"), \', \', r."role", \' of \', (SELECT t."name" FROM "comms_statuspage" t WHERE t."id" = r."page_id"))), ARRAY[\'comms.statuspage:\' || r."page_id", \'teams.user:\' || r."user_id"]::text[], CASE WHEN TG_OP = \'UPDATE\' THEN ARRAY[\'comms.statuspage:\' || OLD."page_id", \'teams.user:\' || OLD."user_id"]::text[] END, ARRAY[\'password\', \'digest\', \'secret\', \'data\', \'extra_data\', \'token\', \'key\'], CASE WHEN TG_OP <> \'INSERT\' THEN to_jsonb(OLD) END, CASE WHEN TG_OP <> \'DELETE\' THEN to_jsonb(NEW) END); RETURN NULL;', hash='32403a8b58f6cc9fd744f5531b8ef30f52fe35f0', operation='INSERT OR UPDATE OR DELETE', pgid='pgtrigger_audit_0f09b', table='comms_pagerole', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='componentgroup',
            trigger=pgtrigger.compiler.Trigger(name='audit', sql=pgtrigger.compiler.UpsertTriggerSql(declare='DECLARE r RECORD;', func='IF TG_OP = \'DELETE\' THEN r := OLD; ELSE r := NEW; END IF; PERFORM watchbill_remember(\'comms.componentgroup\', r."id"::text, BTRIM(CONCAT((SELECT t."name" FROM "comms_statuspage" t WHERE t."id" = r."page_id"), \' · \', r."name")), ARRAY[\'comms.statuspage:\' || r."page_id"]::text[], CASE WHEN TG_OP = \'UPDATE\' THEN ARRAY[\'comms.statuspage:\' || OLD."page_id"]::text[] END, ARRAY[\'password\', \'digest\', \'secret\', \'data\', \'extra_data\', \'token\', \'key\'], CASE WHEN TG_OP <> \'INSERT\' THEN to_jsonb(OLD) END, CASE WHEN TG_OP <> \'DELETE\' THEN to_jsonb(NEW) END); RETURN NULL;', hash='f77bf751039e8a2d37ed43a82e9ea9c9b35a4cb9', operation='INSERT OR UPDATE OR DELETE', pgid='pgtrigger_audit_ea5ce', table='comms_componentgroup', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='component',
            trigger=pgtrigger.compiler.Trigger(name='audit', sql=pgtrigger.compiler.UpsertTriggerSql(declare='DECLARE r RECORD;', func='IF TG_OP = \'DELETE\' THEN r := OLD; ELSE r := NEW; END IF; PERFORM watchbill_remember(\'comms.component\', r."id"::text, BTRIM(CONCAT((SELECT t."name" FROM "comms_statuspage" t WHERE t."id" = r."page_id"), \' · \', r."name")), ARRAY[\'comms.statuspage:\' || r."page_id", \'teams.service:\' || r."service_id", \'teams.team:\' || r."team_id"]::text[], CASE WHEN TG_OP = \'UPDATE\' THEN ARRAY[\'comms.statuspage:\' || OLD."page_id", \'teams.service:\' || OLD."service_id", \'teams.team:\' || OLD."team_id"]::text[] END, ARRAY[\'status\', \'updated_at\', \'password\', \'digest\', \'secret\', \'data\', \'extra_data\', \'token\', \'key\'], CASE WHEN TG_OP <> \'INSERT\' THEN to_jsonb(OLD) END, CASE WHEN TG_OP <> \'DELETE\' THEN to_jsonb(NEW) END); RETURN NULL;', hash='0b598dcd904bc90409c7462fd59f626eac951ffa', operation='INSERT OR UPDATE OR DELETE', pgid='pgtrigger_audit_7e28a', table='comms_component', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='subscriber',
            trigger=pgtrigger.compiler.Trigger(name='audit', sql=pgtrigger.compiler.UpsertTriggerSql(declare='DECLARE r RECORD;', func='IF COALESCE(NULLIF(current_setting(\'pghistory.context_metadata\', true), \'\'), \'{}\')::jsonb ->> \'user\' IS NULL THEN RETURN NULL; END IF; IF TG_OP = \'DELETE\' THEN r := OLD; ELSE r := NEW; END IF; PERFORM watchbill_remember(\'comms.subscriber\', r."id"::text, BTRIM(CONCAT(r."email", \' of \', (SELECT t."name" FROM "comms_statuspage" t WHERE t."id" = r."page_id"))), ARRAY[\'comms.statuspage:\' || r."page_id"]::text[], CASE WHEN TG_OP = \'UPDATE\' THEN ARRAY[\'comms.statuspage:\' || OLD."page_id"]::text[] END, ARRAY[\'password\', \'digest\', \'secret\', \'data\', \'extra_data\', \'token\', \'key\'], CASE WHEN TG_OP <> \'INSERT\' THEN to_jsonb(OLD) END, CASE WHEN TG_OP <> \'DELETE\' THEN to_jsonb(NEW) END); RETURN NULL;', hash='f97a2b14e1561bfe86efc1cfd7ed1d2d4d3d2112', operation='INSERT OR UPDATE OR DELETE', pgid='pgtrigger_audit_b45aa', table='comms_subscriber', when='AFTER')),
        ),
    ]
