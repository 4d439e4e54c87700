"""Settings of the demo customer's site: a Django project of its own that shares nothing with the call centre."""

from pathlib import Path

PROJECT = Path(__file__).resolve().parents[3]

SECRET_KEY = "the demo customer signs nothing with it"  # noqa: S105  (no sessions, no cookies)
DEBUG = False
ALLOWED_HOSTS = ["127.0.0.1", "localhost"]
ROOT_URLCONF = "ccsite.demo.customer.urls"
INSTALLED_APPS = ["django.contrib.staticfiles"]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
TEMPLATES = [
    {"BACKEND": "django.template.backends.jinja2.Jinja2", "DIRS": [PROJECT / "templates" / "demo"], "APP_DIRS": False}
]
STATIC_URL = "static/"
STATICFILES_DIRS = [PROJECT / "static" / "demo"]
STATICFILES_FINDERS = ["django.contrib.staticfiles.finders.FileSystemFinder"]
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = True  # files are read from the source tree; the demo collects nothing
USE_TZ = True
TIME_ZONE = "UTC"
