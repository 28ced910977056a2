import django.contrib.postgres.constraints
import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.contrib.postgres.operations
import django.contrib.postgres.search
import django.core.validators
import django.db.models.constraints
import django.db.models.deletion
import django.db.models.functions.text
import django.utils.timezone
import pgtrigger.compiler
import pgtrigger.migrations
import teams.models.escalation
import teams.models.schedule
import teams.models.token
import teams.public_holidays
import teams.secrets
import teams.zones
import uuid
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    replaces = [('teams', '0006_addresses_count_as_verified'), ('teams', '0007_token_scopes_and_service_accounts'), ('teams', '0008_invitations'), ('teams', '0009_what_writes_the_audit_log'), ('teams', '0010_audit_log'), ('teams', '0011_erased_people'), ('teams', '0012_track_how_people_get_in'), ('teams', '0013_whom_scim_deactivated'), ('teams', '0014_rosters_with_a_memory'), ('teams', '0015_how_people_are_reached'), ('teams', '0016_service_catalogue'), ('teams', '0017_dependencies_that_hold_alerts_back')]

    dependencies = [
        ('account', '0009_emailaddress_unique_primary_email'),
        ('mfa', '0003_authenticator_type_uniq'),
        ('socialaccount', '0006_alter_socialaccount_extra_data'),
        ('teams', '0001_squashed_0005_how_people_get_in'),
    ]

    operations = [
        django.contrib.postgres.operations.BtreeGistExtension(
        ),
        migrations.CreateModel(
            name='AuditEvent',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField()),
                ('done', models.CharField(help_text='insert, update, delete, or the kind of an access event', max_length=60)),
                ('kind', models.CharField(help_text='The table: teams.layer', max_length=80)),
                ('object', models.CharField(help_text="The row's key.", max_length=64)),
                ('label', models.TextField(blank=True, help_text='What the row was called then.')),
                ('about', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=120), default=list, help_text='What it concerns, itself included: teams.team:3', size=None)),
                ('before', models.JSONField(help_text='Of a change only the columns that changed.', null=True)),
                ('after', models.JSONField(null=True)),
                ('through', models.CharField(blank=True, max_length=40)),
                ('address', models.GenericIPAddressField(null=True)),
                ('context', models.JSONField(default=dict, help_text='method, url, agent, token, task, command …')),
                ('context_id', models.UUIDField(help_text='The same for all that one request did.', null=True)),
                ('incident', models.BigIntegerField(help_text='The incident that it tells of.', null=True)),
                ('document', django.contrib.postgres.search.SearchVectorField(null=True)),
                ('user', models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['-at', '-pk'],
                'indexes': [models.Index(fields=['-at', '-id'], name='audit_newest'), models.Index(fields=['user', '-at', '-id'], name='audit_person'), models.Index(fields=['kind', '-at', '-id'], name='audit_kind'), models.Index(fields=['done', '-at', '-id'], name='audit_done'), models.Index(fields=['through', '-at', '-id'], name='audit_through'), models.Index(fields=['address', '-at', '-id'], name='audit_address'), django.contrib.postgres.indexes.GinIndex(fastupdate=False, fields=['about'], name='audit_about'), django.contrib.postgres.indexes.GinIndex(fastupdate=False, fields=['document'], name='audit_document')],
            },
        ),
        migrations.CreateModel(
            name='AuditStream',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=80, unique=True)),
                ('kind', models.CharField(choices=[('syslog', 'Syslog'), ('webhook', 'Webhook')], default='webhook', max_length=10)),
                ('url', models.CharField(help_text='Of a webhook https://siem.example.org/watchbill, of syslog udp://, tcp:// or tls:// with host and port: tls://logs.example.org:6514.', max_length=500, verbose_name='address')),
                ('secret', teams.secrets.SealedField(blank=True, help_text='Signs what a webhook gets (HMAC-SHA256). Left empty, one is made and shown once.')),
                ('former_secret', teams.secrets.SealedField(blank=True, editable=False, help_text='Signs as well while receivers change over.')),
                ('active', models.BooleanField(default=True)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('last_sent_at', models.DateTimeField(blank=True, editable=False, null=True)),
                ('last_error', models.CharField(blank=True, editable=False, max_length=300)),
                ('last_error_at', models.DateTimeField(blank=True, editable=False, null=True)),
                ('failures', models.PositiveIntegerField(default=0, editable=False, help_text='In a row.')),
                ('retry_at', models.DateTimeField(blank=True, editable=False, null=True)),
            ],
            options={
                'ordering': ['name'],
                'constraints': [models.CheckConstraint(condition=models.Q(('kind__in', ['syslog', 'webhook'])), name='audit_stream_kind')],
            },
        ),
        migrations.CreateModel(
            name='AuditLine',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('due_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('lease_until', models.DateTimeField(null=True)),
                ('attempts', models.PositiveSmallIntegerField(default=0)),
                ('sent_at', models.DateTimeField(null=True)),
                ('event', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='teams.auditevent')),
                ('stream', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='lines', to='teams.auditstream')),
            ],
            options={
                'ordering': ['pk'],
                'indexes': [models.Index(condition=models.Q(('sent_at', None)), fields=['due_at'], name='audit_line_due'), models.Index(condition=models.Q(('sent_at__isnull', False)), fields=['sent_at'], name='audit_line_sent')],
            },
        ),
        migrations.CreateModel(
            name='CalendarFeed',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('digest', models.CharField(editable=False, max_length=64, unique=True)),
                ('hint', models.CharField(editable=False, max_length=12)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('last_used_at', models.DateTimeField(editable=False, null=True)),
                ('revoked_at', models.DateTimeField(editable=False, null=True)),
                ('schedule', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='calendar_feeds', to='teams.schedule')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='calendar_feeds', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['-created_at', '-pk'],
            },
        ),
        migrations.CreateModel(
            name='CalendarSource',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('url', teams.secrets.SealedField(blank=True, help_text='Whoever has it reads the calendar, so it is kept encrypted.')),
                ('file_name', models.CharField(blank=True, max_length=120)),
                ('body', models.BinaryField(default=b'')),
                ('etag', models.CharField(blank=True, editable=False, max_length=400)),
                ('last_modified', models.CharField(blank=True, editable=False, max_length=80)),
                ('unmatched', models.JSONField(default=list, editable=False, help_text='Who stands in it and is nobody here.')),
                ('problems', models.JSONField(default=list, editable=False, help_text='Events that could not be read.')),
                ('error', models.TextField(blank=True, editable=False, help_text='Why it could not be read at the last try.')),
                ('read_at', models.DateTimeField(editable=False, help_text='When it was last read whole.', null=True)),
                ('tried_at', models.DateTimeField(editable=False, null=True)),
                ('failures', models.PositiveIntegerField(default=0, editable=False)),
                ('due_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('leased_until', models.DateTimeField(editable=False, null=True)),
                ('created_by', models.ForeignKey(editable=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('schedule', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='calendar_source', to='teams.schedule')),
            ],
            options={
                'indexes': [models.Index(fields=['due_at'], name='teams_calen_due_at_375b59_idx')],
            },
        ),
        migrations.CreateModel(
            name='ContactMethod',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('email', 'E-mail'), ('sms', 'SMS'), ('voice', 'Phone call'), ('push', 'Push to a browser'), ('slack', 'Slack'), ('msteams', 'Microsoft Teams'), ('mattermost', 'Mattermost'), ('telegram', 'Telegram'), ('ntfy', 'ntfy'), ('gotify', 'Gotify'), ('pushover', 'Pushover'), ('signal', 'Signal'), ('other', 'Another service'), ('webhook', 'Webhook')], max_length=12)),
                ('label', models.CharField(blank=True, help_text='Such as “work phone”.', max_length=60)),
                ('address', teams.secrets.SealedField()),
                ('shown', models.CharField(editable=False, max_length=120)),
                ('digest', models.CharField(editable=False, max_length=64)),
                ('secret', teams.secrets.SealedField(blank=True, help_text='Signs what a webhook gets.')),
                ('code_digest', models.CharField(blank=True, editable=False, max_length=64)),
                ('code_ends_at', models.DateTimeField(editable=False, null=True)),
                ('code_tries', models.PositiveSmallIntegerField(default=0, editable=False)),
                ('verified_at', models.DateTimeField(editable=False, null=True)),
                ('disabled_at', models.DateTimeField(editable=False, null=True)),
                ('trouble', models.CharField(blank=True, help_text='Why the provider last failed; empty when well.', max_length=300)),
                ('trouble_at', models.DateTimeField(editable=False, null=True)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='contact_methods', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['pk'],
                'indexes': [models.Index(fields=['kind', 'digest'], name='contact_by_digest')],
                'constraints': [models.UniqueConstraint(fields=('user', 'kind', 'digest'), name='contact_method_once', violation_error_message='You have this one already.'), models.CheckConstraint(condition=models.Q(('kind__in', ['email', 'sms', 'voice', 'push', 'slack', 'msteams', 'mattermost', 'telegram', 'ntfy', 'gotify', 'pushover', 'signal', 'other', 'webhook'])), name='contact_method_kind'), models.CheckConstraint(condition=models.Q(('code_digest', ''), ('code_ends_at__isnull', False), _connector='OR'), name='contact_code_ends')],
            },
        ),
        migrations.CreateModel(
            name='ImportedShift',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('known_from', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('known_until', models.DateTimeField(editable=False, null=True)),
                ('starts_at', models.DateTimeField()),
                ('ends_at', models.DateTimeField()),
                ('uid', models.TextField(blank=True)),
                ('summary', models.TextField(blank=True)),
                ('schedule', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='imported_shifts', to='teams.schedule')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='imported_shifts', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['starts_at', 'pk'],
                'indexes': [models.Index(fields=['schedule', 'ends_at'], name='teams_impor_schedul_407c49_idx')],
                'constraints': [models.CheckConstraint(condition=models.Q(('ends_at__gt', models.F('starts_at'))), name='imported_shift_ends_after_start')],
            },
        ),
        migrations.CreateModel(
            name='Invitation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('email', models.EmailField(max_length=254, verbose_name='email address')),
                ('role', models.CharField(choices=[('owner', 'Owner'), ('admin', 'Admin'), ('responder', 'Responder'), ('viewer', 'Viewer')], max_length=12, verbose_name='role in the organization')),
                ('team_role', models.CharField(choices=[('manager', 'Manager'), ('member', 'Member'), ('guest', 'Guest')], default='member', max_length=16, verbose_name='role in the team')),
                ('digest', models.CharField(editable=False, max_length=64, unique=True)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('expires_at', models.DateTimeField()),
                ('sent_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('sent_count', models.PositiveSmallIntegerField(default=0)),
                ('accepted_at', models.DateTimeField(blank=True, null=True)),
                ('revoked_at', models.DateTimeField(blank=True, null=True)),
                ('accepted_by', models.ForeignKey(blank=True, help_text='Whose account it led to; before it is accepted: who had that address when it was sent.', null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('invited_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('team', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='invitations', to='teams.team')),
            ],
            options={
                'ordering': ['-created_at', '-pk'],
                'constraints': [models.UniqueConstraint(django.db.models.functions.text.Lower('email'), models.F('team'), condition=models.Q(('accepted_at', None), ('revoked_at', None), ('team__isnull', False)), name='invitation_once_a_team'), models.UniqueConstraint(django.db.models.functions.text.Lower('email'), condition=models.Q(('accepted_at', None), ('revoked_at', None), ('team', None)), name='invitation_once_without_team'), models.CheckConstraint(condition=models.Q(('accepted_at', None), ('revoked_at', None), _connector='OR'), name='invitation_accepted_or_revoked'), models.CheckConstraint(condition=models.Q(('role__in', ['owner', 'admin', 'responder', 'viewer']), ('team_role__in', ['manager', 'member', 'guest'])), name='invitation_roles_known'), models.CheckConstraint(condition=models.Q(('expires_at__gt', models.F('created_at'))), name='invitation_ends_after_it_begins')],
            },
        ),
        migrations.CreateModel(
            name='NotificationRule',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('urgency', models.CharField(choices=[('high', 'High urgency'), ('low', 'Low urgency')], default='high', max_length=4)),
                ('delay_minutes', models.PositiveSmallIntegerField(default=0, validators=[django.core.validators.MaxValueValidator(240)])),
                ('method', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='rules', to='teams.contactmethod')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='notification_rules', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['urgency', 'delay_minutes', 'pk'],
                'constraints': [models.UniqueConstraint(fields=('user', 'urgency', 'delay_minutes', 'method'), name='notification_rule_once', nulls_distinct=False, violation_error_message='This rule is there already.'), models.CheckConstraint(condition=models.Q(('urgency__in', ['high', 'low'])), name='notification_rule_urgency'), models.CheckConstraint(condition=models.Q(('delay_minutes__lte', 240)), name='notification_rule_delay')],
            },
        ),
        migrations.CreateModel(
            name='PublishedShift',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('starts_at', models.DateTimeField()),
                ('ends_at', models.DateTimeField()),
                ('uid', models.UUIDField(default=uuid.uuid4, unique=True)),
                ('sequence', models.PositiveIntegerField(default=0)),
                ('cancelled', models.BooleanField(default=False)),
                ('changed_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('schedule', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='published_shifts', to='teams.schedule')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='published_shifts', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['starts_at', 'pk'],
                'constraints': [models.UniqueConstraint(fields=('schedule', 'user', 'starts_at'), name='published_shift_once'), models.CheckConstraint(condition=models.Q(('ends_at__gt', models.F('starts_at'))), name='published_shift_ends_after_start')],
            },
        ),
        migrations.CreateModel(
            name='RosterWarning',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('gap', 'Nobody on call'), ('twice', 'On two schedules at once'), ('unreachable', "Can't be reached"), ('alone', 'One person only'), ('nights', 'Too many nights'), ('away', 'On call while away'), ('import', "Calendar can't be read")], max_length=16)),
                ('key', models.CharField(max_length=120)),
                ('text', models.TextField()),
                ('starts_at', models.DateTimeField(null=True)),
                ('ends_at', models.DateTimeField(null=True)),
                ('found_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('told_at', models.DateTimeField(null=True)),
                ('gone_at', models.DateTimeField(null=True)),
                ('schedule', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='roster_warnings', to='teams.schedule')),
                ('team', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='roster_warnings', to='teams.team')),
                ('user', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['starts_at', 'pk'],
                'constraints': [models.UniqueConstraint(condition=models.Q(('gone_at', None)), fields=('team', 'key'), name='roster_warning_open_once'), models.CheckConstraint(condition=models.Q(('ends_at', None), ('ends_at__gt', models.F('starts_at')), _connector='OR'), name='roster_warning_ends_after_start')],
            },
        ),
        migrations.CreateModel(
            name='ServiceDependency',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('suppresses', models.BooleanField(default=False, help_text="While an incident of the other service is open and not mitigated, this one's alerts open none.", verbose_name='holds its alerts back')),
                ('depends_on', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='needed_by', to='teams.service')),
                ('service', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='dependencies', to='teams.service')),
            ],
            options={
                'verbose_name_plural': 'service dependencies',
                'ordering': ['depends_on__name'],
                'constraints': [models.UniqueConstraint(fields=('service', 'depends_on'), name='service_dependency_once'), models.CheckConstraint(condition=models.Q(('service', models.F('depends_on')), _negated=True), name='service_dependency_on_another')],
            },
        ),
        migrations.CreateModel(
            name='ServiceLink',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('dashboard', 'Dashboard'), ('runbook', 'Runbook'), ('other', 'Other')], default='dashboard', max_length=10)),
                ('title', models.CharField(max_length=80)),
                ('url', models.URLField(max_length=500, validators=[django.core.validators.URLValidator(schemes=['http', 'https'])], verbose_name='address')),
                ('service', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='links', to='teams.service')),
            ],
            options={
                'verbose_name': 'link',
                'ordering': ['kind', 'title', 'pk'],
                'constraints': [models.UniqueConstraint(fields=('service', 'url'), name='service_link_once'), models.CheckConstraint(condition=models.Q(('kind__in', ['dashboard', 'runbook', 'other'])), name='service_link_kind')],
            },
        ),
        migrations.CreateModel(
            name='Swap',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('starts_at', models.DateTimeField()),
                ('ends_at', models.DateTimeField()),
                ('back_starts_at', models.DateTimeField(blank=True, null=True)),
                ('back_ends_at', models.DateTimeField(blank=True, null=True)),
                ('note', models.CharField(blank=True, max_length=200)),
                ('state', models.CharField(choices=[('open', 'Open'), ('accepted', 'Accepted'), ('declined', 'Declined'), ('withdrawn', 'Withdrawn'), ('expired', 'Expired')], default='open', editable=False, max_length=12)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('answered_at', models.DateTimeField(editable=False, null=True)),
                ('answered_by', models.ForeignKey(editable=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='swaps_answered', to=settings.AUTH_USER_MODEL)),
                ('asked', models.ForeignKey(blank=True, help_text='Empty: anyone of the team or the rotation.', null=True, on_delete=django.db.models.deletion.CASCADE, related_name='swaps_to_answer', to=settings.AUTH_USER_MODEL)),
                ('schedule', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='swaps', to='teams.schedule')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='swaps_asked_for', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['starts_at', 'pk'],
                'indexes': [models.Index(fields=['schedule', 'state', 'starts_at'], name='teams_swap_schedul_02823c_idx')],
                'constraints': [models.CheckConstraint(condition=models.Q(('ends_at__gt', models.F('starts_at'))), name='swap_ends_after_start'), models.CheckConstraint(condition=models.Q(models.Q(('back_ends_at', None), ('back_starts_at', None)), ('back_ends_at__gt', models.F('back_starts_at')), _connector='OR'), name='swap_back_ends_after_start'), models.CheckConstraint(condition=models.Q(('state__in', ['open', 'accepted', 'declined', 'withdrawn', 'expired'])), name='swap_state'), models.CheckConstraint(condition=models.Q(('asked', None), models.Q(('asked', models.F('user')), _negated=True), _connector='OR'), name='swap_with_somebody_else')],
            },
        ),
        migrations.CreateModel(
            name='TimeOff',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('starts_at', models.DateTimeField()),
                ('ends_at', models.DateTimeField()),
                ('note', models.CharField(blank=True, max_length=200)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('created_by', models.ForeignKey(editable=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='time_off', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': 'time off',
                'verbose_name_plural': 'time off',
                'ordering': ['starts_at', 'pk'],
                'indexes': [models.Index(fields=['user', 'ends_at'], name='teams_timeo_user_id_99e78e_idx')],
                'constraints': [models.CheckConstraint(condition=models.Q(('ends_at__gt', models.F('starts_at'))), name='time_off_ends_after_start')],
            },
        ),
        migrations.CreateModel(
            name='Webhook',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=80)),
                ('url', teams.secrets.SealedField(help_text='https. It may hold a key, so it is kept encrypted.')),
                ('secret', teams.secrets.SealedField(blank=True, editable=False, help_text='Signs what is sent, as Standard Webhooks has it.')),
                ('former_secret', teams.secrets.SealedField(blank=True, editable=False, help_text='Signs as well until it is dropped.')),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('team', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='webhooks', to='teams.team')),
            ],
            options={
                'ordering': ['team__name', 'name'],
                'constraints': [models.UniqueConstraint(fields=('team', 'name'), name='webhook_name_in_team')],
            },
        ),
        migrations.CreateModel(
            name='TrackedAuthenticator',
            fields=[
            ],
            options={
                'proxy': True,
                'indexes': [],
                'constraints': [],
            },
            bases=('mfa.authenticator',),
        ),
        migrations.CreateModel(
            name='TrackedEmailAddress',
            fields=[
            ],
            options={
                'proxy': True,
                'indexes': [],
                'constraints': [],
            },
            bases=('account.emailaddress',),
        ),
        migrations.CreateModel(
            name='TrackedSocialAccount',
            fields=[
            ],
            options={
                'proxy': True,
                'indexes': [],
                'constraints': [],
            },
            bases=('socialaccount.socialaccount',),
        ),
        migrations.AlterModelOptions(
            name='apitoken',
            options={'ordering': ['-created_at', '-pk'], 'verbose_name': 'API token'},
        ),
        migrations.RemoveConstraint(
            model_name='escalationtarget',
            name='target_is_one_thing',
        ),
        migrations.RemoveConstraint(
            model_name='layer',
            name='layer_kind',
        ),
        migrations.AddField(
            model_name='apitoken',
            name='due_at',
            field=models.DateTimeField(editable=False, help_text='When its end is next spoken of.', null=True),
        ),
        migrations.AddField(
            model_name='apitoken',
            name='expires_at',
            field=models.DateTimeField(blank=True, help_text='Empty: never.', null=True),
        ),
        migrations.AddField(
            model_name='apitoken',
            name='last_used_from',
            field=models.GenericIPAddressField(blank=True, editable=False, null=True),
        ),
        migrations.AddField(
            model_name='apitoken',
            name='made_by',
            field=models.ForeignKey(editable=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='apitoken',
            name='scopes',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=12), default=teams.models.token.least, size=None),
        ),
        migrations.AddField(
            model_name='escalationpolicy',
            name='acknowledge_minutes',
            field=models.PositiveSmallIntegerField(blank=True, default=30, help_text='An incident that was acknowledged and that nobody has declared by then pages again, 1 to 1440 minutes. Empty: never.', null=True, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(1440)], verbose_name='minutes that an acknowledgement lasts'),
        ),
        migrations.AddField(
            model_name='escalationstep',
            name='hours',
            field=models.JSONField(blank=True, default=list, help_text='Empty: at any time.', validators=[teams.models.escalation.validate_hours], verbose_name='only in these hours'),
        ),
        migrations.AddField(
            model_name='escalationstep',
            name='time_zone',
            field=models.CharField(blank=True, default='', help_text='Of the hours. Empty: UTC.', max_length=64, validators=[teams.zones.validate_zone]),
        ),
        migrations.AddField(
            model_name='escalationstep',
            name='worst_level',
            field=models.PositiveSmallIntegerField(blank=True, help_text='2 takes this step for SEV1 and SEV2 and passes over it for others. An incident whose severity nobody knows yet takes every step. Empty: always.', null=True, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(4)], verbose_name='only for severities up to'),
        ),
        migrations.AddField(
            model_name='escalationtarget',
            name='way',
            field=models.CharField(choices=[('on_call', 'Whoever is on call'), ('everybody', 'Everybody'), ('round_robin', 'One after the other')], default='on_call', max_length=12),
        ),
        migrations.AddField(
            model_name='layer',
            name='changed_by',
            field=models.ForeignKey(editable=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='layer',
            name='country',
            field=models.CharField(blank=True, editable=False, help_text="Whose holidays. Empty: the schedule's.", max_length=16),
        ),
        migrations.AddField(
            model_name='layer',
            name='holidays',
            field=models.CharField(choices=[('on', 'as on other days'), ('off', 'not on public holidays'), ('only', 'only on public holidays')], default='on', help_text="Those of the schedule's country.", max_length=8, verbose_name='on public holidays'),
        ),
        migrations.AddField(
            model_name='layer',
            name='known_from',
            field=models.DateTimeField(default=django.utils.timezone.now, editable=False),
        ),
        migrations.AddField(
            model_name='layer',
            name='known_until',
            field=models.DateTimeField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name='layer',
            name='lineage',
            field=models.UUIDField(default=uuid.uuid4, editable=False),
        ),
        migrations.AddField(
            model_name='layer',
            name='replaced_by',
            field=models.ForeignKey(editable=False, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='former_versions', to='teams.layer'),
        ),
        migrations.AddField(
            model_name='layer',
            name='starts_at',
            field=models.DateTimeField(blank=True, editable=False, help_text='In effect since; null: ever.', null=True),
        ),
        migrations.AddField(
            model_name='layer',
            name='time_zone',
            field=models.CharField(blank=True, help_text="Empty: the schedule's.", max_length=64, validators=[teams.zones.validate_zone]),
        ),
        migrations.AddField(
            model_name='organization',
            name='audit_days',
            field=models.PositiveSmallIntegerField(default=730, help_text='How long the audit log is kept. 0 keeps it for ever.', verbose_name='days of audit log'),
        ),
        migrations.AddField(
            model_name='organization',
            name='bundle_seconds',
            field=models.PositiveSmallIntegerField(default=60, help_text='Whoever was paged gets what follows in this time as one digest, 0 to 3600 seconds. Worse incidents still page at once. 0: every page goes out by itself.', validators=[django.core.validators.MaxValueValidator(3600)], verbose_name='seconds of a bundle of pages'),
        ),
        migrations.AddField(
            model_name='organization',
            name='nights_limit',
            field=models.PositiveSmallIntegerField(default=14, help_text='More nights than that on call in four weeks is warned of, 0 to 28. 0: never.', validators=[django.core.validators.MaxValueValidator(28)], verbose_name='nights in four weeks'),
        ),
        migrations.AddField(
            model_name='organization',
            name='tokens_may_last',
            field=models.BooleanField(default=False, help_text='Otherwise every new token ends after a year at the latest.', verbose_name='API tokens may last for ever'),
        ),
        migrations.AddField(
            model_name='organization',
            name='warn_weeks',
            field=models.PositiveSmallIntegerField(default=4, help_text='How far ahead rosters are looked through for gaps and other trouble, 1 to 26 weeks.', validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(26)], verbose_name='weeks ahead'),
        ),
        migrations.AddField(
            model_name='override',
            name='known_from',
            field=models.DateTimeField(default=django.utils.timezone.now, editable=False),
        ),
        migrations.AddField(
            model_name='override',
            name='known_until',
            field=models.DateTimeField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name='override',
            name='replaces',
            field=models.ForeignKey(blank=True, help_text='Whose duty it is. Empty: whoever is on call.', null=True, on_delete=django.db.models.deletion.CASCADE, related_name='covered_by', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='schedule',
            name='country',
            field=models.CharField(blank=True, help_text='A country such as DE, or a part of one such as DE-BY. Empty: none.', max_length=16, validators=[teams.public_holidays.validate_country], verbose_name='public holidays of'),
        ),
        migrations.AddField(
            model_name='scimrecord',
            name='deactivated',
            field=models.BooleanField(default=False, help_text='SCIM deactivated the person, and nobody else did since.'),
        ),
        migrations.AddField(
            model_name='service',
            name='entity_ref',
            field=models.CharField(blank=True, editable=False, help_text='What the Backstage catalogue that it came from calls it: component:default/checkout.', max_length=200),
        ),
        migrations.AddField(
            model_name='service',
            name='lifecycle',
            field=models.CharField(choices=[('experimental', 'Experimental'), ('production', 'Production'), ('deprecated', 'Deprecated')], default='production', max_length=16),
        ),
        migrations.AddField(
            model_name='service',
            name='repository_url',
            field=models.URLField(blank=True, max_length=500, validators=[django.core.validators.URLValidator(schemes=['http', 'https'])], verbose_name='repository'),
        ),
        migrations.AddField(
            model_name='user',
            name='country',
            field=models.CharField(blank=True, help_text='A country such as DE, or a part of one such as DE-BY. Empty: those of each schedule.', max_length=16, validators=[teams.public_holidays.validate_country], verbose_name='public holidays of'),
        ),
        migrations.AddField(
            model_name='user',
            name='erased_at',
            field=models.DateTimeField(blank=True, editable=False, help_text='Since then the name is a pseudonym.', null=True),
        ),
        migrations.AddField(
            model_name='user',
            name='is_service',
            field=models.BooleanField(default=False, editable=False, help_text='Nobody signs in with it: it only has API tokens.', verbose_name='service account'),
        ),
        migrations.AddField(
            model_name='user',
            name='quiet_from',
            field=models.TimeField(blank=True, help_text="Pages of low urgency wait from this hour of one's own clock …", null=True),
        ),
        migrations.AddField(
            model_name='user',
            name='quiet_until',
            field=models.TimeField(blank=True, help_text='… until this one.', null=True),
        ),
        migrations.AlterField(
            model_name='layer',
            name='every',
            field=models.PositiveSmallIntegerField(default=1, help_text='Hand off every so many hours, days, weeks or months.', validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(366)]),
        ),
        migrations.AlterField(
            model_name='layer',
            name='handoff_time',
            field=models.TimeField(help_text="Local time of each hand-off, in the layer's zone."),
        ),
        migrations.AlterField(
            model_name='layer',
            name='kind',
            field=models.CharField(choices=[('hour', 'hours'), ('day', 'days'), ('week', 'weeks'), ('month', 'months')], default='week', max_length=8),
        ),
        migrations.AlterField(
            model_name='service',
            name='runbook_url',
            field=models.URLField(blank=True, help_text='What to do when it breaks; incidents show it.', max_length=500, validators=[django.core.validators.URLValidator(schemes=['http', 'https'])], verbose_name='runbook'),
        ),
        migrations.AddIndex(
            model_name='apitoken',
            index=models.Index(condition=models.Q(('due_at__isnull', False)), fields=['due_at'], name='token_due'),
        ),
        migrations.RunSQL(
            sql="\nCREATE FUNCTION watchbill_person(person bigint) RETURNS text LANGUAGE sql STABLE AS $$\n    SELECT COALESCE(NULLIF(BTRIM(first_name || ' ' || last_name), ''), username) FROM teams_user WHERE id = person\n$$;\n",
            reverse_sql='DROP FUNCTION watchbill_person(bigint)',
        ),
        migrations.RunSQL(
            sql='\nCREATE FUNCTION watchbill_remember(\n    kind text, object text, label text, about text[], about_before text[], dropped text[], old_row jsonb, new_row jsonb\n) RETURNS void LANGUAGE plpgsql AS $$\nDECLARE\n    context jsonb := COALESCE(NULLIF(current_setting(\'pghistory.context_metadata\', true), \'\'), \'{}\')::jsonb;\n    before jsonb := old_row - dropped;\n    after jsonb := new_row - dropped;\n    done text := CASE WHEN old_row IS NULL THEN \'insert\' WHEN new_row IS NULL THEN \'delete\' ELSE \'update\' END;\n    person bigint := (context ->> \'user\')::bigint;\n    through text := COALESCE(context ->> \'through\', \'\');\n    address inet := (context ->> \'address\')::inet;\n    incident bigint;\n    refs text[] := about || about_before || ARRAY[kind || \':\' || object];\nBEGIN\n    IF done = \'update\' THEN\n        SELECT jsonb_object_agg(key, value), jsonb_object_agg(key, new_row -> key) INTO before, after\n            FROM jsonb_each(before) WHERE new_row -> key IS DISTINCT FROM value;\n        IF before IS NULL THEN\n            RETURN;\n        END IF;\n    END IF;\n    IF kind = \'teams.accessevent\' THEN\n        done := new_row ->> \'kind\';\n        person := (new_row ->> \'by_id\')::bigint;\n        through := new_row ->> \'through\';\n        address := (new_row ->> \'address\')::inet;\n        context := context || jsonb_build_object(\'agent\', new_row ->> \'agent\');\n        incident := CASE WHEN new_row -> \'detail\' ->> \'incident\' ~ \'^[0-9]{1,15}$\'\n            THEN (new_row -> \'detail\' ->> \'incident\')::bigint END;\n        after := new_row -> \'detail\';\n        IF new_row -> \'detail\' ->> \'team\' ~ \'^[0-9]{1,15}$\' THEN\n            refs := refs || (\'teams.team:\' || (new_row -> \'detail\' ->> \'team\'));\n        END IF;\n    END IF;\n    INSERT INTO teams_auditevent (\n        at, done, kind, object, label, about, before, after, user_id, through, address, context, context_id, incident,\n        document\n    ) VALUES (\n        clock_timestamp(), done, kind, object, label, ARRAY(SELECT DISTINCT r FROM unnest(refs) r WHERE r IS NOT NULL),\n        before, after, person, through, address, context - ARRAY[\'user\', \'through\', \'address\'],\n        NULLIF(current_setting(\'pghistory.context_id\', true), \'\')::uuid, incident,\n        to_tsvector(\'simple\', label || \' \' || kind)\n            || jsonb_to_tsvector(\'simple\', COALESCE(before, \'{}\'), \'["string", "numeric"]\')\n            || jsonb_to_tsvector(\'simple\', COALESCE(after, \'{}\'), \'["string", "numeric"]\')\n    );\nEND\n$$;\n',
            reverse_sql='DROP FUNCTION watchbill_remember(text, text, text, text[], text[], text[], jsonb, jsonb)',
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='accessevent',
            trigger=pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n    IF TG_OP = 'UPDATE' AND to_jsonb(NEW) - ARRAY['user_id', 'by_id'] = to_jsonb(OLD) - ARRAY['user_id', 'by_id'] THEN\n        RETURN NEW;\n    END IF;\n    RAISE EXCEPTION 'access events are append-only' USING ERRCODE = 'restrict_violation';\n", hash='be72935ed981ff6c7c81951a3f801be5b604d463', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_14ecf', table='teams_accessevent', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='accessevent',
            trigger=pgtrigger.compiler.Trigger(name='no_truncate', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'the audit log is append-only' USING ERRCODE = 'restrict_violation';", hash='20a994f04e92d6ea64d0cd61b18db7d918891c4c', level='STATEMENT', operation='TRUNCATE', pgid='pgtrigger_no_truncate_2dfcd', table='teams_accessevent', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='accessevent',
            trigger=pgtrigger.compiler.Trigger(name='audit', sql=pgtrigger.compiler.UpsertTriggerSql(declare='DECLARE r RECORD;', func='IF TG_OP = \'DELETE\' THEN r := OLD; ELSE r := NEW; END IF; PERFORM watchbill_remember(\'teams.accessevent\', r."id"::text, BTRIM(CONCAT(r."text")), ARRAY[\'teams.user:\' || r."user_id"]::text[], CASE WHEN TG_OP = \'UPDATE\' THEN NULL::text[] END, ARRAY[\'password\', \'digest\', \'secret\', \'data\', \'extra_data\', \'token\', \'key\'], CASE WHEN TG_OP <> \'INSERT\' THEN to_jsonb(OLD) END, CASE WHEN TG_OP <> \'DELETE\' THEN to_jsonb(NEW) END); RETURN NULL;', hash='10d904d62001fe0411e8f40d037fda89fa0a46b2', operation='INSERT', pgid='pgtrigger_audit_94bce', table='teams_accessevent', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='apitoken',
            trigger=pgtrigger.compiler.Trigger(name='audit', sql=pgtrigger.compiler.UpsertTriggerSql(declare='DECLARE r RECORD;', func='IF TG_OP = \'DELETE\' THEN r := OLD; ELSE r := NEW; END IF; PERFORM watchbill_remember(\'teams.apitoken\', r."id"::text, BTRIM(CONCAT(r."name", \' (\', r."hint", \'…) of \', watchbill_person(r."user_id"))), ARRAY[\'teams.user:\' || r."user_id"]::text[], CASE WHEN TG_OP = \'UPDATE\' THEN ARRAY[\'teams.user:\' || OLD."user_id"]::text[] END, ARRAY[\'digest\', \'last_used_at\', \'last_used_from\', \'due_at\', \'password\', \'secret\', \'data\', \'extra_data\', \'token\', \'key\'], CASE WHEN TG_OP <> \'INSERT\' THEN to_jsonb(OLD) END, CASE WHEN TG_OP <> \'DELETE\' THEN to_jsonb(NEW) END); RETURN NULL;', hash='60208864b5e898baa695c96ab0a5211d2d148c02', operation='INSERT OR UPDATE OR DELETE', pgid='pgtrigger_audit_03162', table='teams_apitoken', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='escalationpolicy',
            trigger=pgtrigger.compiler.Trigger(name='audit', sql=pgtrigger.compiler.UpsertTriggerSql(declare='DECLARE r RECORD;', func='IF TG_OP = \'DELETE\' THEN r := OLD; ELSE r := NEW; END IF; PERFORM watchbill_remember(\'teams.escalationpolicy\', r."id"::text, BTRIM(CONCAT((SELECT t."name" FROM "teams_team" t WHERE t."id" = r."team_id"), \' · \', r."name")), ARRAY[\'teams.team:\' || r."team_id"]::text[], CASE WHEN TG_OP = \'UPDATE\' THEN ARRAY[\'teams.team:\' || OLD."team_id"]::text[] END, ARRAY[\'password\', \'digest\', \'secret\', \'data\', \'extra_data\', \'token\', \'key\'], CASE WHEN TG_OP <> \'INSERT\' THEN to_jsonb(OLD) END, CASE WHEN TG_OP <> \'DELETE\' THEN to_jsonb(NEW) END); RETURN NULL;', hash='32a47c81df0d4c1ccfcd5ec148d73fb95126b3f0', operation='INSERT OR UPDATE OR DELETE', pgid='pgtrigger_audit_a6708', table='teams_escalationpolicy', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='escalationstep',
            trigger=pgtrigger.compiler.Trigger(name='audit', sql=pgtrigger.compiler.UpsertTriggerSql(declare='DECLARE r RECORD;', func='IF TG_OP = \'DELETE\' THEN r := OLD; ELSE r := NEW; END IF; PERFORM watchbill_remember(\'teams.escalationstep\', r."id"::text, BTRIM(CONCAT((SELECT t."name" FROM "teams_team" t WHERE t."id" = (SELECT t."team_id" FROM "teams_escalationpolicy" t WHERE t."id" = r."policy_id")), \' · \', (SELECT t."name" FROM "teams_escalationpolicy" t WHERE t."id" = r."policy_id"))), ARRAY[\'teams.escalationpolicy:\' || r."policy_id", \'teams.team:\' || (SELECT t."team_id" FROM "teams_escalationpolicy" t WHERE t."id" = r."policy_id")]::text[], CASE WHEN TG_OP = \'UPDATE\' THEN ARRAY[\'teams.escalationpolicy:\' || OLD."policy_id", \'teams.team:\' || (SELECT t."team_id" FROM "teams_escalationpolicy" t WHERE t."id" = OLD."policy_id")]::text[] END, ARRAY[\'password\', \'digest\', \'secret\', \'data\', \'extra_data\', \'token\', \'key\'], CASE WHEN TG_OP <> \'INSERT\' THEN to_jsonb(OLD) END, CASE WHEN TG_OP <> \'DELETE\' THEN to_jsonb(NEW) END); RETURN NULL;', hash='a36486d67a3b76258492d084f5e80e9b936c0d46', operation='INSERT OR UPDATE OR DELETE', pgid='pgtrigger_audit_634e2', table='teams_escalationstep', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='escalationtarget',
            trigger=pgtrigger.compiler.Trigger(name='audit', sql=pgtrigger.compiler.UpsertTriggerSql(declare='DECLARE r RECORD;', func='IF TG_OP = \'DELETE\' THEN r := OLD; ELSE r := NEW; END IF; PERFORM watchbill_remember(\'teams.escalationtarget\', r."id"::text, BTRIM(CONCAT(watchbill_person(r."user_id"), (SELECT t."name" FROM "teams_schedule" t WHERE t."id" = r."schedule_id"), (SELECT t."name" FROM "teams_team" t WHERE t."id" = r."team_id"), (SELECT t."name" FROM "teams_webhook" t WHERE t."id" = r."webhook_id"), \' in \', (SELECT t."name" FROM "teams_team" t WHERE t."id" = (SELECT t."team_id" FROM "teams_escalationpolicy" t WHERE t."id" = (SELECT t."policy_id" FROM "teams_escalationstep" t WHERE t."id" = r."step_id"))), \' · \', (SELECT t."name" FROM "teams_escalationpolicy" t WHERE t."id" = (SELECT t."policy_id" FROM "teams_escalationstep" t WHERE t."id" = r."step_id")))), ARRAY[\'teams.escalationstep:\' || r."step_id", \'teams.escalationpolicy:\' || (SELECT t."policy_id" FROM "teams_escalationstep" t WHERE t."id" = r."step_id"), \'teams.team:\' || (SELECT t."team_id" FROM "teams_escalationpolicy" t WHERE t."id" = (SELECT t."policy_id" FROM "teams_escalationstep" t WHERE t."id" = r."step_id")), \'teams.schedule:\' || r."schedule_id", \'teams.user:\' || r."user_id"]::text[], CASE WHEN TG_OP = \'UPDATE\' THEN ARRAY[\'teams.escalationstep:\' || OLD."step_id", \'teams.escalationpolicy:\' || (SELECT t."policy_id" FROM "teams_escalationstep" t WHERE t."id" = OLD."step_id"), \'teams.team:\' || (SELECT t."team_id" FROM "teams_escalationpolicy" t WHERE t."id" = (SELECT t."policy_id" FROM "teams_escalationstep" t WHERE t."id" = OLD."step_id")), \'teams.schedule:\' || OLD."schedule_id", \'teams.user:\' || OLD."user_id"]::text[] END, ARRAY[\'password\', \'digest\', \'secret\', \'data\', \'extra_data\', \'token\', \'key\'], CASE WHEN TG_OP <> \'INSERT\' THEN to_jsonb(OLD) END, CASE WHEN TG_OP <> \'DELETE\' THEN to_jsonb(NEW) END); RETURN NULL;', hash='f6a332b6c8a15121ae50cb5f4f8e5c655e1553dd', operation='INSERT OR UPDATE OR DELETE', pgid='pgtrigger_audit_4d9a7', table='teams_escalationtarget', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='groupmapping',
            trigger=pgtrigger.compiler.Trigger(name='audit', sql=pgtrigger.compiler.UpsertTriggerSql(declare='DECLARE r RECORD;', func='IF TG_OP = \'DELETE\' THEN r := OLD; ELSE r := NEW; END IF; PERFORM watchbill_remember(\'teams.groupmapping\', r."id"::text, BTRIM(CONCAT(r."group", \' at \', (SELECT t."name" FROM "teams_identityprovider" t WHERE t."id" = r."provider_id"))), ARRAY[\'teams.identityprovider:\' || r."provider_id", \'teams.team:\' || r."team_id"]::text[], CASE WHEN TG_OP = \'UPDATE\' THEN ARRAY[\'teams.identityprovider:\' || OLD."provider_id", \'teams.team:\' || OLD."team_id"]::text[] END, ARRAY[\'password\', \'digest\', \'secret\', \'data\', \'extra_data\', \'token\', \'key\'], CASE WHEN TG_OP <> \'INSERT\' THEN to_jsonb(OLD) END, CASE WHEN TG_OP <> \'DELETE\' THEN to_jsonb(NEW) END); RETURN NULL;', hash='8fa402c1a697253d3828c657efca60bfb50d27c5', operation='INSERT OR UPDATE OR DELETE', pgid='pgtrigger_audit_4d3a6', table='teams_groupmapping', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='identityprovider',
            trigger=pgtrigger.compiler.Trigger(name='audit', sql=pgtrigger.compiler.UpsertTriggerSql(declare='DECLARE r RECORD;', func='IF TG_OP = \'DELETE\' THEN r := OLD; ELSE r := NEW; END IF; PERFORM watchbill_remember(\'teams.identityprovider\', r."id"::text, BTRIM(CONCAT(r."name")), ARRAY[]::text[], CASE WHEN TG_OP = \'UPDATE\' THEN ARRAY[]::text[] END, ARRAY[\'client_secret\', \'password\', \'digest\', \'secret\', \'data\', \'extra_data\', \'token\', \'key\'], CASE WHEN TG_OP <> \'INSERT\' THEN to_jsonb(OLD) END, CASE WHEN TG_OP <> \'DELETE\' THEN to_jsonb(NEW) END); RETURN NULL;', hash='fefac79078cc169a241fa758515ac1823b91d02f', operation='INSERT OR UPDATE OR DELETE', pgid='pgtrigger_audit_a7e50', table='teams_identityprovider', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='layer',
            trigger=pgtrigger.compiler.Trigger(name='audit', sql=pgtrigger.compiler.UpsertTriggerSql(declare='DECLARE r RECORD;', func='IF TG_OP = \'DELETE\' THEN r := OLD; ELSE r := NEW; END IF; IF r.replaced_by_id IS NOT NULL THEN RETURN NULL; END IF; PERFORM watchbill_remember(\'teams.layer\', r."id"::text, BTRIM(CONCAT((SELECT t."name" FROM "teams_team" t WHERE t."id" = (SELECT t."team_id" FROM "teams_schedule" t WHERE t."id" = r."schedule_id")), \' · \', (SELECT t."name" FROM "teams_schedule" t WHERE t."id" = r."schedule_id"), \', \', r."name")), ARRAY[\'teams.schedule:\' || r."schedule_id", \'teams.team:\' || (SELECT t."team_id" FROM "teams_schedule" t WHERE t."id" = r."schedule_id")]::text[], CASE WHEN TG_OP = \'UPDATE\' THEN ARRAY[\'teams.schedule:\' || OLD."schedule_id", \'teams.team:\' || (SELECT t."team_id" FROM "teams_schedule" t WHERE t."id" = OLD."schedule_id")]::text[] END, ARRAY[\'known_from\', \'lineage\', \'changed_by_id\', \'replaced_by_id\', \'password\', \'digest\', \'secret\', \'data\', \'extra_data\', \'token\', \'key\'], CASE WHEN TG_OP <> \'INSERT\' THEN to_jsonb(OLD) END, CASE WHEN TG_OP <> \'DELETE\' AND NOT (r.known_until IS NOT NULL) THEN to_jsonb(NEW) END); RETURN NULL;', hash='4601047831829df3cc7e2b1c77e41efde811387b', operation='INSERT OR UPDATE OR DELETE', pgid='pgtrigger_audit_2d082', table='teams_layer', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='layermember',
            trigger=pgtrigger.compiler.Trigger(name='audit', sql=pgtrigger.compiler.UpsertTriggerSql(declare='DECLARE r RECORD;', func='IF TG_OP = \'DELETE\' THEN r := OLD; ELSE r := NEW; END IF; IF EXISTS (SELECT 1 FROM teams_layer c WHERE c.id = r.layer_id AND c.replaced_by_id IS NOT NULL) THEN RETURN NULL; END IF; PERFORM watchbill_remember(\'teams.layermember\', r."id"::text, BTRIM(CONCAT(watchbill_person(r."user_id"), \' in \', (SELECT t."name" FROM "teams_schedule" t WHERE t."id" = (SELECT t."schedule_id" FROM "teams_layer" t WHERE t."id" = r."layer_id")), \', \', (SELECT t."name" FROM "teams_layer" t WHERE t."id" = r."layer_id"))), ARRAY[\'teams.layer:\' || r."layer_id", \'teams.schedule:\' || (SELECT t."schedule_id" FROM "teams_layer" t WHERE t."id" = r."layer_id"), \'teams.team:\' || (SELECT t."team_id" FROM "teams_schedule" t WHERE t."id" = (SELECT t."schedule_id" FROM "teams_layer" t WHERE t."id" = r."layer_id")), \'teams.user:\' || r."user_id"]::text[], CASE WHEN TG_OP = \'UPDATE\' THEN ARRAY[\'teams.layer:\' || OLD."layer_id", \'teams.schedule:\' || (SELECT t."schedule_id" FROM "teams_layer" t WHERE t."id" = OLD."layer_id"), \'teams.team:\' || (SELECT t."team_id" FROM "teams_schedule" t WHERE t."id" = (SELECT t."schedule_id" FROM "teams_layer" t WHERE t."id" = OLD."layer_id")), \'teams.user:\' || OLD."user_id"]::text[] END, ARRAY[\'password\', \'digest\', \'secret\', \'data\', \'extra_data\', \'token\', \'key\'], CASE WHEN TG_OP <> \'INSERT\' THEN to_jsonb(OLD) END, CASE WHEN TG_OP <> \'DELETE\' THEN to_jsonb(NEW) END); RETURN NULL;', hash='1957041cb91f80946339e320764f3e07e5ae5c5c', operation='INSERT OR UPDATE OR DELETE', pgid='pgtrigger_audit_c6f59', table='teams_layermember', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='membership',
            trigger=pgtrigger.compiler.Trigger(name='audit', sql=pgtrigger.compiler.UpsertTriggerSql(declare='DECLARE r RECORD;', func='IF TG_OP = \'DELETE\' THEN r := OLD; ELSE r := NEW; END IF; PERFORM watchbill_remember(\'teams.membership\', r."id"::text, BTRIM(CONCAT(watchbill_person(r."user_id"), \' in \', (SELECT t."name" FROM "teams_team" t WHERE t."id" = r."team_id"))), ARRAY[\'teams.team:\' || r."team_id", \'teams.user:\' || r."user_id"]::text[], CASE WHEN TG_OP = \'UPDATE\' THEN ARRAY[\'teams.team:\' || OLD."team_id", \'teams.user:\' || OLD."user_id"]::text[] END, ARRAY[\'password\', \'digest\', \'secret\', \'data\', \'extra_data\', \'token\', \'key\'], CASE WHEN TG_OP <> \'INSERT\' THEN to_jsonb(OLD) END, CASE WHEN TG_OP <> \'DELETE\' THEN to_jsonb(NEW) END); RETURN NULL;', hash='8f86188ade217b9a1de66c0f1356e314f8b38dc7', operation='INSERT OR UPDATE OR DELETE', pgid='pgtrigger_audit_4d672', table='teams_membership', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='organization',
            trigger=pgtrigger.compiler.Trigger(name='audit', sql=pgtrigger.compiler.UpsertTriggerSql(declare='DECLARE r RECORD;', func='IF TG_OP = \'DELETE\' THEN r := OLD; ELSE r := NEW; END IF; PERFORM watchbill_remember(\'teams.organization\', r."id"::text, BTRIM(CONCAT(r."name")), ARRAY[]::text[], CASE WHEN TG_OP = \'UPDATE\' THEN ARRAY[]::text[] END, ARRAY[\'password\', \'digest\', \'secret\', \'data\', \'extra_data\', \'token\', \'key\'], CASE WHEN TG_OP <> \'INSERT\' THEN to_jsonb(OLD) END, CASE WHEN TG_OP <> \'DELETE\' THEN to_jsonb(NEW) END); RETURN NULL;', hash='8999483eb40fbd753a0ecd96adeebb82b0aca0b0', operation='INSERT OR UPDATE OR DELETE', pgid='pgtrigger_audit_86336', table='teams_organization', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='override',
            trigger=pgtrigger.compiler.Trigger(name='audit', sql=pgtrigger.compiler.UpsertTriggerSql(declare='DECLARE r RECORD;', func='IF TG_OP = \'DELETE\' THEN r := OLD; ELSE r := NEW; END IF; IF TG_OP <> \'UPDATE\' AND r.known_until IS NOT NULL THEN RETURN NULL; END IF; PERFORM watchbill_remember(\'teams.override\', r."id"::text, BTRIM(CONCAT(watchbill_person(r."user_id"), \' on \', (SELECT t."name" FROM "teams_team" t WHERE t."id" = (SELECT t."team_id" FROM "teams_schedule" t WHERE t."id" = r."schedule_id")), \' · \', (SELECT t."name" FROM "teams_schedule" t WHERE t."id" = r."schedule_id"))), ARRAY[\'teams.schedule:\' || r."schedule_id", \'teams.team:\' || (SELECT t."team_id" FROM "teams_schedule" t WHERE t."id" = r."schedule_id"), \'teams.user:\' || r."user_id"]::text[], CASE WHEN TG_OP = \'UPDATE\' THEN ARRAY[\'teams.schedule:\' || OLD."schedule_id", \'teams.team:\' || (SELECT t."team_id" FROM "teams_schedule" t WHERE t."id" = OLD."schedule_id"), \'teams.user:\' || OLD."user_id"]::text[] END, ARRAY[\'created_at\', \'known_from\', \'password\', \'digest\', \'secret\', \'data\', \'extra_data\', \'token\', \'key\'], CASE WHEN TG_OP <> \'INSERT\' THEN to_jsonb(OLD) END, CASE WHEN TG_OP <> \'DELETE\' AND NOT (r.known_until IS NOT NULL) THEN to_jsonb(NEW) END); RETURN NULL;', hash='c37bbda66d00adf0d8418a6d8ec95089215a045d', operation='INSERT OR UPDATE OR DELETE', pgid='pgtrigger_audit_c9223', table='teams_override', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='providedrole',
            trigger=pgtrigger.compiler.Trigger(name='audit', sql=pgtrigger.compiler.UpsertTriggerSql(declare='DECLARE r RECORD;', func='IF TG_OP = \'DELETE\' THEN r := OLD; ELSE r := NEW; END IF; PERFORM watchbill_remember(\'teams.providedrole\', r."id"::text, BTRIM(CONCAT(r."role", \' of \', watchbill_person(r."user_id"), \', by \', (SELECT t."name" FROM "teams_identityprovider" t WHERE t."id" = r."provider_id"))), ARRAY[\'teams.user:\' || r."user_id", \'teams.identityprovider:\' || r."provider_id"]::text[], CASE WHEN TG_OP = \'UPDATE\' THEN ARRAY[\'teams.user:\' || OLD."user_id", \'teams.identityprovider:\' || OLD."provider_id"]::text[] END, ARRAY[\'password\', \'digest\', \'secret\', \'data\', \'extra_data\', \'token\', \'key\'], CASE WHEN TG_OP <> \'INSERT\' THEN to_jsonb(OLD) END, CASE WHEN TG_OP <> \'DELETE\' THEN to_jsonb(NEW) END); RETURN NULL;', hash='45f1a5a9794cfdce9e4892186382067faf1890b4', operation='INSERT OR UPDATE OR DELETE', pgid='pgtrigger_audit_561bf', table='teams_providedrole', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='role',
            trigger=pgtrigger.compiler.Trigger(name='audit', sql=pgtrigger.compiler.UpsertTriggerSql(declare='DECLARE r RECORD;', func='IF TG_OP = \'DELETE\' THEN r := OLD; ELSE r := NEW; END IF; PERFORM watchbill_remember(\'teams.role\', r."id"::text, BTRIM(CONCAT(r."name")), ARRAY[]::text[], CASE WHEN TG_OP = \'UPDATE\' THEN ARRAY[]::text[] END, ARRAY[\'password\', \'digest\', \'secret\', \'data\', \'extra_data\', \'token\', \'key\'], CASE WHEN TG_OP <> \'INSERT\' THEN to_jsonb(OLD) END, CASE WHEN TG_OP <> \'DELETE\' THEN to_jsonb(NEW) END); RETURN NULL;', hash='17303b234338f5c26fcd06d354ef25c2be3e313a', operation='INSERT OR UPDATE OR DELETE', pgid='pgtrigger_audit_688c6', table='teams_role', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='schedule',
            trigger=pgtrigger.compiler.Trigger(name='audit', sql=pgtrigger.compiler.UpsertTriggerSql(declare='DECLARE r RECORD;', func='IF TG_OP = \'DELETE\' THEN r := OLD; ELSE r := NEW; END IF; PERFORM watchbill_remember(\'teams.schedule\', r."id"::text, BTRIM(CONCAT((SELECT t."name" FROM "teams_team" t WHERE t."id" = r."team_id"), \' · \', r."name")), ARRAY[\'teams.team:\' || r."team_id"]::text[], CASE WHEN TG_OP = \'UPDATE\' THEN ARRAY[\'teams.team:\' || OLD."team_id"]::text[] END, ARRAY[\'password\', \'digest\', \'secret\', \'data\', \'extra_data\', \'token\', \'key\'], CASE WHEN TG_OP <> \'INSERT\' THEN to_jsonb(OLD) END, CASE WHEN TG_OP <> \'DELETE\' THEN to_jsonb(NEW) END); RETURN NULL;', hash='d37062a315fe4a0d565960019612db88793728e7', operation='INSERT OR UPDATE OR DELETE', pgid='pgtrigger_audit_f0823', table='teams_schedule', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='scimtoken',
            trigger=pgtrigger.compiler.Trigger(name='audit', sql=pgtrigger.compiler.UpsertTriggerSql(declare='DECLARE r RECORD;', func='IF TG_OP = \'DELETE\' THEN r := OLD; ELSE r := NEW; END IF; PERFORM watchbill_remember(\'teams.scimtoken\', r."id"::text, BTRIM(CONCAT(r."name", \' (\', r."hint", \'…)\')), ARRAY[\'teams.identityprovider:\' || r."provider_id"]::text[], CASE WHEN TG_OP = \'UPDATE\' THEN ARRAY[\'teams.identityprovider:\' || OLD."provider_id"]::text[] END, ARRAY[\'digest\', \'last_used_at\', \'password\', \'secret\', \'data\', \'extra_data\', \'token\', \'key\'], CASE WHEN TG_OP <> \'INSERT\' THEN to_jsonb(OLD) END, CASE WHEN TG_OP <> \'DELETE\' THEN to_jsonb(NEW) END); RETURN NULL;', hash='1293af7b042a98f2790c52584f1c0143f6010c90', operation='INSERT OR UPDATE OR DELETE', pgid='pgtrigger_audit_edf0c', table='teams_scimtoken', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='service',
            trigger=pgtrigger.compiler.Trigger(name='audit', sql=pgtrigger.compiler.UpsertTriggerSql(declare='DECLARE r RECORD;', func='IF TG_OP = \'DELETE\' THEN r := OLD; ELSE r := NEW; END IF; PERFORM watchbill_remember(\'teams.service\', r."id"::text, BTRIM(CONCAT(r."name")), ARRAY[\'teams.team:\' || r."team_id"]::text[], CASE WHEN TG_OP = \'UPDATE\' THEN ARRAY[\'teams.team:\' || OLD."team_id"]::text[] END, ARRAY[\'password\', \'digest\', \'secret\', \'data\', \'extra_data\', \'token\', \'key\'], CASE WHEN TG_OP <> \'INSERT\' THEN to_jsonb(OLD) END, CASE WHEN TG_OP <> \'DELETE\' THEN to_jsonb(NEW) END); RETURN NULL;', hash='9e952c43fe5bd5ecf421ce64f9d2e14c46790d74', operation='INSERT OR UPDATE OR DELETE', pgid='pgtrigger_audit_39424', table='teams_service', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='team',
            trigger=pgtrigger.compiler.Trigger(name='audit', sql=pgtrigger.compiler.UpsertTriggerSql(declare='DECLARE r RECORD;', func='IF TG_OP = \'DELETE\' THEN r := OLD; ELSE r := NEW; END IF; PERFORM watchbill_remember(\'teams.team\', r."id"::text, BTRIM(CONCAT(r."name")), ARRAY[]::text[], CASE WHEN TG_OP = \'UPDATE\' THEN ARRAY[]::text[] END, ARRAY[\'password\', \'digest\', \'secret\', \'data\', \'extra_data\', \'token\', \'key\'], CASE WHEN TG_OP <> \'INSERT\' THEN to_jsonb(OLD) END, CASE WHEN TG_OP <> \'DELETE\' THEN to_jsonb(NEW) END); RETURN NULL;', hash='2aae88f22eb0e83e144491d795e8bdccd4cc0891', operation='INSERT OR UPDATE OR DELETE', pgid='pgtrigger_audit_6b9f4', table='teams_team', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='user',
            trigger=pgtrigger.compiler.Trigger(name='audit', sql=pgtrigger.compiler.UpsertTriggerSql(declare='DECLARE r RECORD;', func='IF TG_OP = \'DELETE\' THEN r := OLD; ELSE r := NEW; END IF; PERFORM watchbill_remember(\'teams.user\', r."id"::text, BTRIM(CONCAT(r."first_name", \' \', r."last_name", \' (\', r."username", \')\')), ARRAY[]::text[], CASE WHEN TG_OP = \'UPDATE\' THEN ARRAY[]::text[] END, ARRAY[\'password\', \'last_login\', \'digest\', \'secret\', \'data\', \'extra_data\', \'token\', \'key\'], CASE WHEN TG_OP <> \'INSERT\' THEN to_jsonb(OLD) END, CASE WHEN TG_OP <> \'DELETE\' THEN to_jsonb(NEW) END); RETURN NULL;', hash='46850eec48c9b123f18ebe3df33587c0a33304f2', operation='INSERT OR UPDATE OR DELETE', pgid='pgtrigger_audit_234b2', table='teams_user', when='AFTER')),
        ),
        migrations.AddConstraint(
            model_name='apitoken',
            constraint=models.CheckConstraint(condition=models.Q(('scopes__contained_by', ['read', 'respond', 'publish', 'rosters', 'people', 'setup', 'audit', 'provision']), models.Q(('scopes', []), _negated=True)), name='token_scopes_known'),
        ),
        migrations.AddConstraint(
            model_name='apitoken',
            constraint=models.CheckConstraint(condition=models.Q(('expires_at', None), ('expires_at__gt', models.F('created_at')), _connector='OR'), name='token_ends_after_it_begins'),
        ),
        migrations.AddConstraint(
            model_name='layer',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['hour', 'day', 'week', 'month'])), name='layer_kind'),
        ),
        migrations.AddConstraint(
            model_name='layer',
            constraint=models.CheckConstraint(condition=models.Q(('holidays__in', ['on', 'off', 'only'])), name='layer_holidays'),
        ),
        migrations.AddConstraint(
            model_name='layer',
            constraint=django.contrib.postgres.constraints.ExclusionConstraint(deferrable=django.db.models.constraints.Deferrable['DEFERRED'], expressions=[('lineage', '='), (teams.models.schedule.TsTzRange('starts_at', 'ends_at'), '&&'), (teams.models.schedule.TsTzRange('known_from', 'known_until'), '&&')], name='layer_versions_one_at_a_time', violation_error_message='A layer has one version at a time.'),
        ),
        migrations.AddConstraint(
            model_name='layermember',
            constraint=models.UniqueConstraint(fields=('layer', 'position', 'user'), name='layer_member_once_a_shift'),
        ),
        migrations.AddConstraint(
            model_name='user',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('quiet_from', None), ('quiet_until', None)), models.Q(('quiet_from__isnull', False), ('quiet_until__isnull', False), models.Q(('quiet_from', models.F('quiet_until')), _negated=True)), _connector='OR'), name='user_quiet_hours_whole', violation_error_message='Give both ends of the quiet hours, one unlike the other, or neither.'),
        ),
        migrations.AddConstraint(
            model_name='user',
            constraint=models.CheckConstraint(condition=models.Q(('is_service', False), models.Q(('password__startswith', '!'), models.Q(('role', 'owner'), _negated=True)), _connector='OR'), name='service_account_signs_in_nowhere', violation_error_message='A service account has no password, and is never an owner.'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='auditstream',
            trigger=pgtrigger.compiler.Trigger(name='audit', sql=pgtrigger.compiler.UpsertTriggerSql(declare='DECLARE r RECORD;', func='IF TG_OP = \'DELETE\' THEN r := OLD; ELSE r := NEW; END IF; PERFORM watchbill_remember(\'teams.auditstream\', r."id"::text, BTRIM(CONCAT(r."name")), ARRAY[]::text[], CASE WHEN TG_OP = \'UPDATE\' THEN ARRAY[]::text[] END, ARRAY[\'secret\', \'former_secret\', \'last_error\', \'last_error_at\', \'last_sent_at\', \'failures\', \'retry_at\', \'password\', \'digest\', \'data\', \'extra_data\', \'token\', \'key\'], CASE WHEN TG_OP <> \'INSERT\' THEN to_jsonb(OLD) END, CASE WHEN TG_OP <> \'DELETE\' THEN to_jsonb(NEW) END); RETURN NULL;', hash='6b4b39c7e9eb837390d9fd487ae071e2b0b2abe7', operation='INSERT OR UPDATE OR DELETE', pgid='pgtrigger_audit_842d6', table='teams_auditstream', when='AFTER')),
        ),
        migrations.AddField(
            model_name='service',
            name='depends_on',
            field=models.ManyToManyField(related_name='dependents', through='teams.ServiceDependency', to='teams.service'),
        ),
        migrations.AddConstraint(
            model_name='service',
            constraint=models.CheckConstraint(condition=models.Q(('lifecycle__in', ['experimental', 'production', 'deprecated'])), name='service_lifecycle'),
        ),
        migrations.AddConstraint(
            model_name='service',
            constraint=models.UniqueConstraint(condition=models.Q(('entity_ref', ''), _negated=True), fields=('entity_ref',), name='service_entity_once'),
        ),
        migrations.AddField(
            model_name='override',
            name='swap',
            field=models.ForeignKey(editable=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='overrides', to='teams.swap'),
        ),
        migrations.AddConstraint(
            model_name='override',
            constraint=models.CheckConstraint(condition=models.Q(('replaces', None), models.Q(('replaces', models.F('user')), _negated=True), _connector='OR'), name='override_by_somebody_else', violation_error_message='Nobody stands in for themselves.'),
        ),
        migrations.AddField(
            model_name='escalationtarget',
            name='webhook',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='teams.webhook'),
        ),
        migrations.AddConstraint(
            model_name='escalationtarget',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('schedule__isnull', False), ('team__isnull', True), ('user__isnull', True), ('webhook__isnull', True)), models.Q(('schedule__isnull', True), ('team__isnull', True), ('user__isnull', False), ('webhook__isnull', True)), models.Q(('schedule__isnull', True), ('team__isnull', False), ('user__isnull', True), ('webhook__isnull', True)), models.Q(('schedule__isnull', True), ('team__isnull', True), ('user__isnull', True), ('webhook__isnull', False)), _connector='OR'), name='target_is_one_thing', violation_error_message='Choose exactly one: a schedule, a person, a team, or a webhook.'),
        ),
        migrations.AddConstraint(
            model_name='escalationtarget',
            constraint=models.CheckConstraint(condition=models.Q(('way__in', ['on_call', 'everybody', 'round_robin'])), name='target_way_known'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='trackedauthenticator',
            trigger=pgtrigger.compiler.Trigger(name='audit', sql=pgtrigger.compiler.UpsertTriggerSql(declare='DECLARE r RECORD;', func='IF TG_OP = \'DELETE\' THEN r := OLD; ELSE r := NEW; END IF; PERFORM watchbill_remember(\'mfa.authenticator\', r."id"::text, BTRIM(CONCAT(r."type", \' of \', watchbill_person(r."user_id"))), ARRAY[\'teams.user:\' || r."user_id"]::text[], CASE WHEN TG_OP = \'UPDATE\' THEN ARRAY[\'teams.user:\' || OLD."user_id"]::text[] END, ARRAY[\'data\', \'last_used_at\', \'password\', \'digest\', \'secret\', \'extra_data\', \'token\', \'key\'], CASE WHEN TG_OP <> \'INSERT\' THEN to_jsonb(OLD) END, CASE WHEN TG_OP <> \'DELETE\' THEN to_jsonb(NEW) END); RETURN NULL;', hash='523259adf8d35db3c420d0c244497a58ea2753ec', operation='INSERT OR UPDATE OR DELETE', pgid='pgtrigger_audit_8f2de', table='mfa_authenticator', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='trackedemailaddress',
            trigger=pgtrigger.compiler.Trigger(name='audit', sql=pgtrigger.compiler.UpsertTriggerSql(declare='DECLARE r RECORD;', func='IF TG_OP = \'DELETE\' THEN r := OLD; ELSE r := NEW; END IF; PERFORM watchbill_remember(\'account.emailaddress\', r."id"::text, BTRIM(CONCAT(r."email", \' of \', watchbill_person(r."user_id"))), ARRAY[\'teams.user:\' || r."user_id"]::text[], CASE WHEN TG_OP = \'UPDATE\' THEN ARRAY[\'teams.user:\' || OLD."user_id"]::text[] END, ARRAY[\'password\', \'digest\', \'secret\', \'data\', \'extra_data\', \'token\', \'key\'], CASE WHEN TG_OP <> \'INSERT\' THEN to_jsonb(OLD) END, CASE WHEN TG_OP <> \'DELETE\' THEN to_jsonb(NEW) END); RETURN NULL;', hash='1fadb6d091f55d57b7c51cbd68683f2ba1601c26', operation='INSERT OR UPDATE OR DELETE', pgid='pgtrigger_audit_bec7b', table='account_emailaddress', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='trackedsocialaccount',
            trigger=pgtrigger.compiler.Trigger(name='audit', sql=pgtrigger.compiler.UpsertTriggerSql(declare='DECLARE r RECORD;', func='IF TG_OP = \'DELETE\' THEN r := OLD; ELSE r := NEW; END IF; PERFORM watchbill_remember(\'socialaccount.socialaccount\', r."id"::text, BTRIM(CONCAT(r."provider", \' of \', watchbill_person(r."user_id"))), ARRAY[\'teams.user:\' || r."user_id"]::text[], CASE WHEN TG_OP = \'UPDATE\' THEN ARRAY[\'teams.user:\' || OLD."user_id"]::text[] END, ARRAY[\'extra_data\', \'last_login\', \'password\', \'digest\', \'secret\', \'data\', \'token\', \'key\'], CASE WHEN TG_OP <> \'INSERT\' THEN to_jsonb(OLD) END, CASE WHEN TG_OP <> \'DELETE\' THEN to_jsonb(NEW) END); RETURN NULL;', hash='0cde31ab5dbf6402ffa01bab66eba7ee84f1bc77', operation='INSERT OR UPDATE OR DELETE', pgid='pgtrigger_audit_1bcbd', table='socialaccount_socialaccount', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='auditevent',
            trigger=pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'the audit log is append-only' USING ERRCODE = 'restrict_violation';", hash='45da3fb1eb0f7d9f1fe9d274ac99b1a4934f8ca6', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_72af4', table='teams_auditevent', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='auditevent',
            trigger=pgtrigger.compiler.Trigger(name='no_truncate', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'the audit log is append-only' USING ERRCODE = 'restrict_violation';", hash='5e880eee42a4b2a23ee2872f1f837c652600c4d2', level='STATEMENT', operation='TRUNCATE', pgid='pgtrigger_no_truncate_a3bdd', table='teams_auditevent', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='auditevent',
            trigger=pgtrigger.compiler.Trigger(name='outbox', sql=pgtrigger.compiler.UpsertTriggerSql(func='\n    INSERT INTO teams_auditline (stream_id, event_id, due_at, attempts)\n        SELECT id, NEW.id, now(), 0 FROM teams_auditstream WHERE active;\n    RETURN NULL;\n', hash='f3ca7463d668a85e08baeeb8044850005c705d6b', operation='INSERT', pgid='pgtrigger_outbox_f40c4', table='teams_auditevent', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='calendarfeed',
            trigger=pgtrigger.compiler.Trigger(name='audit', sql=pgtrigger.compiler.UpsertTriggerSql(declare='DECLARE r RECORD;', func='IF TG_OP = \'DELETE\' THEN r := OLD; ELSE r := NEW; END IF; PERFORM watchbill_remember(\'teams.calendarfeed\', r."id"::text, BTRIM(CONCAT(r."hint", \'… of \', watchbill_person(r."user_id"))), ARRAY[\'teams.user:\' || r."user_id", \'teams.schedule:\' || r."schedule_id"]::text[], CASE WHEN TG_OP = \'UPDATE\' THEN ARRAY[\'teams.user:\' || OLD."user_id", \'teams.schedule:\' || OLD."schedule_id"]::text[] END, ARRAY[\'digest\', \'last_used_at\', \'password\', \'secret\', \'data\', \'extra_data\', \'token\', \'key\'], CASE WHEN TG_OP <> \'INSERT\' THEN to_jsonb(OLD) END, CASE WHEN TG_OP <> \'DELETE\' THEN to_jsonb(NEW) END); RETURN NULL;', hash='d82143dfd5e1f974a2acc37718f8a2cbe3f3b65c', operation='INSERT OR UPDATE OR DELETE', pgid='pgtrigger_audit_ab178', table='teams_calendarfeed', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='calendarsource',
            trigger=pgtrigger.compiler.Trigger(name='audit', sql=pgtrigger.compiler.UpsertTriggerSql(declare='DECLARE r RECORD;', func='IF TG_OP = \'DELETE\' THEN r := OLD; ELSE r := NEW; END IF; PERFORM watchbill_remember(\'teams.calendarsource\', r."id"::text, BTRIM(CONCAT((SELECT t."name" FROM "teams_team" t WHERE t."id" = (SELECT t."team_id" FROM "teams_schedule" t WHERE t."id" = r."schedule_id")), \' · \', (SELECT t."name" FROM "teams_schedule" t WHERE t."id" = r."schedule_id"))), ARRAY[\'teams.schedule:\' || r."schedule_id", \'teams.team:\' || (SELECT t."team_id" FROM "teams_schedule" t WHERE t."id" = r."schedule_id")]::text[], CASE WHEN TG_OP = \'UPDATE\' THEN ARRAY[\'teams.schedule:\' || OLD."schedule_id", \'teams.team:\' || (SELECT t."team_id" FROM "teams_schedule" t WHERE t."id" = OLD."schedule_id")]::text[] END, ARRAY[\'url\', \'body\', \'etag\', \'last_modified\', \'unmatched\', \'problems\', \'error\', \'read_at\', \'tried_at\', \'failures\', \'due_at\', \'leased_until\', \'password\', \'digest\', \'secret\', \'data\', \'extra_data\', \'token\', \'key\'], CASE WHEN TG_OP <> \'INSERT\' THEN to_jsonb(OLD) END, CASE WHEN TG_OP <> \'DELETE\' THEN to_jsonb(NEW) END); RETURN NULL;', hash='6129e6a3421c4035f71585e783cb281128a06b9c', operation='INSERT OR UPDATE OR DELETE', pgid='pgtrigger_audit_84c18', table='teams_calendarsource', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='contactmethod',
            trigger=pgtrigger.compiler.Trigger(name='audit', sql=pgtrigger.compiler.UpsertTriggerSql(declare='DECLARE r RECORD;', func='IF TG_OP = \'DELETE\' THEN r := OLD; ELSE r := NEW; END IF; PERFORM watchbill_remember(\'teams.contactmethod\', r."id"::text, BTRIM(CONCAT(r."kind", \' \', r."shown", \' of \', watchbill_person(r."user_id"))), ARRAY[\'teams.user:\' || r."user_id"]::text[], CASE WHEN TG_OP = \'UPDATE\' THEN ARRAY[\'teams.user:\' || OLD."user_id"]::text[] END, ARRAY[\'address\', \'code_digest\', \'code_ends_at\', \'code_tries\', \'trouble\', \'trouble_at\', \'password\', \'digest\', \'secret\', \'data\', \'extra_data\', \'token\', \'key\'], CASE WHEN TG_OP <> \'INSERT\' THEN to_jsonb(OLD) END, CASE WHEN TG_OP <> \'DELETE\' THEN to_jsonb(NEW) END); RETURN NULL;', hash='92f2e8ac55f01c4705b5e99e37614338617397d9', operation='INSERT OR UPDATE OR DELETE', pgid='pgtrigger_audit_2a594', table='teams_contactmethod', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='invitation',
            trigger=pgtrigger.compiler.Trigger(name='audit', sql=pgtrigger.compiler.UpsertTriggerSql(declare='DECLARE r RECORD;', func='IF TG_OP = \'DELETE\' THEN r := OLD; ELSE r := NEW; END IF; PERFORM watchbill_remember(\'teams.invitation\', r."id"::text, BTRIM(CONCAT(r."email")), ARRAY[\'teams.team:\' || r."team_id"]::text[], CASE WHEN TG_OP = \'UPDATE\' THEN ARRAY[\'teams.team:\' || OLD."team_id"]::text[] END, ARRAY[\'digest\', \'sent_at\', \'sent_count\', \'password\', \'secret\', \'data\', \'extra_data\', \'token\', \'key\'], CASE WHEN TG_OP <> \'INSERT\' THEN to_jsonb(OLD) END, CASE WHEN TG_OP <> \'DELETE\' THEN to_jsonb(NEW) END); RETURN NULL;', hash='94dbb0993112bb6b9ce6ba28722858c40839d9e1', operation='INSERT OR UPDATE OR DELETE', pgid='pgtrigger_audit_89ae0', table='teams_invitation', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='notificationrule',
            trigger=pgtrigger.compiler.Trigger(name='audit', sql=pgtrigger.compiler.UpsertTriggerSql(declare='DECLARE r RECORD;', func='IF TG_OP = \'DELETE\' THEN r := OLD; ELSE r := NEW; END IF; PERFORM watchbill_remember(\'teams.notificationrule\', r."id"::text, BTRIM(CONCAT(r."urgency", \' urgency of \', watchbill_person(r."user_id"))), ARRAY[\'teams.user:\' || r."user_id"]::text[], CASE WHEN TG_OP = \'UPDATE\' THEN ARRAY[\'teams.user:\' || OLD."user_id"]::text[] END, ARRAY[\'password\', \'digest\', \'secret\', \'data\', \'extra_data\', \'token\', \'key\'], CASE WHEN TG_OP <> \'INSERT\' THEN to_jsonb(OLD) END, CASE WHEN TG_OP <> \'DELETE\' THEN to_jsonb(NEW) END); RETURN NULL;', hash='014498782350e5ec1c1df05a54e8f5aed095758f', operation='INSERT OR UPDATE OR DELETE', pgid='pgtrigger_audit_9f863', table='teams_notificationrule', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='servicedependency',
            trigger=pgtrigger.compiler.Trigger(name='no_circle', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n    PERFORM pg_advisory_xact_lock(hashtextextended('watchbill:service-dependencies', 0));\n    IF EXISTS (\n        WITH RECURSIVE reached(id) AS (\n            SELECT NEW.depends_on_id\n            UNION\n            SELECT d.depends_on_id FROM teams_servicedependency d JOIN reached r ON d.service_id = r.id\n        )\n        SELECT 1 FROM reached WHERE id = NEW.service_id\n    ) THEN\n        RAISE EXCEPTION '% depends on % already, so it can''t be the other way round as well',\n            (SELECT name FROM teams_service WHERE id = NEW.depends_on_id),\n            (SELECT name FROM teams_service WHERE id = NEW.service_id)\n            USING ERRCODE = 'check_violation', CONSTRAINT = 'service_dependency_no_circle';\n    END IF;\n    RETURN NULL;\n", hash='91620df7ce9395260836961d89471e315d7b94a8', operation='INSERT OR UPDATE', pgid='pgtrigger_no_circle_6d95d', table='teams_servicedependency', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='servicedependency',
            trigger=pgtrigger.compiler.Trigger(name='audit', sql=pgtrigger.compiler.UpsertTriggerSql(declare='DECLARE r RECORD;', func='IF TG_OP = \'DELETE\' THEN r := OLD; ELSE r := NEW; END IF; PERFORM watchbill_remember(\'teams.servicedependency\', r."id"::text, BTRIM(CONCAT((SELECT t."name" FROM "teams_service" t WHERE t."id" = r."service_id"), \' on \', (SELECT t."name" FROM "teams_service" t WHERE t."id" = r."depends_on_id"))), ARRAY[\'teams.service:\' || r."service_id", \'teams.service:\' || r."depends_on_id", \'teams.team:\' || (SELECT t."team_id" FROM "teams_service" t WHERE t."id" = r."service_id")]::text[], CASE WHEN TG_OP = \'UPDATE\' THEN ARRAY[\'teams.service:\' || OLD."service_id", \'teams.service:\' || OLD."depends_on_id", \'teams.team:\' || (SELECT t."team_id" FROM "teams_service" t WHERE t."id" = OLD."service_id")]::text[] END, ARRAY[\'password\', \'digest\', \'secret\', \'data\', \'extra_data\', \'token\', \'key\'], CASE WHEN TG_OP <> \'INSERT\' THEN to_jsonb(OLD) END, CASE WHEN TG_OP <> \'DELETE\' THEN to_jsonb(NEW) END); RETURN NULL;', hash='39bc2556e087f8445ef15ea7d03112752375e45d', operation='INSERT OR UPDATE OR DELETE', pgid='pgtrigger_audit_64fa2', table='teams_servicedependency', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='servicelink',
            trigger=pgtrigger.compiler.Trigger(name='audit', sql=pgtrigger.compiler.UpsertTriggerSql(declare='DECLARE r RECORD;', func='IF TG_OP = \'DELETE\' THEN r := OLD; ELSE r := NEW; END IF; PERFORM watchbill_remember(\'teams.servicelink\', r."id"::text, BTRIM(CONCAT(r."title", \' of \', (SELECT t."name" FROM "teams_service" t WHERE t."id" = r."service_id"))), ARRAY[\'teams.service:\' || r."service_id", \'teams.team:\' || (SELECT t."team_id" FROM "teams_service" t WHERE t."id" = r."service_id")]::text[], CASE WHEN TG_OP = \'UPDATE\' THEN ARRAY[\'teams.service:\' || OLD."service_id", \'teams.team:\' || (SELECT t."team_id" FROM "teams_service" t WHERE t."id" = OLD."service_id")]::text[] END, ARRAY[\'password\', \'digest\', \'secret\', \'data\', \'extra_data\', \'token\', \'key\'], CASE WHEN TG_OP <> \'INSERT\' THEN to_jsonb(OLD) END, CASE WHEN TG_OP <> \'DELETE\' THEN to_jsonb(NEW) END); RETURN NULL;', hash='576decb5b0d1f371f81c63d5c69f121a71a3f004', operation='INSERT OR UPDATE OR DELETE', pgid='pgtrigger_audit_ca59d', table='teams_servicelink', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='swap',
            trigger=pgtrigger.compiler.Trigger(name='audit', sql=pgtrigger.compiler.UpsertTriggerSql(declare='DECLARE r RECORD;', func='IF TG_OP = \'DELETE\' THEN r := OLD; ELSE r := NEW; END IF; PERFORM watchbill_remember(\'teams.swap\', r."id"::text, BTRIM(CONCAT(watchbill_person(r."user_id"), \' on \', (SELECT t."name" FROM "teams_team" t WHERE t."id" = (SELECT t."team_id" FROM "teams_schedule" t WHERE t."id" = r."schedule_id")), \' · \', (SELECT t."name" FROM "teams_schedule" t WHERE t."id" = r."schedule_id"))), ARRAY[\'teams.schedule:\' || r."schedule_id", \'teams.team:\' || (SELECT t."team_id" FROM "teams_schedule" t WHERE t."id" = r."schedule_id"), \'teams.user:\' || r."user_id"]::text[], CASE WHEN TG_OP = \'UPDATE\' THEN ARRAY[\'teams.schedule:\' || OLD."schedule_id", \'teams.team:\' || (SELECT t."team_id" FROM "teams_schedule" t WHERE t."id" = OLD."schedule_id"), \'teams.user:\' || OLD."user_id"]::text[] END, ARRAY[\'password\', \'digest\', \'secret\', \'data\', \'extra_data\', \'token\', \'key\'], CASE WHEN TG_OP <> \'INSERT\' THEN to_jsonb(OLD) END, CASE WHEN TG_OP <> \'DELETE\' THEN to_jsonb(NEW) END); RETURN NULL;', hash='5b708b36bc536f82fd48955ec6f825bc29ad2bd0', operation='INSERT OR UPDATE OR DELETE', pgid='pgtrigger_audit_6d63a', table='teams_swap', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='timeoff',
            trigger=pgtrigger.compiler.Trigger(name='audit', sql=pgtrigger.compiler.UpsertTriggerSql(declare='DECLARE r RECORD;', func='IF TG_OP = \'DELETE\' THEN r := OLD; ELSE r := NEW; END IF; PERFORM watchbill_remember(\'teams.timeoff\', r."id"::text, BTRIM(CONCAT(watchbill_person(r."user_id"))), ARRAY[\'teams.user:\' || r."user_id"]::text[], CASE WHEN TG_OP = \'UPDATE\' THEN ARRAY[\'teams.user:\' || OLD."user_id"]::text[] END, ARRAY[\'created_at\', \'password\', \'digest\', \'secret\', \'data\', \'extra_data\', \'token\', \'key\'], CASE WHEN TG_OP <> \'INSERT\' THEN to_jsonb(OLD) END, CASE WHEN TG_OP <> \'DELETE\' THEN to_jsonb(NEW) END); RETURN NULL;', hash='73bc307b11de8e5d81748baa4efd4e46792b54cc', operation='INSERT OR UPDATE OR DELETE', pgid='pgtrigger_audit_c1280', table='teams_timeoff', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='webhook',
            trigger=pgtrigger.compiler.Trigger(name='audit', sql=pgtrigger.compiler.UpsertTriggerSql(declare='DECLARE r RECORD;', func='IF TG_OP = \'DELETE\' THEN r := OLD; ELSE r := NEW; END IF; PERFORM watchbill_remember(\'teams.webhook\', r."id"::text, BTRIM(CONCAT((SELECT t."name" FROM "teams_team" t WHERE t."id" = r."team_id"), \' · \', r."name")), ARRAY[\'teams.team:\' || r."team_id"]::text[], CASE WHEN TG_OP = \'UPDATE\' THEN ARRAY[\'teams.team:\' || OLD."team_id"]::text[] END, ARRAY[\'url\', \'former_secret\', \'password\', \'digest\', \'secret\', \'data\', \'extra_data\', \'token\', \'key\'], CASE WHEN TG_OP <> \'INSERT\' THEN to_jsonb(OLD) END, CASE WHEN TG_OP <> \'DELETE\' THEN to_jsonb(NEW) END); RETURN NULL;', hash='96964cd5ecf6585df71cb4362e8c0306dd7ad838', operation='INSERT OR UPDATE OR DELETE', pgid='pgtrigger_audit_02c76', table='teams_webhook', when='AFTER')),
        ),
    ]
