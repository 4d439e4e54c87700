"""A project that forgot to include widget.urls."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
