"""ASGI entry point of the reference site: ``daphne ccsite.asgi:application``."""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ccsite.settings")
django_application = get_asgi_application()

from widget import routing  # noqa: E402  (the apps must be loaded first)

application = routing.application(django_application)
