"""Addresses of circuits and access, below /api/v1/."""

from django.urls import path

from installations.api.access import AccessView, GrantView
from installations.api.circuits import CircuitsView, CircuitView

SITE = "installations/<id:installation_id>"

urlpatterns = [
    path(f"{SITE}/circuits/", CircuitsView.as_view(), name="api-circuits"),
    path(f"{SITE}/circuits/<id:circuit_id>/", CircuitView.as_view(), name="api-circuit"),
    path(f"{SITE}/access/", AccessView.as_view(), name="api-access"),
    path(f"{SITE}/access/<id:grant_id>/", GrantView.as_view(), name="api-grant"),
]
