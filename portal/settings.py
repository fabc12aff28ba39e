"""Django settings. Values come from the environment (portal/env.py); docs/settings.md explains each."""

from datetime import timedelta

from django.utils.csp import CSP
from django.utils.translation import gettext_lazy as _

from portal import embedded, logs
from portal.env import BASE_DIR, database_settings, env

DEBUG = False
PRODUCTION = env.flag("PORTAL_PRODUCTION")
SECRET_KEY = env.text("SECRET_KEY") or embedded.local_secret("django-secret-key")
ALLOWED_HOSTS = env.words("ALLOWED_HOSTS") or ([] if PRODUCTION else ["*"])
CSRF_TRUSTED_ORIGINS = env.words("CSRF_TRUSTED_ORIGINS")

# Key ring for secrets at rest: "id:base64key id2:base64key2", the first is used for new secrets.
SECRET_KEY_RING = env.words("SECRET_KEY_RING") or [f"local:{embedded.local_secret('key-ring')}"]
# Pepper under which charger link passwords are digested (HMAC-SHA-256).
CHARGER_KEY_PEPPER = env.text("CHARGER_KEY_PEPPER") or embedded.local_secret("charger-key-pepper")

INSTALLED_APPS = [
    "portal",
    "accounts",
    "installations",
    "chargers",
    "gateway",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django_htmx",
    "django_filters",
    "rest_framework",
    "drf_spectacular",
]

MIDDLEWARE = [
    "portal.middleware.request_origin",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.csp.ContentSecurityPolicyMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "portal.middleware.PortalLanguage",
    "accounts.keeping.KeepTyped",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "accounts.session_rules.SessionRules",
    "accounts.reasons.Reasons",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "portal.bodies.TooLargeBodies",
    "portal.browser_rights.BrowserRights",
    "portal.pages.ForbiddenPages",
]

CSRF_FAILURE_VIEW = "portal.pages.outdated"
ROOT_URLCONF = "portal.urls"
ASGI_APPLICATION = "portal.asgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "portal.pages.queue",
                "accounts.proof.freshness",
                "accounts.keeping.kept",
            ],
        },
    },
]

DATABASES = {
    "default": database_settings(
        env.text("DATABASE_URL") or embedded.database_url(), pool_size=env.number("DATABASE_POOL_SIZE", 16)
    )
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL = env.text("REDIS_URL") or embedded.redis_url()

CELERY_BROKER_URL = REDIS_URL.replace("unix://", "redis+socket://", 1)
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_TIME_LIMIT = 60
CELERY_TASK_DEFAULT_QUEUE = "rollout"
# Receivers of webhooks may be slow: they have workers of their own.
CELERY_TASK_ROUTES = {name: {"queue": "webhooks"} for name in ("webhooks.deliver", "webhooks.watch")}
CELERY_TASK_PUBLISH_RETRY = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 120,
    "unacked_restore_interval": 5,
    "unacked_mutex_expire": 10,
    "socket_connect_timeout": 2,
    "socket_timeout": 10,
}
CELERY_BEAT_SCHEDULE = {
    "sweep": {"task": "chargers.sweep", "schedule": timedelta(seconds=10), "options": {"expires": 10}},
    "forget what has ended": {
        "task": "accounts.tidy",
        "schedule": timedelta(hours=1),
        "options": {"expires": 3600},
    },
    "send webhooks": {"task": "webhooks.ring", "schedule": timedelta(seconds=5), "options": {"expires": 5}},
    "look for what webhooks want": {
        "task": "webhooks.ring",
        "args": [True],
        "schedule": timedelta(seconds=10),
        "options": {"expires": 10},
    },
    "forget old webhook events": {
        "task": "webhooks.tidy",
        "schedule": timedelta(minutes=10),
        "options": {"expires": 600},
    },
    "seal the audit trail": {
        "task": "accounts.seal_audit",
        "schedule": timedelta(seconds=10),
        "options": {"expires": 10},
    },
}
CELERY_BEAT_SCHEDULE_FILENAME = str(embedded.data_dir() / "celerybeat-schedule")

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["accounts.backend.PeopleBackend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "sign_in"
LOGIN_REDIRECT_URL = "installations"
LOGOUT_REDIRECT_URL = "sign_in"

SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = PRODUCTION
# Whether platform staff can do nothing before they have set up a second step of signing in.
STAFF_SECOND_FACTOR = env.flag("STAFF_SECOND_FACTOR", default=PRODUCTION)
# A session in a browser ends so long after the person signed in, and so long after the last sign of the person.
SESSION_COOKIE_AGE = 12 * 3600
SESSION_IDLE_SECONDS = 60 * max(1, env.number("SESSION_IDLE_MINUTES", 30))
SECURE_HSTS_SECONDS = 31_536_000 if PRODUCTION else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = PRODUCTION
BEHIND_PROXY = env.flag("BEHIND_PROXY")
# Chargers that upload follow no redirects; some speak plain HTTP only.
SECURE_REDIRECT_EXEMPT = [r"^diagnostics/$"]
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if BEHIND_PROXY else None
SECURE_CSP = {
    "default-src": [CSP.SELF],
    "img-src": [CSP.SELF, "data:"],
    "object-src": [CSP.NONE],
    "base-uri": [CSP.NONE],
    "frame-ancestors": [CSP.NONE],
    "form-action": [CSP.SELF],
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 2_621_440
# The longest body of any request, files of forms and all; chargers' uploads have a bound of their own.
REQUEST_MOST_BYTES = 3 * 1024 * 1024

LANGUAGE_CODE = "en"
# Only complete translations are offered.
LANGUAGES = [("en", _("English")), ("de", _("German")), ("nb", _("Norwegian"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"

STATIC_URL = "static/"
STATIC_ROOT = BASE_DIR / "staticfiles" if PRODUCTION else None
STATICFILES_DIRS = [BASE_DIR / "static"]
WHITENOISE_USE_FINDERS = not PRODUCTION

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["accounts.api.authentication.BearerAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["accounts.api.parsing.StrictJSONParser"],
    "DEFAULT_SCHEMA_CLASS": "portal.api.schema.PortalSchema",
    "EXCEPTION_HANDLER": "accounts.api.problems.handle",
    "UNAUTHENTICATED_USER": None,
    "URL_FORMAT_OVERRIDE": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Charge Portal API",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "COMPONENT_SPLIT_REQUEST": True,
    "COMPONENT_SPLIT_PATCH": True,
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    "ENUM_NAME_OVERRIDES": {
        "AuthenticationMode": "installations.models.Mode",
        "DraftMode": [(mode, mode) for mode in ("native", "ocpp_direct", "ocpp_cloud")],
        "RoleName": "installations.models.Role",
        "NetworkType": "installations.models.NetworkType",
        "DeliveryState": "chargers.rollout.states.DeliveryState",
        "RolloutState": "chargers.rollout.states.RolloutState",
        "AuthenticationChangeState": "chargers.models.ChangeState",
        "ChangeItemState": "chargers.models.ItemState",
        "InstallationsWithState": "chargers.installation_filter.STATE_CHOICES",
        "DiagnosticsState": "chargers.diagnostics_state.DiagnosticsState",
        "GatewayRequestState": "chargers.request_states.RequestState",
        "RolloutStart": "chargers.rollout.policy.Start",
        "DriftPolicy": "installations.models.DriftPolicy",
        "LinkState": "chargers.link_state.LinkState",
        "MessageDirection": "chargers.models.message.Direction",
        "MessageOutcome": "chargers.models.message.MessageOutcome",
        "SessionState": "chargers.sessions.selectors.SessionState",
        "ChargerVerdict": "chargers.services.preview_values.Verdict",
        "UrlSource": "installations.ocpp_url.identity.UrlSource",
        "WebhookDeliveryState": "installations.webhook_models.DeliveryState",
        "TokenScope": "accounts.permissions.Scope",
    },
    "SERVE_INCLUDE_SCHEMA": False,
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "portal.api.schema.describe_errors",
    ],
}
# Requests of one person through the API in a window, over all processes.
API_RATE_LIMIT = env.number("API_RATE_LIMIT", 3000)
API_RATE_WINDOW_SECONDS = 60
# Who sends it may read /metrics; empty: everybody, and in production nobody.
METRICS_TOKEN = env.text("METRICS_TOKEN")

# Chargers written to per minute at most, over all installations; None: as fast as it goes.
ROLLOUT_PACE_PER_MINUTE = env.number("ROLLOUT_PACE_PER_MINUTE", 0) or None

# How long what chargers, backends and the portal said to each other is kept; 0: not at all.
MESSAGE_LOG_DAYS = max(0, env.number("MESSAGE_LOG_DAYS", 14))
# How long what webhooks told is kept, to be looked at and sent again.
WEBHOOK_DAYS = max(3, env.number("WEBHOOK_DAYS", 30))
BRIDGE_METER_DAYS = max(1, env.number("BRIDGE_METER_DAYS", 7))

# Files that chargers upload for their makers: the largest one, how long they are kept, and where they go.
DIAGNOSTICS_MAX_MIB = min(max(1, env.number("DIAGNOSTICS_MAX_MIB", 32)), 1024)
DIAGNOSTICS_DAYS = min(max(1, env.number("DIAGNOSTICS_DAYS", 14)), 30)
# The public address of the pages, and of the same server as chargers reach it.
PORTAL_PUBLIC_URL = env.text("PORTAL_PUBLIC_URL", "http://127.0.0.1:8000")
DIAGNOSTICS_UPLOAD_URL = env.text("DIAGNOSTICS_UPLOAD_URL", PORTAL_PUBLIC_URL)

# The public address of the gateway as chargers dial it.
GATEWAY_PUBLIC_URL = env.text("GATEWAY_PUBLIC_URL", "ws://127.0.0.1:9000/ocpp")
# The WebSocket library of the gateway: picows, or websockets where picows has no wheel.
GATEWAY_TLS_CERTIFICATE = env.text("GATEWAY_TLS_CERTIFICATE", "")
GATEWAY_TLS_KEY = env.text("GATEWAY_TLS_KEY", "")
GATEWAY_TRANSPORT = env.text("GATEWAY_TRANSPORT", "picows")

# Private and loopback backends: two doors of their own (see docs/settings.md).
ALLOW_PRIVATE_BACKENDS = env.words("ALLOW_PRIVATE_BACKENDS")
ALLOW_LOOPBACK_BACKENDS = env.flag("ALLOW_LOOPBACK_BACKENDS")
BACKEND_RETRY_SECONDS = env.number("BACKEND_RETRY_SECONDS", 10)

logs.configure()
