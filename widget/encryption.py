"""Secrets at rest: encrypted with a key outside the database, and hard to print by accident.

Threat: a leaked database, dump or log. Not covered: whoever has both the database and the keys.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django import forms
from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.db import models
from django.db.models.query_utils import DeferredAttribute
from django.utils.translation import gettext_lazy as _

from widget import conf

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper

if TYPE_CHECKING:
    _TextField = models.TextField["Secret | str", "Secret"]
else:
    _TextField = models.TextField  # only its stubs are generic

PREFIX = "fernet:"  # marks ciphertext, so that a dump loaded again is not encrypted twice
HIDDEN = "********"


class SecretUnreadableError(Exception):
    """No configured key decrypts the stored secret: the key was lost, or the dump is from another site."""


def cipher() -> MultiFernet:
    """Return the cipher of ``CCSDK["SECRET_KEYS"]``. Raises ImproperlyConfigured when there is no valid key."""
    keys = conf.current().secret_keys
    if not keys:
        raise ImproperlyConfigured(
            'CCSDK["SECRET_KEYS"] is empty: secrets cannot be stored or read. See check ccsdk.E003.'
        )
    try:
        return MultiFernet([Fernet(key) for key in keys])
    except ValueError:
        # The cause would quote nothing of the key, but its context is of no use either.
        raise ImproperlyConfigured('CCSDK["SECRET_KEYS"] holds an invalid Fernet key. See check ccsdk.E003.') from None


class Secret:
    """A secret that hides itself in ``str``, ``repr`` and templates; only ``reveal`` gives the text.

    A stored secret is decrypted when it is revealed, so that lists and forms work without the key.
    """

    __slots__ = ("_plain", "_token")

    def __init__(self, plain: str) -> None:
        self._plain: str | None = plain
        self._token = ""

    @classmethod
    def stored(cls, token: str) -> Secret:
        """Wrap the ciphertext of a database column; "" is the empty secret."""
        secret = cls("")
        secret.__setstate__(token)
        return secret

    def reveal(self) -> str:
        """Return the plain text. Raises SecretUnreadableError when no configured key fits."""
        if self._plain is None:
            try:
                self._plain = cipher().decrypt(self._token.removeprefix(PREFIX)).decode()
            except InvalidToken:
                raise SecretUnreadableError("no key in CCSDK['SECRET_KEYS'] decrypts this secret") from None
        return self._plain

    def token(self) -> str:
        """Return the ciphertext for the database; "" for the empty secret."""
        if not self._token and self._plain:
            self._token = PREFIX + cipher().encrypt(self._plain.encode()).decode()
        return self._token

    def __bool__(self) -> bool:
        return bool(self._token or self._plain)

    def __str__(self) -> str:
        return HIDDEN if self else ""

    def __repr__(self) -> str:
        return f"<Secret {HIDDEN}>"

    # Pickles go to caches and task queues: only the ciphertext may travel.
    def __getstate__(self) -> str:
        return self.token()

    def __setstate__(self, token: str) -> None:
        self._plain, self._token = (None, token) if token else ("", "")


class SecretFormField(forms.CharField):
    """A write-only input: never shows what is stored; left empty, it keeps that."""

    def __init__(self, **kwargs: Any) -> None:
        widget = forms.PasswordInput(render_value=False, attrs={"autocomplete": "new-password", "size": 40})
        # The column's default may be a fresh secret: it must not reach the page as an initial value.
        super().__init__(
            **{**kwargs, "widget": widget, "required": False, "initial": None, "show_hidden_initial": False}
        )

    def has_changed(self, initial: object, data: object) -> bool:
        return bool(data)


class _SecretAttribute(DeferredAttribute):
    """Turns whatever is assigned into a ``Secret``, so that no instance ever holds the plain text."""

    def __set__(self, instance: models.Model, value: object) -> None:
        instance.__dict__[self.field.attname] = self.field.to_python(value)


class EncryptedTextField(_TextField):
    """A text column that holds ciphertext; the attribute is a ``Secret``, plain strings may be assigned.

    A form that submits nothing keeps what is stored: forms are write-only.
    """

    description = _("Encrypted text")
    descriptor_class = _SecretAttribute

    def from_db_value(self, value: str | None, expression: object, connection: BaseDatabaseWrapper) -> Secret:
        return Secret.stored(value or "")

    def to_python(self, value: object) -> Any:
        if isinstance(value, Secret):
            return value
        text = "" if value is None else str(value)
        return Secret.stored(text) if text.startswith(PREFIX) else Secret(text)

    def get_prep_value(self, value: object) -> str:
        return cast(Secret, self.to_python(value)).token()

    def value_to_string(self, obj: models.Model) -> str:
        return self.get_prep_value(self.value_from_object(obj))

    def validate(self, value: Any, model_instance: models.Model | None) -> None:
        if not value and not self.blank:
            raise ValidationError(self.error_messages["blank"], code="blank")

    def formfield(self, **kwargs: Any) -> Any:
        return super().formfield(**{**kwargs, "form_class": SecretFormField})

    def save_form_data(self, instance: models.Model, data: object) -> None:
        if data:
            setattr(instance, self.attname, Secret(str(data)))
