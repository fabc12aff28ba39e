"""Addresses of the people's part of the API, below /api/v1/."""

from django.urls import path

from accounts.api import converters
from accounts.api.views import MeView, OrganisationsView, TokensView, TokenView

converters.register()

urlpatterns = [
    path("users/me/", MeView.as_view(), name="api-me"),
    path("organisations/", OrganisationsView.as_view(), name="api-organisations"),
    path("tokens/", TokensView.as_view(), name="api-tokens"),
    path("tokens/<id:token_id>/", TokenView.as_view(), name="api-token"),
]
