"""Addresses of the demo's server: the reference site's, and the demo's own view for the playground."""

from django.urls import path

from ccsite import urls
from ccsite.demo.modes import agent_mode

urlpatterns = [path("demo/mode", agent_mode), *urls.urlpatterns]
