"""System checks: a wrong set-up is named with its fix at start, not met in the first call.

E: the widget cannot work. W: it works, but not as the project probably meant.
"""

from __future__ import annotations

import ipaddress
import re
import warnings
from collections.abc import Callable, Iterator, Mapping
from difflib import get_close_matches
from itertools import chain
from typing import Any

from channels.routing import ProtocolTypeRouter, get_default_application
from cryptography.fernet import Fernet
from django.apps import apps
from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register
from django.core.exceptions import ImproperlyConfigured
from django.urls import NoReverseMatch, reverse
from django.utils.module_loading import import_string

from widget import conf
from widget.templating import ENVIRONMENT, JINJA_BACKEND, is_ours

MIN_CAPACITY = 1000
TURN_URL = re.compile(r"turns?:(\[[0-9A-Fa-f:]+\]|[\w.-]+)(:\d{1,5})?(\?transport=(udp|tcp))?", re.ASCII)
GENERATE_KEY = 'python -c "from cryptography.fernet import Fernet; print(Fernet.generate_key().decode())"'

_Check = Callable[[], Iterator[CheckMessage]]


def _registered(check: _Check) -> _Check:
    def run(app_configs: object = None, **kwargs: object) -> list[CheckMessage]:
        return list(check())

    run.__name__ = run.__qualname__ = check.__name__
    register(run)
    return check


@_registered
def check_installed_apps() -> Iterator[CheckMessage]:
    """``ccsdk.E001``: an app that we need is missing. ``ccsdk.E002``: Daphne comes too late to take over runserver."""
    for name in ("daphne", "channels", "django_htmx"):
        if not apps.is_installed(name):
            yield Error(f"{name} is not in INSTALLED_APPS.", hint=f'Add "{name}" to INSTALLED_APPS.', id="ccsdk.E001")
    names = [config.name for config in apps.get_app_configs()]
    static = "django.contrib.staticfiles"
    if "daphne" in names and static in names and names.index("daphne") > names.index(static):
        yield Error(
            "daphne comes after django.contrib.staticfiles, so runserver would serve no WebSocket.",
            hint='Put "daphne" first in INSTALLED_APPS.',
            id="ccsdk.E002",
        )


@_registered
def check_secret_keys() -> Iterator[CheckMessage]:
    """``ccsdk.E003``: no key, or one that is none; the key itself is never quoted."""
    keys = conf.configured().get("SECRET_KEYS", ())
    hint = (
        f'Generate a key with: {GENERATE_KEY}\nand set CCSDK = {{"SECRET_KEYS": ["…"]}}; keep it outside the database.'
    )
    if not isinstance(keys, list | tuple) or not keys:
        yield Error('CCSDK["SECRET_KEYS"] holds no key: secrets cannot be stored.', hint=hint, id="ccsdk.E003")
        return
    for position, key in enumerate(keys, start=1):
        if not _is_fernet_key(key):
            message = f'Key {position} of CCSDK["SECRET_KEYS"] is not a Fernet key (32 bytes in URL-safe base64).'
            yield Error(message, hint=hint, id="ccsdk.E003")


def _is_fernet_key(key: object) -> bool:
    try:
        Fernet(key)  # type: ignore[arg-type]  # whatever the project wrote; anything else raises
    except (ValueError, TypeError):
        return False
    return True


@_registered
def check_settings() -> Iterator[CheckMessage]:
    """``ccsdk.W001``: a key that we do not know. ``ccsdk.E004``: a value of the wrong kind."""
    if not isinstance(getattr(settings, conf.SETTING, {}), dict):
        yield Error("CCSDK is not a dict.", hint='Write CCSDK = {"SECRET_KEYS": […]}.', id="ccsdk.E004")
    for key, value in conf.configured().items():
        if key not in conf.DEFAULTS:
            nearest = get_close_matches(str(key).upper(), conf.DEFAULTS, n=1, cutoff=0.5)
            hint = f"Did you mean {nearest[0]}?" if nearest else f"Known keys: {', '.join(conf.DEFAULTS)}."
            yield Warning(
                f"CCSDK[{key!r}] is not a setting of the widget; it has no effect.", hint=hint, id="ccsdk.W001"
            )
        elif not _fits(value, conf.DEFAULTS[key]):
            hint = f"The default is {conf.DEFAULTS[key]!r}; write a value of the same kind."
            yield Error(f"CCSDK[{key!r}] is a {type(value).__name__}.", hint=hint, id="ccsdk.E004")


def _fits(value: object, default: object) -> bool:
    if default is None or isinstance(default, tuple):
        return isinstance(value, list | tuple) or value is default
    if isinstance(default, bool):
        return isinstance(value, bool)
    if isinstance(default, int | float):
        return isinstance(value, int | float) and not isinstance(value, bool) and value >= 0
    if isinstance(default, Mapping):
        return isinstance(value, Mapping)
    return isinstance(value, type(default))


@_registered
def check_addresses() -> Iterator[CheckMessage]:
    """``ccsdk.E010``: something that is no address; at call or request time it would fail each one."""
    for key, read, example in (
        ("TRUSTED_PROXIES", ipaddress.ip_network, "10.0.0.5 or 10.0.0.0/24"),
        ("METRICS_ALLOW", ipaddress.ip_network, "10.0.0.5 or 10.0.0.0/24"),
        ("MEDIA_ADDRESSES", ipaddress.ip_address, "192.0.2.10"),
    ):
        values = conf.configured().get(key)
        for value in values if isinstance(values, list | tuple) else ():
            try:
                read(value)
            except ValueError:
                yield Error(
                    f"{value!r} in CCSDK[{key!r}] is no address.", hint=f"Write for example {example}.", id="ccsdk.E010"
                )


@_registered
def check_public_addresses() -> Iterator[CheckMessage]:
    """``ccsdk.E010`` too: an address behind 1:1 NAT, or in front of it, that is none."""
    values = conf.configured().get("PUBLIC_ADDRESSES")
    for value in chain.from_iterable(values.items()) if isinstance(values, Mapping) else ():
        if not _is_address(value):
            hint = 'Write local and public address, for example {"10.0.0.5": "192.0.2.10"}.'
            yield Error(f'{value!r} in CCSDK["PUBLIC_ADDRESSES"] is no address.', hint=hint, id="ccsdk.E010")


def _is_address(value: object) -> bool:
    try:
        ipaddress.ip_address(str(value))
    except ValueError:
        return False
    return True


@_registered
def check_turn() -> Iterator[CheckMessage]:
    """``ccsdk.E015``: TURN servers that no browser can use; every agent behind a firewall would stay without audio."""
    written = conf.configured()
    urls = written.get("TURN_URLS", ())
    for url in urls if isinstance(urls, list | tuple) else ():
        if not (isinstance(url, str) and TURN_URL.fullmatch(url)):
            hint = "Write for example turn:turn.example.com:3478 or turns:turn.example.com:443?transport=tcp."
            yield Error(f'{url!r} in CCSDK["TURN_URLS"] is no TURN URL (RFC 7065).', hint=hint, id="ccsdk.E015")
    if urls and not written.get("TURN_SECRET"):
        hint = "Set it to coturn's static-auth-secret; the TURN server needs use-auth-secret."
        yield Error('CCSDK["TURN_URLS"] is set, and CCSDK["TURN_SECRET"] is not.', hint=hint, id="ccsdk.E015")
    if written.get("TURN_ONLY") and not urls:
        hint = "Set TURN_URLS, or leave TURN_ONLY out."
        yield Error('CCSDK["TURN_ONLY"] leaves browsers no way: TURN_URLS is empty.', hint=hint, id="ccsdk.E015")


@_registered
def check_jinja_engine() -> Iterator[CheckMessage]:
    """``ccsdk.E005``: no Jinja2 engine renders with our environment."""
    engines: list[dict[str, Any]] = settings.TEMPLATES
    if any(is_ours(engine) for engine in engines):
        return
    yield Error(
        "No template engine is set up for the widget.",
        hint=f'Add {{"BACKEND": "{JINJA_BACKEND}", "APP_DIRS": True, '
        f'"OPTIONS": {{"environment": "{ENVIRONMENT}"}}}} to TEMPLATES, before the DjangoTemplates engine.',
        id="ccsdk.E005",
    )


@_registered
def check_time_and_language() -> Iterator[CheckMessage]:
    """``ccsdk.E017``: times without a zone. ``ccsdk.W004``: translation is off, so agents read one language only."""
    if not settings.USE_TZ:
        yield Error(
            "USE_TZ is False: local times are ambiguous twice a year, and calls are counted and billed by them.",
            hint="Set USE_TZ = True; TIME_ZONE still says how times are shown.",
            id="ccsdk.E017",
        )
    if not settings.USE_I18N:
        hint = "Set USE_I18N = True; LANGUAGE_CODE and LANGUAGES stay as your site wants them."
        yield Warning("USE_I18N is False: every agent reads the site's language.", hint=hint, id="ccsdk.W004")


@_registered
def check_urls() -> Iterator[CheckMessage]:
    """``ccsdk.E006``: widget.urls is not included. ``ccsdk.W002``: not at the root, where pages look for it."""
    try:
        address = reverse("ccsdk:create-sdk-authentication")
    except (NoReverseMatch, ImproperlyConfigured, ImportError, AttributeError):
        hint = 'Add path("", include("widget.urls")) to the urlpatterns of ROOT_URLCONF.'
        yield Error("The addresses of the widget are not served.", hint=hint, id="ccsdk.E006")
        return
    if address != "/v3/cc/seat/createSdkAuthentication":
        hint = 'Include them at the root: path("", include("widget.urls")).'
        yield Warning(f"The API is served at {address}, where clients do not look.", hint=hint, id="ccsdk.W002")


@_registered
def check_asgi() -> Iterator[CheckMessage]:
    """``ccsdk.E007``: ASGI_APPLICATION cannot be loaded. ``ccsdk.E008``: it does not route to our socket."""
    hint = (
        "In asgi.py: from widget.routing import application as widget_application; "
        "application = widget_application(get_asgi_application()); "
        'in the settings: ASGI_APPLICATION = "<project>.asgi.application".'
    )
    try:
        with warnings.catch_warnings():
            # This only looks: what loading the middleware warns of is the server's to tell, not each command's.
            warnings.simplefilter("ignore")
            found = get_default_application()
    except ImproperlyConfigured as fault:
        # Django's text hides what the import failed of: often a name inside the module.
        cause = f" ({fault.__context__})" if fault.__context__ else ""
        yield Error(f"There is no ASGI application: {fault}{cause}", hint=hint, id="ccsdk.E007")
        return
    if not _routes_to_widget(found, depth=8):
        yield Error("ASGI_APPLICATION does not route the widget's WebSocket and channels.", hint=hint, id="ccsdk.E008")


def _routes_to_widget(application: Any, *, depth: int) -> bool:
    """Look through routers and middleware (``inner``, ``app``, ``application``) for what widget.routing made."""
    if isinstance(application, import_string("widget.routing.CcApplication")):
        return True
    if depth == 0:
        return False
    inside = [getattr(application, name, None) for name in ("inner", "app", "application")]
    if isinstance(application, ProtocolTypeRouter):
        inside += application.application_mapping.values()
    return any(_routes_to_widget(one, depth=depth - 1) for one in inside if one is not None)


@_registered
def check_channel_layer() -> Iterator[CheckMessage]:
    """``ccsdk.E009``: no channel layer. ``ccsdk.W003``: it holds so few messages that some will be lost."""
    layer = getattr(settings, "CHANNEL_LAYERS", {}).get("default")
    config = {"capacity": MIN_CAPACITY * 10}
    if not layer:
        hint = (
            'Set CHANNEL_LAYERS = {"default": {"BACKEND": "channels.layers.InMemoryChannelLayer", '
            f'"CONFIG": {config}}}}} for one process, or a Redis layer for several.'
        )
        yield Error("CHANNEL_LAYERS has no default layer.", hint=hint, id="ccsdk.E009")
        return
    # 100 is the default of the layers that we know.
    capacity = layer.get("CONFIG", {}).get("capacity", 100)
    if capacity < MIN_CAPACITY:
        hint = f'Set "CONFIG": {config}: at least ten for each widget that is open at the same time.'
        message = (
            f"The default channel layer holds {capacity} messages; the layer drops what is over it without a word."
        )
        yield Warning(message, hint=hint, id="ccsdk.W003")


@_registered
def check_switchboard() -> Iterator[CheckMessage]:
    """``ccsdk.E016``: calls live where we do not know, or apart with a channel layer that is for one process."""
    place = conf.configured().get("SWITCHBOARD", conf.INSIDE)
    if place not in (conf.INSIDE, conf.APART):
        hint = f'Write "{conf.INSIDE}" or "{conf.APART}".'
        yield Error(f'CCSDK["SWITCHBOARD"] is {place!r}.', hint=hint, id="ccsdk.E016")
    layer = getattr(settings, "CHANNEL_LAYERS", {}).get("default") or {}
    if place == conf.APART and layer.get("BACKEND", "").endswith(".InMemoryChannelLayer"):
        yield Error(
            'CCSDK["SWITCHBOARD"] is "apart", but the channel layer in memory reaches no other process.',
            hint='Install channels-redis and set the layer to "channels_redis.core.RedisChannelLayer".',
            id="ccsdk.E016",
        )
