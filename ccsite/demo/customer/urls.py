"""Addresses of the demo customer's site."""

from django.urls import path

from ccsite.demo.customer import views

urlpatterns = [
    path("", views.page),
    path("playground", views.playground),
    path("credential", views.credential),
    path("mode", views.mode),
]
