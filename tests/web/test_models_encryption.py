"""Secrets: ciphertext in the database, hidden in print, readable while any configured key fits."""

from __future__ import annotations

import pickle
from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.core import serializers
from django.core.exceptions import ImproperlyConfigured
from django.db import connection

from tests.web.factories import make_application, make_trunk
from widget.encryption import HIDDEN, PREFIX, Secret, SecretUnreadableError
from widget.models import Application, Trunk

pytestmark = pytest.mark.django_db
CLEAR = "correct horse"


def column() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT api_secret FROM ccsdk_application")
        return str(cursor.fetchone()[0])


def test_database_holds_ciphertext() -> None:
    make_application(api_secret=CLEAR)
    assert column().startswith(PREFIX)
    assert CLEAR not in column()
    assert Application.objects.get().api_secret.reveal() == CLEAR


def test_secret_hides_itself() -> None:
    secret = Secret(CLEAR)
    assert CLEAR not in f"{secret} {secret!r} {[secret]} {vars(Application(api_secret=secret))}"
    assert str(secret) == HIDDEN
    assert str(Secret("")) == ""
    assert CLEAR.encode() not in pickle.dumps(secret)
    assert pickle.loads(pickle.dumps(secret)).reveal() == CLEAR  # noqa: S301  (our own bytes)


def test_empty_secret_is_stored_empty() -> None:
    make_trunk(make_application(), password="")
    trunk = Trunk.objects.get()
    assert not trunk.password
    assert trunk.password.reveal() == ""


def test_saving_again_keeps_the_ciphertext() -> None:
    make_application(api_secret=CLEAR)
    before = column()
    Application.objects.get().save()
    assert column() == before


def test_first_key_encrypts_and_every_key_decrypts(settings: Any) -> None:
    old, new = (Fernet.generate_key().decode() for _unused in range(2))
    settings.CCSDK = {"SECRET_KEYS": [old]}
    make_application(api_secret=CLEAR)
    settings.CCSDK = {"SECRET_KEYS": [new, old]}
    application = Application.objects.get()
    assert application.api_secret.reveal() == CLEAR
    application.api_secret = "another one"
    application.save()
    settings.CCSDK = {"SECRET_KEYS": [new]}
    assert Application.objects.get().api_secret.reveal() == "another one"


def test_lost_key_is_told_when_the_secret_is_needed_and_not_before(settings: Any) -> None:
    make_application(api_secret=CLEAR)
    settings.CCSDK = {"SECRET_KEYS": [Fernet.generate_key().decode()]}
    secret = Application.objects.get().api_secret
    with pytest.raises(SecretUnreadableError):
        secret.reveal()


@pytest.mark.parametrize("keys", [[], ["x"]])
def test_without_a_valid_key_nothing_is_encrypted(keys: list[str], settings: Any) -> None:
    settings.CCSDK = {"SECRET_KEYS": keys}
    with pytest.raises(ImproperlyConfigured, match=r"ccsdk\.E003"):
        make_application(api_secret=CLEAR)


def test_dump_holds_ciphertext_and_loads_again() -> None:
    make_application(api_secret=CLEAR)
    dump = serializers.serialize("json", Application.objects.all())
    assert CLEAR not in dump
    for loaded in serializers.deserialize("json", dump):
        loaded.save()
    assert Application.objects.get().api_secret.reveal() == CLEAR
