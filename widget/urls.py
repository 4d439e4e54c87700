"""Addresses of the widget; a host project includes them at its root, for the contract fixes the paths."""

from django.urls import URLPattern, URLResolver, path

from widget import views
from widget.api import seats
from widget.metrics import metrics
from widget.scripts import FRAME_FILES

app_name = "ccsdk"
urlpatterns: list[URLPattern | URLResolver] = [
    path("sip-sdk.js", views.sip_sdk, name="sip-sdk"),
    path("cc/metrics", metrics, name="metrics"),
    path("cc/errors", views.errors, name="errors"),
    *(path(f"cc/{name}", views.frame_part, {"name": name}, name="frame-part") for name in FRAME_FILES),
    path("cc/frame/<str:public_id>", views.frame, name="frame"),
    path("v3/cc/seat/createSdkAuthentication", seats.create_sdk_authentication, name="create-sdk-authentication"),
]
