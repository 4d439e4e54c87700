"""Addresses of the reference site."""

from django.contrib import admin
from django.urls import include, path
from django.utils.translation import gettext_lazy as _

admin.site.site_header = admin.site.site_title = _("Call centre administration")
admin.site.site_url = None  # there is no page of ours to view

urlpatterns = [
    path("admin/", admin.site.urls),
    path("", include("widget.urls")),
]
