"""For what is done after ``migrate``: is the table there that it is done to."""

from __future__ import annotations

from django.apps.registry import Apps
from django.db import models, router


def has_table(model: type[models.Model], using: str, apps: Apps) -> bool:
    """Not when it was migrated back to a time before the model, nor in a database that is not ours.

    ``apps`` are the models as they are after the migration, as the signal ``post_migrate`` brings them.
    """
    try:
        now = apps.get_model(model._meta.label)
    except LookupError:
        return False
    return bool(router.allow_migrate_model(using, now))
