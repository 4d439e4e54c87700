"""The Django app: package ``widget``, label ``ccsdk``."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class WidgetConfig(AppConfig):
    """Registers the models under the label ``ccsdk`` and loads the system checks."""

    name = "widget"
    label = "ccsdk"
    verbose_name = _("Call centre")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from widget import checks  # noqa: F401  (importing registers them; models must be ready first)
