"""Each system check both ways: silent on the reference site, and loud with a hint where it is broken."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from channels.routing import ProtocolTypeRouter
from cryptography.fernet import Fernet
from django.apps import apps
from django.core.checks import CheckMessage, run_checks
from django.test import override_settings

from widget import checks, conf, templating

MEMORY = "channels.layers.InMemoryChannelLayer"


def found(check: Callable[[], Iterator[CheckMessage]]) -> list[str | None]:
    messages = list(check())
    assert all(message.hint for message in messages)
    return [message.id for message in messages]


def test_reference_site_passes() -> None:
    assert [message for message in run_checks() if str(message.id).startswith("ccsdk.")] == []


def test_checks_are_registered() -> None:
    with override_settings(CHANNEL_LAYERS={}, CCSDK={}):
        assert {"ccsdk.E003", "ccsdk.E009"} <= {message.id for message in run_checks()}


class TestInstalledApps:
    @pytest.mark.parametrize("name", ["daphne", "channels", "django_htmx"])
    def test_missing_app(self, name: str, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        installed = apps.is_installed
        monkeypatch.setattr(apps, "is_installed", lambda app: app != name and installed(app))
        messages = list(checks.check_installed_apps())
        assert [message.id for message in messages] == ["ccsdk.E001"]
        assert name in messages[0].msg

    def test_daphne_after_staticfiles(self, monkeypatch: pytest.MonkeyPatch) -> None:
        configs = sorted(apps.get_app_configs(), key=lambda config: config.name == "daphne")
        monkeypatch.setattr(apps, "get_app_configs", lambda: configs)
        assert found(checks.check_installed_apps) == ["ccsdk.E002"]

    def test_good_order(self) -> None:
        assert found(checks.check_installed_apps) == []


class TestSecretKeys:
    @pytest.mark.parametrize("keys", [[], (), None, "one string", 7])
    def test_none(self, keys: object, settings: Any) -> None:
        settings.CCSDK = {"SECRET_KEYS": keys}
        assert found(checks.check_secret_keys) == ["ccsdk.E003"]

    def test_hint_generates_one(self, settings: Any) -> None:
        settings.CCSDK = {}
        message = next(checks.check_secret_keys())
        assert checks.GENERATE_KEY in str(message.hint)

    @pytest.mark.parametrize("key", ["not-a-key", "", None, 7, "é"])
    def test_invalid_key_is_named_by_position_and_not_quoted(self, key: object, settings: Any) -> None:
        settings.CCSDK = {"SECRET_KEYS": [Fernet.generate_key().decode(), key]}
        messages = list(checks.check_secret_keys())
        assert [message.id for message in messages] == ["ccsdk.E003"]
        assert "Key 2" in messages[0].msg
        assert "not-a-key" not in str(messages[0])

    @pytest.mark.parametrize("keys", [[Fernet.generate_key()], (Fernet.generate_key().decode(),)])
    def test_valid(self, keys: object, settings: Any) -> None:
        settings.CCSDK = {"SECRET_KEYS": keys}
        assert found(checks.check_secret_keys) == []


class TestSettings:
    @pytest.mark.parametrize(
        ("key", "nearest"),
        [
            ("RING_SECOND", "RING_SECONDS"),
            ("sip_port", "SIP_PORT"),
            ("CARRIER_PORT", "CARRIER_PORTS"),
            ("SECRET_KEY", "SECRET_KEYS"),
        ],
    )
    def test_unknown_key_gets_the_nearest_name(self, key: str, nearest: str, settings: Any) -> None:
        settings.CCSDK = {key: 1}
        messages = list(checks.check_settings())
        assert [(message.id, message.hint) for message in messages] == [("ccsdk.W001", f"Did you mean {nearest}?")]

    def test_key_that_is_near_to_none(self, settings: Any) -> None:
        settings.CCSDK = {"%%%": 1}
        assert "Known keys: SECRET_KEYS" in str(next(checks.check_settings()).hint)

    @pytest.mark.parametrize(
        "values",
        [
            {"SIP_PORT": "5060"},
            {"SIP_PORT": True},
            {"SIP_PORT": -1},
            {"RING_SECONDS": None},
            {"ALLOW_LOOPBACK_MEDIA": "yes"},
            {"SIP_HOST": None},
            {"TRUSTED_PROXIES": "10.0.0.1"},
            {"MEDIA_ADDRESSES": "10.0.0.1"},
            {"CARRIER_PORTS": 7},
        ],
    )
    def test_value_of_a_wrong_kind(self, values: dict[str, object], settings: Any) -> None:
        settings.CCSDK = values
        assert found(checks.check_settings) == ["ccsdk.E004"]

    def test_no_dict(self, settings: Any) -> None:
        settings.CCSDK = ["SECRET_KEYS"]
        assert found(checks.check_settings) == ["ccsdk.E004"]

    @pytest.mark.parametrize(
        "values",
        [{}, dict(conf.DEFAULTS), {"RING_SECONDS": 0.5, "MEDIA_ADDRESSES": ["10.0.0.1"], "TRUSTED_PROXIES": []}],
    )
    def test_good_values(self, values: dict[str, object], settings: Any) -> None:
        settings.CCSDK = values
        assert found(checks.check_settings) == []


class TestAddresses:
    @pytest.mark.parametrize(
        "values",
        [
            {"TRUSTED_PROXIES": ["proxy.example"]},
            {"TRUSTED_PROXIES": ["10.0.0.1/24"]},
            {"MEDIA_ADDRESSES": ["10.0.0.0/24"]},
            {"MEDIA_ADDRESSES": [None]},
        ],
    )
    def test_no_address(self, values: dict[str, object], settings: Any) -> None:
        settings.CCSDK = values
        assert found(checks.check_addresses) == ["ccsdk.E010"]

    def test_good(self, settings: Any) -> None:
        settings.CCSDK = {"TRUSTED_PROXIES": ["10.0.0.0/24", "::1"], "MEDIA_ADDRESSES": ["192.0.2.10", "2001:db8::1"]}
        assert found(checks.check_addresses) == []


class TestNetwork:
    @pytest.mark.parametrize("addresses", [{"10.0.0.5": "our-server"}, {"lan": "192.0.2.10"}, {"10.0.0.5": None}])
    def test_no_public_address(self, addresses: dict[str, object], settings: Any) -> None:
        settings.CCSDK = {"PUBLIC_ADDRESSES": addresses}
        assert found(checks.check_public_addresses) == ["ccsdk.E010"]

    @pytest.mark.parametrize(
        "values",
        [
            {"TURN_URLS": ["turn:turn.example.com"]},
            {"TURN_URLS": ["https://turn.example.com"], "TURN_SECRET": "s"},
            {"TURN_URLS": ["turn:turn.example.com:http"], "TURN_SECRET": "s"},
            {"TURN_ONLY": True},
        ],
    )
    def test_no_turn(self, values: dict[str, object], settings: Any) -> None:
        settings.CCSDK = values
        assert found(checks.check_turn) == ["ccsdk.E015"]

    def test_good(self, settings: Any) -> None:
        urls = ["turn:[2001:db8::1]:3478?transport=udp", "turns:turn.example.com:443?transport=tcp"]
        settings.CCSDK = {
            "PUBLIC_ADDRESSES": {"10.0.0.5": "192.0.2.10"},
            "TURN_URLS": urls,
            "TURN_SECRET": "s",
            "TURN_ONLY": True,
        }
        assert found(checks.check_public_addresses) + found(checks.check_turn) + found(checks.check_settings) == []


class TestConf:
    def test_defaults(self, settings: Any) -> None:
        settings.CCSDK = {}
        in_force = conf.current()
        assert (in_force.signature_tolerance_seconds, in_force.sip_port, in_force.carrier_ports) == (
            300,
            5060,
            (16384, 32767),
        )

    def test_read_anew_and_unknown_keys_left_out(self, settings: Any) -> None:
        settings.CCSDK = {"RING_SECONDS": 7, "UNKNOWN": 1}
        assert conf.current().ring_seconds == 7

    def test_without_the_setting(self, settings: Any) -> None:
        del settings.CCSDK
        assert conf.current() == conf.CcSettings()

    def test_keys_are_not_printed(self, settings: Any) -> None:
        assert settings.CCSDK["SECRET_KEYS"][0] not in repr(conf.current())


class TestJinjaEngine:
    def test_set_up(self) -> None:
        assert found(checks.check_jinja_engine) == []

    @pytest.mark.parametrize(
        "engines",
        [
            [],
            [{"BACKEND": templating.JINJA_BACKEND}],
            [{"BACKEND": templating.JINJA_BACKEND, "OPTIONS": {"environment": "other.environment"}}],
            [
                {
                    "BACKEND": "django.template.backends.django.DjangoTemplates",
                    "OPTIONS": {"environment": templating.ENVIRONMENT},
                }
            ],
        ],
    )
    def test_missing(self, engines: list[dict[str, Any]], settings: Any) -> None:
        settings.TEMPLATES = engines
        assert found(checks.check_jinja_engine) == ["ccsdk.E005"]


class TestTimeAndLanguage:
    def test_both_on(self) -> None:
        assert found(checks.check_time_and_language) == []

    def test_times_without_a_zone(self, settings: Any) -> None:
        settings.USE_TZ = False
        assert found(checks.check_time_and_language) == ["ccsdk.E017"]

    def test_no_translation(self, settings: Any) -> None:
        settings.USE_I18N = False
        assert found(checks.check_time_and_language) == ["ccsdk.W004"]


class TestUrls:
    def test_included(self) -> None:
        assert found(checks.check_urls) == []

    @pytest.mark.parametrize("urlconf", ["tests.web.no_urls", "tests.web.there_is_no_such_module"])
    def test_not_included(self, urlconf: str, settings: Any) -> None:
        settings.ROOT_URLCONF = urlconf
        assert found(checks.check_urls) == ["ccsdk.E006"]

    def test_not_at_the_root(self, settings: Any) -> None:
        settings.ROOT_URLCONF = "tests.web.prefixed_urls"
        assert found(checks.check_urls) == ["ccsdk.W002"]


class Middleware:
    """What projects wrap their application in."""

    def __init__(self, inner: object) -> None:
        self.inner = inner


class TestAsgi:
    def test_routed(self) -> None:
        assert found(checks.check_asgi) == []

    @pytest.mark.parametrize(
        "name", [None, "", "nodots", "tests.web.there_is_no_such_module.application", "tests.web.test_checks.no_name"]
    )
    def test_not_loadable(self, name: str | None, settings: Any) -> None:
        settings.ASGI_APPLICATION = name
        assert found(checks.check_asgi) == ["ccsdk.E007"]

    @pytest.mark.parametrize("name", ["plain_application", "foreign_router", "circle"])
    def test_without_our_route(self, name: str, settings: Any) -> None:
        settings.ASGI_APPLICATION = f"{__name__}.{name}"
        assert found(checks.check_asgi) == ["ccsdk.E008"]

    def test_wrapped_in_middleware_and_a_router(self, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        from ccsite.asgi import application

        wrapped = ProtocolTypeRouter({"http": plain_application, "websocket": Middleware(Middleware(application))})
        monkeypatch.setitem(globals(), "wrapped", wrapped)
        settings.ASGI_APPLICATION = f"{__name__}.wrapped"
        assert found(checks.check_asgi) == []


def plain_application() -> None:
    """Stand in for an application that knows nothing of ours."""


foreign_router = ProtocolTypeRouter({"http": plain_application})
circle = Middleware(None)
circle.inner = circle


class TestChannelLayer:
    @pytest.mark.parametrize("layers", [{}, {"other": {"BACKEND": MEMORY}}, {"default": {}}])
    def test_missing(self, layers: dict[str, Any], settings: Any) -> None:
        settings.CHANNEL_LAYERS = layers
        assert found(checks.check_channel_layer) == ["ccsdk.E009"]

    @pytest.mark.parametrize("config", [{}, {"CONFIG": {"capacity": 999}}])
    def test_small(self, config: dict[str, Any], settings: Any) -> None:
        settings.CHANNEL_LAYERS = {"default": {"BACKEND": MEMORY, **config}}
        assert found(checks.check_channel_layer) == ["ccsdk.W003"]

    def test_large_enough(self, settings: Any) -> None:
        settings.CHANNEL_LAYERS = {"default": {"BACKEND": MEMORY, "CONFIG": {"capacity": 1000}}}
        assert found(checks.check_channel_layer) == []


class TestSwitchboard:
    REDIS = "channels_redis.core.RedisChannelLayer"

    @pytest.mark.parametrize(
        ("place", "layer", "expected"),
        [
            ("inside", MEMORY, []),
            ("apart", REDIS, []),
            ("apart", MEMORY, ["ccsdk.E016"]),
            ("elsewhere", MEMORY, ["ccsdk.E016"]),
        ],
    )
    def test_place(self, place: str, layer: str, expected: list[str], settings: Any) -> None:
        settings.CCSDK = {"SWITCHBOARD": place}
        settings.CHANNEL_LAYERS = {"default": {"BACKEND": layer}}
        assert found(checks.check_switchboard) == expected
