"""The demo customer's site as an ASGI application."""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ccsite.demo.customer.settings")
application = get_asgi_application()
