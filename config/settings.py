"""Django's settings, made from the environment table in `config.env`."""

import os
from email.utils import parseaddr
from typing import Any
from urllib.parse import urlsplit

import dj_database_url
import django_stubs_ext
from django.core.exceptions import ImproperlyConfigured

from config import csp, env, judging, relay, running, stores

# Django's generic classes take their type parameter at run time, too: ModelAdmin[Team], ListView[Incident].
django_stubs_ext.monkeypatch()

try:
    ENV = env.load(os.environ)
except env.Refused as refused:
    raise ImproperlyConfigured(str(refused)) from None

PRODUCTION = ENV.mode == "production"
DEBUG = ENV.debug
BASE_DIR = env.ROOT
WATCHBILL_VAR = ENV.var
WATCHBILL_BASE_URL = (ENV.base_url or f"http://127.0.0.1:{ENV.port}").rstrip("/")
_BASE = urlsplit(WATCHBILL_BASE_URL)
_HTTPS = _BASE.scheme == "https"

SECRET_KEY = ENV.secret_key
SECRET_KEY_FALLBACKS = list(ENV.secret_key_fallbacks)
WATCHBILL_ENCRYPTION_KEYS = list(ENV.encryption_keys)
ALLOWED_HOSTS = [_BASE.hostname or "", *ENV.allowed_hosts, *([] if PRODUCTION else judging.LOOPBACK)]
CSRF_TRUSTED_ORIGINS = [WATCHBILL_BASE_URL]

INSTALLED_APPS = [
    # First, so that its templates go before those of the administration.
    "config",
    "config.apps.AdministrationConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    # Before django-allauth, whose pages ours stand in for.
    "teams",
    "csp",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "allauth.usersessions",
    "django_filters",
    "django_htmx",
    "pghistory",
    "pgtrigger",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "rest_framework",
    "incidents",
    "comms",
]

MIDDLEWARE = [
    "config.headers.Headers",
    "config.health.Probes",
    "django.middleware.security.SecurityMiddleware",
    "config.door.ToolsDoor",
    "csp.middleware.CSPMiddleware",
    "config.bounds.Bounds",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "config.middleware.BodyBound",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "config.audit.AuditContext",
    "config.limits.Limits",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "config.headers.FormsStayHere",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "teams.signin.middleware.SessionLimits",
    "config.middleware.ReaderZone",
    "config.middleware.InsideCookie",
    "config.middleware.TableGate",
    "teams.signin.middleware.SecondFactorNeeded",
    "teams.signin.middleware.AskAgain",
    "config.middleware.CalmAboutSecrets",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

# Where no server is named, the embedded ones are meant: `manage.py up` notes in var/ where they answer.
_RUNNING = running.noted(ENV.var)
_EMBEDDED_DATABASE = _RUNNING.get("database_url") or running.database_url(ENV.var / "sockets")
_EMBEDDED_BROKER = _RUNNING.get("broker_url") or running.broker_url(ENV.var / "sockets")
DATABASES = {
    "default": dj_database_url.parse(ENV.database_url or _EMBEDDED_DATABASE, conn_max_age=60, conn_health_checks=True)
}
# Whoever waits this long for a row gives up: a webhook then says 503 and is sent again, and a sweep comes back. Whoever
# does nothing in a transaction for this long is frozen, and what it holds goes to others.
DATABASES["default"].setdefault("OPTIONS", {}).setdefault(
    "options", "-c lock_timeout=15s -c idle_in_transaction_session_timeout=60s"
)

# How long one statement of a web request may take: see config.wsgi.
WATCHBILL_STATEMENT_SECONDS = ENV.statement_seconds
WATCHBILL_SECURITY_CONTACT = ENV.security_contact
# A form's bytes without its files, its fields (a schedule with many layers has hundreds), and its files.
DATA_UPLOAD_MAX_MEMORY_SIZE = 2_000_000
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2000
DATA_UPLOAD_MAX_NUMBER_FILES = 20
FILE_UPLOAD_MAX_MEMORY_SIZE = 2_000_000

# What web processes share for a moment, on the broker's server; see config.cache.
CACHES = {"default": {"BACKEND": "config.cache.Shared", "KEY_PREFIX": "watchbill"}}

AUTH_USER_MODEL = "teams.User"
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "account_login"
AUTHENTICATION_BACKENDS = ["teams.signin.backends.ByPassword"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS: list[dict[str, Any]] = [
    {"NAME": f"django.contrib.auth.password_validation.{name}", "OPTIONS": options}
    for name, options in (
        ("UserAttributeSimilarityValidator", {}),
        ("MinimumLengthValidator", {"min_length": 10}),
        ("CommonPasswordValidator", {}),
        ("NumericPasswordValidator", {}),
    )
]

# --- getting in: django-allauth; nobody signs up by themselves
ACCOUNT_ADAPTER = "teams.signin.adapters.Accounts"
ACCOUNT_LOGIN_METHODS = {"username", "email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "username*", "password1*", "password2*"]
ACCOUNT_FORMS = {
    "login": "teams.signin.forms.SignIn",
    "reset_password": "teams.signin.forms.AskForPassword",
    "reset_password_from_key": "teams.signin.forms.NewPassword",
    "change_password": "teams.signin.forms.ChangePassword",
    "set_password": "teams.signin.forms.SetPassword",
    "add_email": "teams.signin.forms.ChangeAddress",
    "reauthenticate": "teams.signin.forms.ConfirmPassword",
}
# What is on somebody's row counts (`teams.signin.addresses`); a change of it by themselves waits for its link.
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_CHANGE_EMAIL = True
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
# Signing in counts as a proof of who one is for so many seconds (`teams.signin.again`).
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_REAUTHENTICATION_TIMEOUT = 900
# Guesses: by address, and by account whatever it was called.
ACCOUNT_RATE_LIMITS = {
    "login": "30/m/ip",
    "login_failed": "20/m/ip,5/5m/key",
    "reset_password": "20/m/ip,3/10m/key",
    "reset_password_from_key": "20/m/ip",
    "reauthenticate": "10/m/user",
    "change_password": "5/m/user",
    "manage_email": "10/m/user",
    "confirm_email": "1/m/key",
}
PASSWORD_RESET_TIMEOUT = 86400
MFA_ADAPTER = "teams.signin.adapters.SecondFactors"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_FORMS = {
    "authenticate": "teams.signin.forms.Code",
    "reauthenticate": "teams.signin.forms.ConfirmCode",
    "activate_totp": "teams.signin.forms.FirstCode",
    "add_webauthn": "teams.signin.forms.AddPasskey",
}
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_ISSUER = "Watchbill"
MFA_RATE_LIMITS = {"webauthn_login": "20/m/ip"}
# Nobody signs up here, so an address that waits to be confirmed is no reason to keep somebody from a second factor.
MFA_ALLOW_UNVERIFIED_EMAIL = True

# --- single sign-on: the providers are rows of teams.IdentityProvider, see teams.signin.social
SOCIALACCOUNT_ADAPTER = "teams.signin.social.Providers"
SOCIALACCOUNT_EMAIL_AUTHENTICATION = False
SOCIALACCOUNT_STORE_TOKENS = False
SOCIALACCOUNT_REQUESTS_TIMEOUT = 5
# A provider on this machine may speak plain http while one develops.
WATCHBILL_OIDC_LOOPBACK = not PRODUCTION

# --- SCIM 2.0 at /scim/v2/: django-scim2 with adapters of ours
SCIM_SERVICE_PROVIDER = {
    "NETLOC": _BASE.netloc,
    "SCHEME": _BASE.scheme,
    "USER_ADAPTER": "teams.scim.people.Person",
    "GROUP_MODEL": "teams.models.Team",
    "GROUP_ADAPTER": "teams.scim.groups.Group",
    "USER_FILTER_PARSER": "teams.scim.filters.PeopleFilter",
    "GROUP_FILTER_PARSER": "teams.scim.filters.GroupFilter",
    "SERVICE_PROVIDER_CONFIG_MODEL": "teams.scim.config.ServiceProvider",
    "SCHEMAS_GETTER": "teams.scim.config.schemas",
    "AUTH_CHECK_MIDDLEWARE": "teams.scim.door.door",
    "AUTHENTICATION_SCHEMES": [
        {
            "type": "oauthbearertoken",
            "name": "Bearer token",
            "description": "A SCIM token that an owner makes in the administration.",
        }
    ],
}
# Requests of one token on one web process; Entra ID asks for 25 a second. Empty: no limit.
WATCHBILL_SCIM_RATE = "1500/min"

LANGUAGE_CODE = "en"
USE_I18N = True
# Before those of Django and its administration, which have other words for some of ours.
LOCALE_PATHS = [BASE_DIR / "comms" / "locale"]
USE_TZ = True
TIME_ZONE = "UTC"

STATIC_URL = "/static/"
# In development the files are served from where they lie, so that nothing has to be collected first.
STATIC_ROOT = BASE_DIR / "staticfiles" if PRODUCTION else None
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if PRODUCTION
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}
WHITENOISE_USE_FINDERS = not PRODUCTION
WHITENOISE_AUTOREFRESH = DEBUG
WHITENOISE_ALLOW_ALL_ORIGINS = False
WHITENOISE_ADD_HEADERS_FUNCTION = csp.of_file

if ENV.trust_proxy:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
WATCHBILL_TRUST_PROXY = ENV.trust_proxy
WATCHBILL_OUTBOUND_LOOPBACK = ENV.outbound_loopback
WATCHBILL_CHAT_HOSTS = frozenset(host.lower() for host in ENV.chat_hosts)
WATCHBILL_METRIC_HOSTS = frozenset(host.lower() for host in ENV.metric_hosts)
WATCHBILL_TRACKER_HOSTS = frozenset(host.lower() for host in ENV.tracker_hosts)
WATCHBILL_TWILIO = {
    "sid": ENV.twilio_sid,
    "token": ENV.twilio_token,
    "from": ENV.twilio_from,
    "url": ENV.twilio_url,
}
WATCHBILL_PUBLIC_STORAGE = stores.public_storage(ENV.public_storage)
WATCHBILL_DEADMAN_URL = ENV.deadman_url
WATCHBILL_METRICS_TOKEN = ENV.metrics_token
# Tests that travel in time take the clock of the process instead.
WATCHBILL_DATABASE_CLOCK = True
# allauth counts attempts to sign in by address, and must not take the proxy's for everybody's.
ALLAUTH_TRUSTED_PROXY_COUNT = 1 if ENV.trust_proxy else 0
SECURE_SSL_REDIRECT = PRODUCTION and _HTTPS
SECURE_HSTS_SECONDS = ENV.hsts_seconds if PRODUCTION and _HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = ENV.hsts_subdomains
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
CONTENT_SECURITY_POLICY = {"DIRECTIVES": csp.DIRECTIVES}
# With https, names that a browser takes from this very host alone, over https and for every path.
_COOKIE = "__Host-" if _HTTPS else ""
SESSION_COOKIE_NAME = f"{_COOKIE}watchbill_session"
CSRF_COOKIE_NAME = f"{_COOKIE}watchbill_csrf"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _HTTPS
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
# The longest that the organization may allow; `teams.signin.middleware.SessionLimits` ends them earlier.
SESSION_COOKIE_AGE = 90 * 86400
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
X_FRAME_OPTIONS = "DENY"
# Whether neighbours on our domain use https is for WATCHBILL_HSTS_SUBDOMAINS to say, and no is a good answer; browsers'
# preload lists outlive an installation, so it never asks to be put on one.
SILENCED_SYSTEM_CHECKS = ["security.W021", *([] if ENV.hsts_subdomains else ["security.W005"])]

# --- mail: everything is a row first, Django's own mail (password reset, invitations) as well
EMAIL_BACKEND = "comms.transports.outbox.Outbox"
_SINK = int(_RUNNING.get("mail_port", running.MAIL_PORT))
WATCHBILL_RELAYS = relay.mail_relays(ENV.email_url) or relay.mail_relays(f"smtp://127.0.0.1:{_SINK}?tls=none")
WATCHBILL_FROM_EMAIL = ENV.from_email or f"Watchbill <watchbill@{_BASE.hostname}>"
WATCHBILL_FROM_ADDRESS = parseaddr(WATCHBILL_FROM_EMAIL)[1]
DEFAULT_FROM_EMAIL = SERVER_EMAIL = WATCHBILL_FROM_EMAIL
WATCHBILL_RETURN_DOMAIN = ENV.return_domain.lower()
# What mail providers tell: see comms.providers.
WATCHBILL_ANYMAIL_SECRET = ENV.anymail_secret
WATCHBILL_ANYMAIL_MAILGUN_KEY = ENV.anymail_mailgun_key
WATCHBILL_MAIL_SINK = not PRODUCTION
# Mail that becomes alerts: see config.mailin.
WATCHBILL_MAIL_IN_DOMAIN = (ENV.mail_in_domain or ("" if PRODUCTION else "localhost")).lower()

# --- Celery: the database is the truth, the broker only wakes the workers
CELERY_BROKER_URL = ENV.broker_url or _EMBEDDED_BROKER
CELERY_BROKER_TRANSPORT_OPTIONS = {
    # How long an unacknowledged message waits before another worker
    # gets it, in seconds; above the time limit.
    "visibility_timeout": 600,
    "socket_connect_timeout": 1,
    "socket_timeout": 1,
    "socket_keepalive": True,
    # One try: whoever publishes is a request or a sweep, and neither waits for a broker that is away.
    "max_retries": 0,
    "connect_retries_timeout": 1,
}
CELERY_BROKER_CONNECTION_TIMEOUT = 1
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_TASK_PUBLISH_RETRY = False
CELERY_TASK_DEFAULT_QUEUE = "watchbill"
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_IGNORE_RESULT = True
CELERY_RESULT_BACKEND = None
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_SOFT_TIME_LIMIT = 240
CELERY_TASK_TIME_LIMIT = 300
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_CONCURRENCY = ENV.worker_concurrency
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = False
# Every entry is a sweep that may run early or twice, so its last run needs no file that could be corrupt.
CELERY_BEAT_SCHEDULER = "celery.beat:Scheduler"
CELERY_TIMEZONE = "UTC"
CELERY_ENABLE_UTC = True

# --- the API
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["config.api.auth.BearerToken", "config.api.auth.ConsoleSession"],
    "DEFAULT_PERMISSION_CLASSES": ["teams.api.gate.ByTable"],
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "DEFAULT_PAGINATION_CLASS": "config.api.pagination.Keyset",
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["config.api.parsing.BoundedJSON"],
    "EXCEPTION_HANDLER": "config.api.problems.answer",
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
# How much one caller may ask for: see config.limits. Off or empty: no limit.
WATCHBILL_API_RATE = ENV.api_rate
WATCHBILL_ANONYMOUS_RATE = ENV.anonymous_rate
WATCHBILL_CONSOLE_RATE = ENV.console_rate
WATCHBILL_PUBLIC_RATE = ENV.public_rate
WATCHBILL_SUBSCRIBE_RATE = ENV.subscribe_rate
WATCHBILL_LINK_RATE = ENV.link_rate
WATCHBILL_EVENT_RATE = ENV.event_rate
SPECTACULAR_SETTINGS = {
    "TITLE": "Watchbill API",
    "DESCRIPTION": "Everything the console can do, for programs. People are named by username, teams, services and "
    "roles by slug, severities by level. Times carry their offset and are answered in UTC. Lists come in pages: "
    "follow `next`. Errors are problem details (RFC 9457); 409 says all that is missing and how to supply it.",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_AUTHENTICATION": [],
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "config.api.schema.add_problems",
    ],
    "ENUM_NAME_OVERRIDES": {
        "PhaseEnum": "incidents.phases.Phase",
        "CancelKindEnum": "incidents.phases.CANCEL_KINDS",
        "AttachmentKindEnum": "incidents.models.Attachment.Kind",
        "EntryKindEnum": "incidents.models.TimelineEntry.Kind",
        "WordsKindEnum": "incidents.serializers.given.WORDS",
        "PlaybookKindEnum": "incidents.models.Playbook.Kind",
        "RunStepStateEnum": "incidents.models.RunStep.State",
        "CardRiskEnum": "incidents.models.MitigationCard.Risk",
        "CardStateEnum": "incidents.serializers.deck.STATES",
        "MitigationKindEnum": "incidents.models.Mitigation.Kind",
        "MitigationStateEnum": "incidents.models.Mitigation.State",
        "CoachPhraseKindEnum": "incidents.models.coaching.KINDS",
        "CoachLanguageEnum": "incidents.serializers.coached.COACHED_LANGUAGES",
        "RemarkKindEnum": "incidents.serializers.coached.REMARK_KINDS",
        "FigureStateEnum": "incidents.serializers.figures.STATES",
        "FigureUnitEnum": "incidents.models.FigureDefinition.Unit",
        "ActionItemKindEnum": "incidents.models.ActionItem.Kind",
        "ActionItemStateEnum": "incidents.models.ActionItem.State",
        "CounterfactualEffectEnum": "incidents.models.Counterfactual.Effect",
        "HindsightEffectEnum": "incidents.serializers.followed.EFFECTS",
        "ActionItemPriorityEnum": "incidents.models.ActionItem.Priority",
        "AlertStatusEnum": "incidents.models.Alert.Status",
        "AlertSuppressionEnum": "incidents.models.Alert.Suppression",
        "TeamRequestStateEnum": "incidents.models.TeamRequest.State",
        "RelationKindEnum": "incidents.models.Relation.Kind",
        "FollowLevelEnum": "incidents.models.Follow.Level",
        "TaskStateEnum": "incidents.models.IncidentTask.State",
        "SeatStateEnum": "incidents.models.RoleAssignment.State",
        "RunStateEnum": "incidents.models.EscalationRun.State",
        "OutcomeEnum": "comms.models.Delivery.State",
        "PromiseOutcomeEnum": "incidents.models.Promise.Outcome",
        "EstimateOutcomeEnum": "incidents.models.Estimate.Outcome",
        "ConfidenceEnum": "incidents.models.Confidence",
        "PostmortemStateEnum": "incidents.models.Postmortem.State",
        "ReviewAnswerEnum": "incidents.models.ReviewApproval.Answer",
        "ExerciseStateEnum": "incidents.models.Exercise.State",
        "ExerciseSpeedEnum": "incidents.models.Exercise.Speed",
        "DrillAudienceEnum": "comms.models.Drill.Audience",
        "PageAudienceEnum": "comms.models.StatusPage.Audience",
        "LanguageEnum": "comms.models.page.LANGUAGES",
        "PageIncidentStateEnum": "comms.models.PageIncident.State",
        "PlannedMaintenanceStateEnum": "comms.models.PageMaintenance.State",
        "MaintenanceUpdateKindEnum": "comms.models.MaintenanceUpdate.Kind",
        "UpdateStatusEnum": "comms.models.StatusUpdate.Status",
        "ComponentStatusEnum": "comms.models.Component.Status",
        "SubscriberStateEnum": "comms.models.Subscriber.State",
        "SubscriberEventKindEnum": "comms.models.SubscriberEvent.Kind",
        "SubscriberChannelEnum": "comms.models.Subscriber.Channel",
        "SubscriberImportStateEnum": "comms.models.SubscriberImport.State",
        "DeliveryKindEnum": "comms.models.Delivery.Kind",
        "DeliveryChannelEnum": "comms.models.Delivery.Channel",
        "ImpactEnum": "comms.models.PageIncident.Impact",
        "DrillStateEnum": "comms.models.Drill.State",
        "DrillCallStateEnum": "comms.models.DrillCall.State",
        "ExportStateEnum": "incidents.models.Export.State",
        "ExportFormEnum": "incidents.models.Export.Form",
        "SavedFilterSharedEnum": "incidents.models.SavedFilter.Shared",
        "SearchPlaceEnum": "incidents.searching.PLACES",
        "MetricKindEnum": "incidents.models.witness.Probe.Kind",
        "MetricComparisonEnum": "incidents.models.witness.Probe.Comparison",
        "MetricSignInEnum": "incidents.models.witness.Probe.SignIn",
        "MetricStateEnum": "incidents.models.Witness.State",
        "MetricAttachEnum": "incidents.models.MetricCheck.Attach",
        "TrackerKindEnum": "incidents.models.Tracker.Kind",
        "TrackerLinkStateEnum": "incidents.models.TrackerLink.State",
        "MitigationCallStateEnum": "incidents.models.MitigationCall.State",
        "ChangeMarkEnum": "incidents.models.ChangeMark.State",
        "ServiceLinkKindEnum": "teams.models.ServiceLink.Kind",
        "SwapStateEnum": "teams.models.Swap.State",
        "LayerKindEnum": "teams.models.Layer.Kind",
        "InvitationStateEnum": "teams.models.Invitation.State",
        "OrganizationRoleEnum": "teams.models.User.Role",
        "TokenScopeEnum": "teams.models.token.SCOPE_NAMES",
        "TokenStateEnum": "teams.models.ApiToken.State",
        "TeamRoleEnum": "teams.models.Membership.Role",
    },
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
}

LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"()": "config.logs.Discreet", "format": "%(asctime)s %(levelname)s %(name)s: %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": ENV.log_level},
    "loggers": {
        "django": {"handlers": [], "level": ENV.log_level, "propagate": True},
        "django.server": {"handlers": [], "propagate": True},
        # aiosmtpd writes down each line of each conversation.
        "mail.log": {"level": "WARNING"},
        # One line for each task run is noise while sweeps run every few seconds.
        "celery.worker.strategy": {"level": "WARNING"},
        "celery.app.trace": {"level": "WARNING"},
        "celery.beat": {"level": "WARNING"},
    },
}
