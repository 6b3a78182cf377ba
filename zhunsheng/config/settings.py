"""Django settings of a site, read from the environment. The defaults serve one machine on 127.0.0.1.

ZHUNSHENG_HOME        the site's folder (database, lake, runs, uploads, keys)
DATABASE_URL          PostgreSQL instead of SQLite, e.g. postgres://user:password@host/name
ZHUNSHENG_HOSTS       names under which the site is reached, comma-separated; a name beyond this machine turns on
                      HTTPS only, secure cookies and HSTS
ZHUNSHENG_SECRET      the signing secret; made on first use in the site's folder when not given
ZHUNSHENG_DESK_MS     milliseconds within which the desk judges an order (20)
ZHUNSHENG_SECOND_FACTOR  duties that need a second factor: 1 (administrators and those who decide), all, names with
                      commas, or nothing
ZHUNSHENG_PASSWORD_DAYS  days after which a password is to be changed; 0: never (0)
ZHUNSHENG_PASSWORD_FIRST  0 lets a password that an administrator gave stay as it is (1)
ZHUNSHENG_OIDC_ISSUER, _CLIENT, _SECRET  single sign-on at an OpenID provider; _NAME: what its button says;
                      _CLAIM: the claim that holds the login (preferred_username); _FACTOR: 1 when it asks for the
                      second factor itself
ZHUNSHENG_FACTOR_KEY  64 hex digits that encrypt the secrets of one-time codes; made in the site's folder when not given
ZHUNSHENG_METRICS_TOKEN  opens /metrics to who shows it; ZHUNSHENG_WORKER_PORT, _SEQUENCER_PORT, _WATCH_PORT:
                      where those answer
ZHUNSHENG_ADDRESS     address of the site as others type it, e.g. https://zs.example.org: for links in mails and
                      on documents, where they are checked
ZHUNSHENG_MAIL        where mail goes out, e.g. smtps://user:password@host:465 (smtp: STARTTLS; smtp+plain: none);
                      ZHUNSHENG_MAIL_FROM: its sender. Without it no mail is offered
ZHUNSHENG_WEBHOOK_HOSTS  hosts of the own network that webhooks may call, comma-separated
ZHUNSHENG_MQTT, _MQTT_CA, _MQTT_CERT, _MQTT_KEY, _MQTT_NAME  the broker of ``zhunsheng gateway``, its certificates, and
                      the name of the session; ZHUNSHENG_GATEWAY_PORT: where that process answers
ZHUNSHENG_PROXY       1 when a proxy in front ends TLS, sets X-Forwarded-Proto and adds to X-Forwarded-For
"""

from __future__ import annotations

import gc
import os
import secrets
from contextlib import suppress
from pathlib import Path
from urllib.parse import unquote, urlsplit

import dj_database_url

from zhunsheng.casework.logs import logging_config
from zhunsheng.kernel.home import ROOT, home

# Python goes through what it holds for garbage after every 700 new objects. Here garbage is little and what stays is
# much: rules, models, libraries. That took a sixth of the time of starting and of answering.
gc.set_threshold(20_000, 20, 20)

LOCAL_HOSTS = ["127.0.0.1", "localhost", "[::1]"]


def _secret(path: Path) -> str:
    """Read the signing secret, made on first use and readable by its owner only."""
    if given := os.environ.get("ZHUNSHENG_SECRET"):
        return given
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    if not path.exists():
        part.touch(mode=0o600)
        part.write_text(secrets.token_urlsafe(64), "ascii")
        with suppress(FileExistsError):
            os.link(part, path)
        part.unlink()
    return path.read_text("ascii")


HOME = home()
SECRET_KEY = _secret(HOME.root / "secret" / "django.secret")
DEBUG = False
ALLOWED_HOSTS = [name for name in os.environ.get("ZHUNSHENG_HOSTS", "").split(",") if name] or LOCAL_HOSTS
#: Whether others than this machine reach the site: then cookies and pages go over HTTPS only.
PUBLIC = any(name not in LOCAL_HOSTS for name in ALLOWED_HOSTS)

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.humanize",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django_htmx",
    "zhunsheng.casework.outbox",
    "zhunsheng.casework.bodies",
    "zhunsheng.casework.accounts",
    "zhunsheng.casework.inbox",
    "zhunsheng.casework.jobs",
    "zhunsheng.casework.imports",
    "zhunsheng.casework.judgements",
    "zhunsheng.casework.worklist",
    "zhunsheng.casework.decisions",
    "zhunsheng.casework.cases",
    "zhunsheng.casework.grants",
    "zhunsheng.casework.tips",
    "zhunsheng.casework.documents",
    "zhunsheng.casework.ledger",
    "zhunsheng.casework.points",
    "zhunsheng.casework.inspections",
    "zhunsheng.casework.samples",
    "zhunsheng.casework.selfchecks",
    "zhunsheng.casework.vendors",
    "zhunsheng.casework.alerts",
    "zhunsheng.casework.ratings",
    "zhunsheng.casework.agreements",
    "zhunsheng.casework.oversight",
    "zhunsheng.casework.informing",
    "zhunsheng.casework.periodic",
    "zhunsheng.casework.devices",
    "zhunsheng.casework.trips",
    "zhunsheng.casework.seals",
    "zhunsheng.casework.knowledge",
    "zhunsheng.casework.desk",
    "zhunsheng.casework.readings",
    "zhunsheng.web",
]
MIDDLEWARE = [
    "zhunsheng.web.middleware.RequestLog",
    "zhunsheng.web.middleware.Walls",
    "django.middleware.security.SecurityMiddleware",
    "zhunsheng.web.middleware.ContentPolicy",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.gzip.GZipMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "zhunsheng.web.middleware.Reporters",
    "zhunsheng.web.middleware.ReaderLanguage",
    "zhunsheng.web.middleware.IdleLogOff",
    "zhunsheng.web.middleware.OpenSignIn",
    "zhunsheng.web.middleware.UploadGate",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "zhunsheng.web.middleware.ProblemPages",
]
ROOT_URLCONF = "zhunsheng.config.urls"
WSGI_APPLICATION = "zhunsheng.config.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.messages.context_processors.messages",
                "zhunsheng.web.context.frame",
            ],
            "builtins": [
                "django.templatetags.i18n",
                "django.templatetags.static",
                "zhunsheng.web.templatetags.words",
                "zhunsheng.web.templatetags.lists",
                "zhunsheng.web.templatetags.tripwords",
            ],
        },
    }
]

SQLITE = {
    "transaction_mode": "IMMEDIATE",
    "timeout": 20,
    "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA busy_timeout=20000;",
}
DATABASES = {
    "default": dj_database_url.config(
        default=f"sqlite:///{HOME.root / 'zhunsheng.sqlite3'}", conn_max_age=600, conn_health_checks=True
    )
}
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    HOME.root.mkdir(parents=True, exist_ok=True)
    DATABASES["default"]["OPTIONS"] = SQLITE
    DATABASES["telemetry"] = {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": HOME.root / "telemetry.sqlite3",
        "OPTIONS": SQLITE,
        "CONN_MAX_AGE": 600,
    }
DATABASE_ROUTERS = ["zhunsheng.casework.readings.router.ReadingsRouter"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "bodies.User"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ["login", "display_name"]},
    },
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "login"
#: Failures within the window after which a login name, or an address, waits until the window has passed.
LOGIN_LIMITS = {"login": 5, "address": 50, "window_seconds": 900}
IDLE_SECONDS = 2 * 3600
#: Seconds between the first and the second step of a login, and for which a confirmed login allows sensitive deeds.
SECOND_STEP_SECONDS = 300
CONFIRM_SECONDS = 600
PASSWORD_FIRST_CHANGE = os.environ.get("ZHUNSHENG_PASSWORD_FIRST", "1") == "1"
PASSWORD_DAYS = int(os.environ.get("ZHUNSHENG_PASSWORD_DAYS", "0"))
#: Which duties need a second factor; ``accounts.policies`` reads it.
SECOND_FACTOR = os.environ.get("ZHUNSHENG_SECOND_FACTOR", "")
OIDC = {
    "issuer": os.environ.get("ZHUNSHENG_OIDC_ISSUER", "").rstrip("/"),
    "client": os.environ.get("ZHUNSHENG_OIDC_CLIENT", ""),
    "secret": os.environ.get("ZHUNSHENG_OIDC_SECRET", ""),
    "name": os.environ.get("ZHUNSHENG_OIDC_NAME", ""),
    "claim": os.environ.get("ZHUNSHENG_OIDC_CLAIM", "preferred_username"),
    "factor": os.environ.get("ZHUNSHENG_OIDC_FACTOR") == "1",
}

SESSION_COOKIE_AGE = 12 * 3600
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_SERIALIZER = "django.contrib.sessions.serializers.JSONSerializer"
SESSION_COOKIE_NAME = "zhunsheng_session"
CSRF_COOKIE_NAME = "zhunsheng_csrf"
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "zhunsheng.web.views.errors.csrf"
LANGUAGE_COOKIE_NAME = "zhunsheng_language"
LANGUAGE_COOKIE_SAMESITE = "Lax"
LANGUAGE_COOKIE_HTTPONLY = True
LANGUAGE_COOKIE_AGE = 365 * 24 * 3600
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = PUBLIC
SECURE_SSL_REDIRECT = PUBLIC
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if PUBLIC else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = PUBLIC
BEHIND_PROXY = os.environ.get("ZHUNSHENG_PROXY") == "1"
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if BEHIND_PROXY else None
SECURE_REDIRECT_EXEMPT = [r"^health$", r"^metrics$"]
SECURE_REFERRER_POLICY = "same-origin"
#: Opens ``/metrics`` to who shows it; without it only this machine sees them.
METRICS_TOKEN = os.environ.get("ZHUNSHENG_METRICS_TOKEN", "")
X_FRAME_OPTIONS = "DENY"

_MAIL = urlsplit(os.environ.get("ZHUNSHENG_MAIL", ""))
EMAIL_HOST, EMAIL_PORT = _MAIL.hostname or "", _MAIL.port or {"smtps": 465, "smtp": 587}.get(_MAIL.scheme, 25)
EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = unquote(_MAIL.username or ""), unquote(_MAIL.password or "")
EMAIL_USE_SSL, EMAIL_USE_TLS = _MAIL.scheme == "smtps", _MAIL.scheme == "smtp"
EMAIL_TIMEOUT = 20
DEFAULT_FROM_EMAIL = os.environ.get("ZHUNSHENG_MAIL_FROM", "zhunsheng@localhost")
WEBHOOK_HOSTS = frozenset(name for name in os.environ.get("ZHUNSHENG_WEBHOOK_HOSTS", "").split(",") if name)

#: Uploads: bytes of one file, files of one import, kinds by suffix; bytes of an order and of any other request's body.
UPLOAD_LIMITS = {
    "file_bytes": 2 * 1024**3,
    "files": 60,
    "suffixes": (".csv", ".xlsx", ".txt", ".json", ".ndjson"),
    "body_bytes": 256 * 1024,
    "order_bytes": 1024 * 1024,
}
#: The address under which the public reaches the site: for links in mails, and printed on documents for checking them.
SITE_ADDRESS = os.environ.get("ZHUNSHENG_ADDRESS", "").rstrip("/") or next(
    (f"https://{name}" for name in ALLOWED_HOSTS if name not in LOCAL_HOSTS), "http://127.0.0.1:8000"
)
#: Codes that are none which an address may try within the window; bytes of a document that anyone may have compared.
CHECK_LIMITS = {"address": 20, "window_seconds": 600, "bytes": 4 * 1024**2}
#: Bytes of one attachment of a case.
ATTACHMENT_BYTES = 50 * 1024**2
#: Pages of tip-offs, which ask for no login: reports and wrong receipt codes of one address in an hour; files of one
#: report, bytes of each and of a whole form; seconds for which a receipt opens its page.
TIP_LIMITS = {
    "report": 30,
    "follow": 20,
    "files": 5,
    "file_bytes": 10 * 1024**2,
    "body_bytes": 52 * 1024**2,
    "follow_seconds": 1800,
}
#: Milliseconds within which an order is judged; a rule that comes later is told as not judged.
DESK_BUDGET_MS = float(os.environ.get("ZHUNSHENG_DESK_MS", "20"))
DATA_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
#: Says whether readings of a device are taken: a function of the code of its institution or vendor, and its number.
#: A site that keeps its register elsewhere names another: ``zhunsheng.casework.readings.registry.listed`` reads a file.
READINGS_REGISTRY = os.environ.get("ZHUNSHENG_READINGS_REGISTRY", "zhunsheng.casework.devices.queries.known")
#: The largest form is an order of 40 lines with six fields each and the reasons beside it.
DATA_UPLOAD_MAX_NUMBER_FIELDS = 400
DATA_UPLOAD_MAX_NUMBER_FILES = UPLOAD_LIMITS["files"]
FILE_UPLOAD_HANDLERS = ["zhunsheng.web.uploads.LimitedUploadHandler"]
FILE_UPLOAD_TEMP_DIR = None

LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", "中文"), ("en", "English")]
LOCALE_PATHS = [ROOT / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "Asia/Shanghai"

STATIC_URL = "/static/"
STATIC_ROOT = HOME.root / "static"
WHITENOISE_USE_FINDERS = True
WHITENOISE_MAX_AGE = 3600

STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"

LOGGING_CONFIG = None
LOGGING = logging_config(os.environ.get("ZHUNSHENG_LOG", "INFO"))
