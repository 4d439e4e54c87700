"""A project that included widget.urls below a prefix."""

from django.urls import include, path

urlpatterns = [path("phone/", include("widget.urls"))]
