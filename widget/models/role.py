"""The roles that ship: which group of Django's stands for one, and which permissions it was given."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class RoleKind(models.TextChoices):
    """What a role is for, whatever an operator calls its group."""

    ADMINS = "admins", _("Call centre admins")
    SUPERVISORS = "supervisors", _("Call centre supervisors")


class Role(models.Model):
    """One row per kind, from the first ``migrate`` on.

    ``given`` remembers the codenames that the group ever got from us: what is missing in the group although it was
    given was taken away by an operator, and stays away. ``group`` is empty when an operator removed the group.
    """

    kind = models.CharField(_("kind"), max_length=16, choices=RoleKind, unique=True)
    group = models.OneToOneField(
        "auth.Group", on_delete=models.SET_NULL, null=True, related_name="ccsdk_role", verbose_name=_("group")
    )
    given = models.JSONField(_("permissions given"), default=list)

    class Meta:
        default_permissions = ()
        verbose_name = _("role")
        verbose_name_plural = _("roles")

    def __str__(self) -> str:
        return str(self.get_kind_display())
