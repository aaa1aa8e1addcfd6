"""All of Django's settings; everything that differs between machines comes from the environment (see README)."""

from pathlib import Path
from urllib.parse import unquote, urlsplit

from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

from bigin_books import env, logs

BASE_DIR = Path(__file__).resolve().parent.parent


def database(url: str) -> dict[str, object]:
    """DATABASES entry of `postgres://user:password@host:port/name`; `?host=/folder` names a socket folder."""
    parts = urlsplit(url)
    if parts.scheme not in {"postgres", "postgresql"} or not parts.path.strip("/"):
        raise ImproperlyConfigured("DATABASE_URL must look like postgres://user:password@host:5432/name")
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.strip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": parts.hostname or "",
        "PORT": str(parts.port or ""),
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {"connect_timeout": 5},
    }


DEBUG = env.flag("DEBUG", False)
SECRET_KEY = env.text("SECRET_KEY")
# Fernet keys for tokens at rest, newest first; older ones are kept until everything is written again.
FIELD_KEYS = env.listed("FIELD_KEYS", env.text("FIELD_KEYS"))
BASE_URL = env.text("BASE_URL", "http://localhost:8000").rstrip("/")
ALLOWED_HOSTS = env.listed("ALLOWED_HOSTS", urlsplit(BASE_URL).hostname or "localhost")
CSRF_TRUSTED_ORIGINS = [BASE_URL]

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_htmx",
    "rest_framework",
    "drf_spectacular",
    "csp",
    "accounts",
    "sync",
    "invoices",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    # Pages too: not every server stands behind a proxy that compresses. Django pads them at random, so that a page's
    # length tells nothing of what it holds.
    "django.middleware.gzip.GZipMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "bigin_books.embed.PartitionedCookieMiddleware",
    "bigin_books.embed.FrameMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "accounts.middleware.MemberMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]

ROOT_URLCONF = "bigin_books.urls"
WSGI_APPLICATION = "bigin_books.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": False,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.messages.context_processors.messages",
                "bigin_books.embed.frame_context",
            ],
            "builtins": [
                "django.templatetags.i18n",
                "django.templatetags.static",
                "bigin_books.templatetags.handbook",
                "accounts.templatetags.telling",
            ],
        },
    }
]

DATABASES = {"default": database(env.text("DATABASE_URL"))}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
REDIS_URL = env.text("REDIS_URL")
CACHES = {
    "default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL, "KEY_PREFIX": "web"}
}

LANGUAGE_CODE = "en"
LOCALE_PATHS = [BASE_DIR / "locale"]
TIME_ZONE = "UTC"
USE_I18N = True
USE_TZ = True

# A document has at most 200 lines of about ten fields each.
DATA_UPLOAD_MAX_NUMBER_FIELDS = 3000
FILE_UPLOAD_HANDLERS = [
    "invoices.attachments.Bounded",
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "django.core.files.uploadhandler.TemporaryFileUploadHandler",
]

STATIC_URL = "static/"
STATIC_ROOT = env.text("STATIC_ROOT", str(BASE_DIR / "staticfiles"))
STATICFILES_DIRS = [BASE_DIR / "static", ("help", BASE_DIR / "docs" / "pictures")]
STATICFILES_FINDERS = [
    "django.contrib.staticfiles.finders.FileSystemFinder",
    "django.contrib.staticfiles.finders.AppDirectoriesFinder",
    "bigin_books.bundles.BundleFinder",
]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if env.flag("PLAIN_STATIC", DEBUG)
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
WHITENOISE_USE_FINDERS = env.flag("PLAIN_STATIC", DEBUG)

# The session lives in a frame on Zoho's site: `Partitioned` is added by bigin_books.embed.
SESSION_ENGINE = "django.contrib.sessions.backends.db"
SESSION_COOKIE_NAME = "__Host-session"
SESSION_COOKIE_SECURE = True
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "None"
SESSION_COOKIE_AGE = 3600
CSRF_USE_SESSIONS = True
CSRF_FAILURE_VIEW = "accounts.views.csrf_failure"
# What an action did is told on the page it leads to; a cookie of its own would not reach a frame.
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"

BEHIND_PROXY = env.flag("BEHIND_PROXY", False)
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if BEHIND_PROXY else None
SECURE_SSL_REDIRECT = env.flag("SSL_REDIRECT", BASE_URL.startswith("https:"))
SECURE_HSTS_SECONDS = 31_536_000 if BASE_URL.startswith("https:") else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = BASE_URL.startswith("https:")
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SECURE_REFERRER_POLICY = "same-origin"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}

REST_FRAMEWORK = {
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_AUTHENTICATION_CLASSES": [],
    "DEFAULT_PERMISSION_CLASSES": [],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "UNAUTHENTICATED_USER": None,
    "COERCE_DECIMAL_TO_STRING": True,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Books for Bigin",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "ENUM_NAME_OVERRIDES": {
        "DocumentKind": "invoices.models.DocumentKind",
        "IssueKind": "sync.models.Issue.Kind",
        "RunKind": "sync.models.Run.Kind",
        "DocumentState": "invoices.models.Document.State",
        "IssueState": "sync.models.Issue.State",
        "RunState": "sync.models.Run.State",
        "SyncModule": "sync.choices.Module",
        "BiginModule": "invoices.deals.MODULES",
    },
}

# Where the pages' links into the documentation lead, instead of the copy that is served under /help/.
DOCS_URL = env.text("DOCS_URL", "").rstrip("/")

# Zoho. The sandbox is one more data centre, only where this names it.
SANDBOX_URL = env.optional("SANDBOX_URL")
ZOHO_CLIENT_ID = env.text("ZOHO_CLIENT_ID", "")
ZOHO_CLIENT_SECRET = env.text("ZOHO_CLIENT_SECRET", "")
ZOHO_DATA_CENTRE = env.text("ZOHO_DATA_CENTRE", "sandbox" if SANDBOX_URL else "us")
ZOHO_BOOKS_PER_MINUTE = env.limit("ZOHO_BOOKS_PER_MINUTE", 100)
ZOHO_BOOKS_CONCURRENT = env.limit("ZOHO_BOOKS_CONCURRENT", 5)
ZOHO_BIGIN_CONCURRENT = env.limit("ZOHO_BIGIN_CONCURRENT", 10)
ZOHO_WINDOW_SECONDS = env.whole("ZOHO_WINDOW_SECONDS", 60, least=1)

# The sync's clockwork (design section 3); the demo and the tests shorten some.
SYNC_SLICE_SECONDS = env.whole("SYNC_SLICE_SECONDS", 240, least=1)
SYNC_HEARTBEAT_SECONDS = env.whole("SYNC_HEARTBEAT_SECONDS", 10, least=1)
SYNC_ABANDONED_SECONDS = env.whole("SYNC_ABANDONED_SECONDS", 60, least=1)
SYNC_ABSENCE_SECONDS = env.whole("SYNC_ABSENCE_SECONDS", 60)
SYNC_DELETE_WAIT_SECONDS = env.whole("SYNC_DELETE_WAIT_SECONDS", 3600)

CELERY_BROKER_URL = REDIS_URL
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_SOFT_TIME_LIMIT = 270
CELERY_TASK_TIME_LIMIT = 300
CELERY_BROKER_TRANSPORT_OPTIONS = {"visibility_timeout": 900}
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TASK_DEFAULT_QUEUE = "sync"
CELERY_TASK_ROUTES = {
    "invoices.tasks.read_feed": {"queue": "sync"},  # long: nobody waits for it
    "invoices.tasks.*": {"queue": "interactive"},
    "sync.tasks.run_record": {"queue": "interactive"},
    "sync.tasks.take_back": {"queue": "interactive"},
}
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BEAT_SCHEDULE = {
    "dispatch-due": {"task": "sync.tasks.dispatch_due", "schedule": 30.0},
    "sweep-documents": {"task": "invoices.tasks.sweep", "schedule": 30.0},
    "tidy-accounts": {"task": "accounts.tasks.tidy", "schedule": 3600.0},
    "tidy-sync": {"task": "sync.tasks.housekeeping", "schedule": 3600.0},
    "tell-again": {"task": "sync.tasks.tell_again", "schedule": 300.0},
}

EMAIL_BACKEND = env.text("EMAIL_BACKEND", "django.core.mail.backends.smtp.EmailBackend")
EMAIL_FILE_PATH = env.text("EMAIL_FILE_PATH", "")  # of the backend that writes files
EMAIL_HOST = env.text("EMAIL_HOST", "localhost")
EMAIL_PORT = env.whole("EMAIL_PORT", 25, least=1)
EMAIL_HOST_USER = env.text("EMAIL_HOST_USER", "")
EMAIL_HOST_PASSWORD = env.text("EMAIL_HOST_PASSWORD", "")
EMAIL_TIMEOUT = 10
EMAIL_USE_TLS = env.flag("EMAIL_USE_TLS", False)
DEFAULT_FROM_EMAIL = env.text("DEFAULT_FROM_EMAIL", "books-for-bigin@localhost")

METRICS_TOKEN = env.optional("METRICS_TOKEN")
LOGGING = logs.configure(env.text("LOG_LEVEL", "INFO"), as_json=env.text("LOG_FORMAT", "json") == "json")
