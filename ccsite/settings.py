"""Settings of the reference site: the demo, the tests and a small installation run on these.

Everything that differs between machines is read from the environment; the README lists each variable.
"""

import os
from pathlib import Path

from ccsite import secret_keys

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = Path(os.environ.get("CCSITE_VAR", BASE_DIR / "var"))

SECRET_KEY = os.environ.get("DJANGO_SECRET_KEY", "insecure-demo-key")
DEBUG = False
ALLOWED_HOSTS = os.environ.get("DJANGO_ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]").split(",")

# Only with a proxy of ours in front, which overwrites the header: otherwise anybody could claim TLS.
BEHIND_TLS_PROXY = os.environ.get("CCSITE_BEHIND_TLS_PROXY") == "1"
if BEHIND_TLS_PROXY:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = True

INSTALLED_APPS = [
    "daphne",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "channels",
    "django_htmx",
    "widget",
    "ccsite",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

ROOT_URLCONF = "ccsite.urls"
ASGI_APPLICATION = "ccsite.asgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.jinja2.Jinja2",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {"environment": "widget.jinja.environment"},
    },
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    },
]

DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": os.environ.get("CCSITE_DATABASE", VAR_DIR / "ccsite.sqlite3"),
        # WAL keeps readers off the writer's back; IMMEDIATE avoids the lock upgrade that fails with "database is
        # locked"; FULL makes a committed journal row survive a power cut.
        "OPTIONS": {
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;",
        },
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# With Redis the switchboard is a process of its own, and there may be several web processes. Its time limit must be
# longer than the 5 s for which the layer waits for a message; the client's default is not.
REDIS = os.environ.get("CCSITE_REDIS")
CHANNEL_LAYERS = {
    "default": {
        "BACKEND": "channels_redis.core.RedisChannelLayer" if REDIS else "channels.layers.InMemoryChannelLayer",
        "CONFIG": {"capacity": 10_000, **({"hosts": [{"address": REDIS, "socket_timeout": 15}]} if REDIS else {})},
    },
}

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("es", "Español")]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"

STATIC_URL = "static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT: Path | None = VAR_DIR / "static"
WHITENOISE_USE_FINDERS = True

CCSDK: dict[str, object] = {
    "SECRET_KEYS": secret_keys.read(VAR_DIR / "secret.key"),
    "TRUSTED_PROXIES": ["127.0.0.1", "::1"] if BEHIND_TLS_PROXY else [],
    "SWITCHBOARD": "apart" if REDIS else "inside",
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name} {message}", "style": "{"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    # One handler, at the root: Daphne's command puts one of its own there first, and each line would be written twice.
    "root": {"handlers": ["console"], "level": "WARNING"},
    "loggers": {"widget": {"level": os.environ.get("CCSITE_LOG_LEVEL", "INFO")}},
}
