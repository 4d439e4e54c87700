"""The Django app: package ``widget``, label ``ccsdk``."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class WidgetConfig(AppConfig):
    """Registers the models under the label ``ccsdk`` and loads the system checks."""

    name = "widget"
    label = "ccsdk"
    verbose_name = _("Call centre")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        # Models must be ready first.
        from widget import checks, languages, open_widgets, roles, sip_checks, trunk_changes  # noqa: F401  (importing the checks registers them)

        open_widgets.connect()
        trunk_changes.connect()
        post_migrate.connect(languages.add_shipped, sender=self)
        post_migrate.connect(roles.add_roles, sender=self)
