"""Settings for the tests: the reference site with a database in memory."""

from ccsite.settings import *  # noqa: F403  (the tests run on the reference site's own settings)

DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}}
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
CCSDK = {"SECRET_KEYS": ["dGVzdHMtb25seS10ZXN0cy1vbmx5LXRlc3RzLW9ubHk="]}
# The finders serve static files; WhiteNoise warns about a collected directory that is not there.
STATIC_ROOT = None
