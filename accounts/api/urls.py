"""Addresses of the people's part of the API, below /api/v1/."""

from django.urls import path

from accounts.api import converters
from accounts.api.member_views import MembersView, MemberView
from accounts.api.views import MeView, OrganisationsView, OrganisationView, TokensView, TokenView

converters.register()

urlpatterns = [
    path("users/me/", MeView.as_view(), name="api-me"),
    path("organisations/", OrganisationsView.as_view(), name="api-organisations"),
    path("organisations/<id:organisation_id>/", OrganisationView.as_view(), name="api-organisation"),
    path("organisations/<id:organisation_id>/members/", MembersView.as_view(), name="api-members"),
    path("organisations/<id:organisation_id>/members/<id:member_id>/", MemberView.as_view(), name="api-member"),
    path("tokens/", TokensView.as_view(), name="api-tokens"),
    path("tokens/<id:token_id>/", TokenView.as_view(), name="api-token"),
]
