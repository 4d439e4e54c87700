"""Addresses of the widget; a host project includes them at its root, for the contract fixes the paths."""

from django.urls import URLPattern, URLResolver, path

from widget.api import seats

app_name = "ccsdk"
urlpatterns: list[URLPattern | URLResolver] = [
    path("v3/cc/seat/createSdkAuthentication", seats.create_sdk_authentication, name="create-sdk-authentication"),
]
