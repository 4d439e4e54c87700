"""Addresses of the widget; a host project includes them at its root, for the contract fixes the paths."""

from django.urls import URLPattern, URLResolver

app_name = "ccsdk"
urlpatterns: list[URLPattern | URLResolver] = []
