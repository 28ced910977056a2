import django.contrib.auth.validators
import django.core.validators
import django.db.models.deletion
import django.db.models.functions.text
import django.utils.timezone
import teams.models.people
import teams.models.sso
import teams.secrets
import teams.zones
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    replaces = [('teams', '0001_initial'), ('teams', '0002_roles_in_the_organization'), ('teams', '0003_access_events'), ('teams', '0004_single_sign_on_and_provisioning'), ('teams', '0005_how_people_get_in')]

    initial = True

    dependencies = [
        ('auth', '0012_alter_user_first_name_max_length'),
    ]

    operations = [
        migrations.CreateModel(
            name='User',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('password', models.CharField(max_length=128, verbose_name='password')),
                ('last_login', models.DateTimeField(blank=True, null=True, verbose_name='last login')),
                ('username', models.CharField(error_messages={'unique': 'A user with that username already exists.'}, help_text='Required. 150 characters or fewer. Letters, digits and @/./+/-/_ only.', max_length=150, unique=True, validators=[django.contrib.auth.validators.UnicodeUsernameValidator()], verbose_name='username')),
                ('first_name', models.CharField(blank=True, max_length=150, verbose_name='first name')),
                ('last_name', models.CharField(blank=True, max_length=150, verbose_name='last name')),
                ('is_active', models.BooleanField(default=True, help_text='Designates whether this user should be treated as active. Unselect this instead of deleting accounts.', verbose_name='active')),
                ('date_joined', models.DateTimeField(default=django.utils.timezone.now, verbose_name='date joined')),
                ('email', models.EmailField(max_length=254, verbose_name='email address')),
                ('time_zone', models.CharField(blank=True, help_text='Times are shown in this zone. Empty: the zone of the browser.', max_length=64, validators=[teams.zones.validate_zone])),
                ('phone', models.CharField(blank=True, max_length=32)),
                ('role', models.CharField(choices=[('owner', 'Owner'), ('admin', 'Admin'), ('responder', 'Responder'), ('viewer', 'Viewer')], default='responder', max_length=12, verbose_name='role in the organization')),
            ],
            options={
                'verbose_name': 'user',
                'verbose_name_plural': 'users',
                'ordering': ['first_name', 'last_name', 'username'],
                'abstract': False,
                'constraints': [models.UniqueConstraint(django.db.models.functions.text.Lower('email'), name='user_email_unique'), models.CheckConstraint(condition=models.Q(('role__in', ['owner', 'admin', 'responder', 'viewer'])), name='user_role_known')],
            },
            managers=[
                ('objects', teams.models.people.People()),
            ],
        ),
        migrations.CreateModel(
            name='AccessEvent',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(db_index=True, help_text='Dotted: sign_in.done, session.ended …', max_length=60)),
                ('text', models.CharField(help_text='A sentence for people.', max_length=300)),
                ('through', models.CharField(blank=True, help_text='console, api, admin, scim, oidc, task, cli', max_length=40)),
                ('address', models.GenericIPAddressField(blank=True, null=True)),
                ('agent', models.CharField(blank=True, max_length=300)),
                ('detail', models.JSONField(blank=True, default=dict)),
                ('at', models.DateTimeField(db_index=True, default=django.utils.timezone.now)),
                ('by', models.ForeignKey(blank=True, help_text='Who did it.', null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('user', models.ForeignKey(blank=True, help_text='Whom it happened to.', null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['-at', '-pk'],
            },
        ),
        migrations.CreateModel(
            name='ApiToken',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=80)),
                ('digest', models.CharField(editable=False, max_length=64, unique=True)),
                ('hint', models.CharField(editable=False, max_length=12)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('last_used_at', models.DateTimeField(blank=True, editable=False, null=True)),
                ('revoked_at', models.DateTimeField(blank=True, null=True)),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='api_tokens', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['-created_at'],
            },
        ),
        migrations.CreateModel(
            name='IdentityProvider',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(help_text='On the button of the sign-in page: Sign in with …', max_length=40)),
                ('slug', models.SlugField(help_text="Part of the redirect URI, and what accounts are kept under. It can't be changed later.", max_length=40, unique=True)),
                ('issuer', models.CharField(help_text='The address before /.well-known/openid-configuration, exactly as the provider shows it.', max_length=300, validators=[teams.models.sso.validate_issuer])),
                ('client_id', models.CharField(max_length=191, verbose_name='client ID')),
                ('client_secret', teams.secrets.SealedField(blank=True, help_text='Kept encrypted and never shown again.')),
                ('scopes', models.CharField(default='openid profile email', help_text='With spaces between. Some providers send groups only when asked for “groups”.', max_length=200)),
                ('groups_claim', models.CharField(blank=True, help_text="The claim that lists a person's groups: “groups”, or a path such as “realm_access.roles”. Empty: groups are not looked at.", max_length=120)),
                ('create_accounts', models.BooleanField(default=True, help_text='Otherwise only people who have an account already can come in.', verbose_name='make accounts at the first sign-in')),
                ('default_role', models.CharField(choices=[('responder', 'Responder'), ('viewer', 'Viewer')], default='responder', max_length=12, verbose_name='role of new people')),
                ('email_domains', models.TextField(blank=True, help_text='One a line, such as example.org. New people need an address of one of them, and only with such an address, verified by the provider, is an account found that was there before. Empty: new people may have any address, and nobody is found by address.', verbose_name='allowed e-mail domains')),
                ('active', models.BooleanField(default=True, help_text='Off: no button, and nobody comes in this way.')),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
            ],
            options={
                'ordering': ['name'],
                'constraints': [models.CheckConstraint(condition=models.Q(('default_role__in', ['viewer', 'responder'])), name='identity_provider_default_role')],
            },
        ),
        migrations.CreateModel(
            name='ProvidedRole',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('role', models.CharField(choices=[('owner', 'Owner'), ('admin', 'Admin'), ('responder', 'Responder'), ('viewer', 'Viewer')], max_length=12)),
                ('before', models.CharField(blank=True, choices=[('owner', 'Owner'), ('admin', 'Admin'), ('responder', 'Responder'), ('viewer', 'Viewer')], max_length=12)),
                ('provider', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='teams.identityprovider')),
                ('user', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='provided_role', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.CreateModel(
            name='ScimToken',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(help_text='Which system uses it, so that it can be revoked with confidence.', max_length=80)),
                ('default_role', models.CharField(choices=[('responder', 'Responder'), ('viewer', 'Viewer')], default='responder', max_length=12, verbose_name='role of new people')),
                ('digest', models.CharField(editable=False, max_length=64, unique=True)),
                ('hint', models.CharField(editable=False, max_length=12)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('last_used_at', models.DateTimeField(blank=True, editable=False, null=True)),
                ('revoked_at', models.DateTimeField(blank=True, editable=False, null=True)),
                ('created_by', models.ForeignKey(editable=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('provider', models.ForeignKey(blank=True, help_text="Where these people sign in. Who was provisioned with an external ID that is the provider's subject (or Entra ID's object ID) is then known at the first sign-in.", null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='teams.identityprovider')),
            ],
            options={
                'verbose_name': 'SCIM token',
                'verbose_name_plural': 'SCIM tokens',
                'ordering': ['-created_at'],
                'constraints': [models.CheckConstraint(condition=models.Q(('default_role__in', ['viewer', 'responder'])), name='scim_default_role')],
            },
        ),
        migrations.CreateModel(
            name='IdempotencyKey',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.CharField(max_length=255)),
                ('request_digest', models.CharField(max_length=64)),
                ('status', models.PositiveSmallIntegerField()),
                ('body', models.JSONField()),
                ('created_at', models.DateTimeField(db_index=True, default=django.utils.timezone.now)),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('user', 'key'), name='idempotency_key_once')],
            },
        ),
        migrations.CreateModel(
            name='Team',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=80, unique=True)),
                ('slug', models.SlugField(max_length=80, unique=True)),
                ('description', models.TextField(blank=True, help_text="What this team looks after, for people who don't know it.")),
            ],
            options={
                'ordering': ['name'],
            },
        ),
        migrations.CreateModel(
            name='Schedule',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=80)),
                ('time_zone', models.CharField(default='UTC', max_length=64, validators=[teams.zones.validate_zone])),
                ('team', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='schedules', to='teams.team')),
            ],
            options={
                'ordering': ['team__name', 'name'],
                'constraints': [models.UniqueConstraint(fields=('team', 'name'), name='schedule_name_in_team')],
            },
        ),
        migrations.CreateModel(
            name='EscalationPolicy',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=80)),
                ('repeat', models.PositiveSmallIntegerField(default=2, help_text='How often the steps start over when nobody has answered.', validators=[django.core.validators.MaxValueValidator(20)])),
                ('fallback_user', models.ForeignKey(blank=True, help_text='Paged at once when a step finds nobody on call.', null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('team', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='policies', to='teams.team')),
            ],
            options={
                'verbose_name_plural': 'escalation policies',
                'ordering': ['team__name', 'name'],
                'constraints': [models.UniqueConstraint(fields=('team', 'name'), name='policy_name_in_team')],
            },
        ),
        migrations.CreateModel(
            name='EscalationStep',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('position', models.PositiveSmallIntegerField(default=0)),
                ('delay_minutes', models.PositiveSmallIntegerField(default=5, help_text='Minutes to wait for an answer before the next step.')),
                ('policy', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='steps', to='teams.escalationpolicy')),
            ],
            options={
                'ordering': ['position', 'pk'],
            },
        ),
        migrations.CreateModel(
            name='Membership',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('role', models.CharField(choices=[('manager', 'Manager'), ('member', 'Member'), ('guest', 'Guest')], default='member', max_length=16)),
                ('source', models.CharField(choices=[('manual', 'by hand'), ('sso', 'by groups at sign-in'), ('scim', 'by SCIM')], default='manual', editable=False, help_text='Who keeps it: what people gave by hand, no provider takes away.', max_length=8)),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='memberships', to=settings.AUTH_USER_MODEL)),
                ('team', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='memberships', to='teams.team')),
            ],
            options={
                'ordering': ['team__name', 'user__first_name'],
                'constraints': [models.UniqueConstraint(fields=('team', 'user'), name='membership_once'), models.CheckConstraint(condition=models.Q(('role__in', ['manager', 'member', 'guest'])), name='membership_role'), models.CheckConstraint(condition=models.Q(('source__in', ['manual', 'sso', 'scim'])), name='membership_source')],
            },
        ),
        migrations.CreateModel(
            name='Role',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('slug', models.SlugField(max_length=60, unique=True)),
                ('name', models.CharField(max_length=60, unique=True)),
                ('duties', models.TextField(help_text="In a sentence or two: what whoever takes this seat does and doesn't do.")),
                ('single_seat', models.BooleanField(default=True, help_text='At most one person holds it at a time.')),
                ('wanted', models.BooleanField(default=False, help_text='Shown as an empty seat from declaring on, until somebody takes it.')),
                ('position', models.PositiveSmallIntegerField(default=0)),
                ('schedule', models.ForeignKey(blank=True, help_text="Whoever is on call here takes the seat when an incident is declared. A team's own commander roster goes first.", null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='teams.schedule')),
            ],
            options={
                'ordering': ['position', 'name'],
            },
        ),
        migrations.CreateModel(
            name='Service',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=80, unique=True)),
                ('slug', models.SlugField(help_text='Alerts name the service by this word, in the label “service”.', max_length=80, unique=True)),
                ('tier', models.PositiveSmallIntegerField(choices=[(1, 'Tier 1: customers stop when it stops'), (2, 'Tier 2: customers notice'), (3, 'Tier 3: internal')], default=2)),
                ('description', models.TextField(blank=True)),
                ('runbook_url', models.URLField(blank=True)),
                ('escalation_policy', models.ForeignKey(blank=True, help_text="Empty: the team's policy.", null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='services', to='teams.escalationpolicy')),
                ('team', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='services', to='teams.team')),
            ],
            options={
                'ordering': ['name'],
            },
        ),
        migrations.CreateModel(
            name='ScimRecord',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('external_id', models.CharField(blank=True, db_index=True, max_length=254)),
                ('made', models.BooleanField(default=False, help_text='SCIM made it; otherwise it was there before.')),
                ('changed_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('gone_at', models.DateTimeField(blank=True, null=True)),
                ('provider', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='teams.identityprovider')),
                ('user', models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='scim_record', to=settings.AUTH_USER_MODEL)),
                ('team', models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='scim_record', to='teams.team')),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('team__isnull', True), ('user__isnull', False)), models.Q(('team__isnull', False), ('user__isnull', True)), _connector='OR'), name='scim_record_is_of_one')],
            },
        ),
        migrations.CreateModel(
            name='GroupMapping',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('group', models.CharField(help_text='As the provider sends it: a name, a path or an ID.', max_length=200)),
                ('role', models.CharField(blank=True, choices=[('owner', 'Owner'), ('admin', 'Admin'), ('responder', 'Responder'), ('viewer', 'Viewer')], max_length=12, verbose_name='role in the organization')),
                ('team_role', models.CharField(blank=True, choices=[('manager', 'Manager'), ('member', 'Member'), ('guest', 'Guest')], max_length=16, verbose_name='role in the team')),
                ('provider', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='mappings', to='teams.identityprovider')),
                ('team', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='teams.team')),
            ],
            options={
                'ordering': ['group', 'pk'],
                'constraints': [models.UniqueConstraint(fields=('provider', 'group', 'team'), name='group_mapping_once', nulls_distinct=False), models.CheckConstraint(condition=models.Q(models.Q(models.Q(('role', ''), _negated=True), ('team__isnull', True), ('team_role', '')), models.Q(('role', ''), ('team__isnull', False), models.Q(('team_role', ''), _negated=True)), _connector='OR'), name='group_mapping_means_one_thing', violation_error_message='Give a role in the organization, or a team and the role in it.')],
            },
        ),
        migrations.CreateModel(
            name='EscalationTarget',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('step', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='targets', to='teams.escalationstep')),
                ('user', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('schedule', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='teams.schedule')),
                ('team', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='teams.team')),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('schedule__isnull', False), ('team__isnull', True), ('user__isnull', True)), models.Q(('schedule__isnull', True), ('team__isnull', True), ('user__isnull', False)), models.Q(('schedule__isnull', True), ('team__isnull', False), ('user__isnull', True)), _connector='OR'), name='target_is_one_thing', violation_error_message='Choose exactly one: a schedule, a person, or a team.')],
            },
        ),
        migrations.CreateModel(
            name='Organization',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(default='Watchbill', max_length=120)),
                ('time_zone', models.CharField(default='UTC', max_length=64, validators=[teams.zones.validate_zone])),
                ('soak_minutes', models.PositiveSmallIntegerField(default=0, help_text='Minutes that a mitigated incident is watched before it may be resolved without a reason.', validators=[django.core.validators.MaxValueValidator(1440)])),
                ('reopen_days', models.PositiveSmallIntegerField(default=7, help_text='Days after resolving in which an incident can be reopened; later, open a new one.', validators=[django.core.validators.MinValueValidator(1)])),
                ('promise_grace_minutes', models.PositiveSmallIntegerField(default=5, help_text='Minutes after a missed promise until the Incident Commander is reminded as well.')),
                ('sso_only', models.BooleanField(default=False, help_text='Passwords are refused. Owners keep theirs for the day on which the provider is away; each use of one is told to all owners.', verbose_name='sign in through an identity provider only')),
                ('second_factor_for', models.CharField(choices=[('nobody', 'Nobody (who wants one may have one)'), ('staff', 'Owners and admins'), ('everybody', 'Everybody')], default='nobody', help_text='An authenticator app or a passkey beside the password. Who has none yet is led to set one up.', max_length=12, verbose_name='second factor needed by')),
                ('session_days', models.PositiveSmallIntegerField(default=30, help_text='So many days after signing in a session ends, used or not, 1 to 90.', validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(90)], verbose_name='days in all')),
                ('session_idle_days', models.PositiveSmallIntegerField(default=14, help_text='A session that was not used for so many days ends, 1 to 90.', validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(90)], verbose_name='days without use')),
                ('default_policy', models.ForeignKey(blank=True, help_text="Pages whom nobody else's policy covers.", null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='teams.escalationpolicy')),
            ],
            options={
                'verbose_name_plural': 'organization',
                'constraints': [models.CheckConstraint(condition=models.Q(('pk', 1)), name='one_organization'), models.CheckConstraint(condition=models.Q(('second_factor_for__in', ['nobody', 'staff', 'everybody'])), name='second_factor_known'), models.CheckConstraint(condition=models.Q(('session_days__range', (1, 90)), ('session_idle_days__range', (1, 90))), name='sessions_bounded')],
            },
        ),
        migrations.CreateModel(
            name='Override',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('starts_at', models.DateTimeField()),
                ('ends_at', models.DateTimeField()),
                ('reason', models.CharField(blank=True, max_length=200)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('created_by', models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='overrides', to=settings.AUTH_USER_MODEL)),
                ('schedule', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='overrides', to='teams.schedule')),
            ],
            options={
                'ordering': ['starts_at'],
                'indexes': [models.Index(fields=['schedule', 'ends_at'], name='teams_overr_schedul_a404d3_idx')],
                'constraints': [models.CheckConstraint(condition=models.Q(('ends_at__gt', models.F('starts_at'))), name='override_ends_after_start', violation_error_message='An override has to end after it starts.')],
            },
        ),
        migrations.CreateModel(
            name='LayerMember',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('position', models.PositiveSmallIntegerField(default=0, help_text='Order in the rotation, lowest first.')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='rota_places', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': 'person in rotation',
                'verbose_name_plural': 'people in rotation, in order',
                'ordering': ['position', 'pk'],
            },
        ),
        migrations.CreateModel(
            name='Layer',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(default='Primary', max_length=80)),
                ('position', models.PositiveSmallIntegerField(default=0, help_text='A higher layer wins over a lower one.')),
                ('every', models.PositiveSmallIntegerField(default=1, help_text='Hand off every so many days, weeks or months.', validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(366)])),
                ('kind', models.CharField(choices=[('day', 'days'), ('week', 'weeks'), ('month', 'months')], default='week', max_length=8)),
                ('anchor_date', models.DateField(help_text='The day of the first hand-off, when the first person starts.')),
                ('handoff_time', models.TimeField(help_text="Local time of each hand-off, in the schedule's zone.")),
                ('ends_at', models.DateTimeField(blank=True, help_text='Empty: runs on.', null=True)),
                ('restrictions', models.JSONField(blank=True, default=list, help_text='Hours in which the layer is on. Empty: always. Example: [{"weekdays": [0,1,2,3,4], "start": "09:00", "end": "17:00"}] (Monday is 0).')),
                ('people', models.ManyToManyField(related_name='layers', through='teams.LayerMember', to=settings.AUTH_USER_MODEL)),
                ('schedule', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='layers', to='teams.schedule')),
            ],
            options={
                'ordering': ['position', 'pk'],
                'constraints': [models.CheckConstraint(condition=models.Q(('kind__in', ['day', 'week', 'month'])), name='layer_kind'), models.CheckConstraint(condition=models.Q(('every__gte', 1)), name='layer_every')],
            },
        ),
        migrations.AddField(
            model_name='team',
            name='commander_schedule',
            field=models.ForeignKey(blank=True, help_text='Who takes command by default. Empty: the primary on call, else whoever declares.', null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='teams.schedule'),
        ),
        migrations.AddField(
            model_name='team',
            name='escalation_policy',
            field=models.ForeignKey(blank=True, help_text='Pages this team when the service has no policy of its own.', null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='teams.escalationpolicy'),
        ),
        migrations.AddField(
            model_name='team',
            name='members',
            field=models.ManyToManyField(related_name='teams', through='teams.Membership', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='layermember',
            name='layer',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='rota', to='teams.layer'),
        ),
    ]
