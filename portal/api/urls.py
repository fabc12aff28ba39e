"""Everything below /api/."""

from django.urls import include, path, re_path
from drf_spectacular.views import SpectacularAPIView

from portal.api.docs import docs
from portal.api.errors import unknown_address

urlpatterns = [
    path("v1/", include("accounts.api.urls")),
    path("v1/", include("installations.api.urls")),
    path("v1/", include("chargers.api.urls")),
    path("schema/", SpectacularAPIView.as_view(authentication_classes=[], permission_classes=[]), name="api-schema"),
    path("docs/", docs, name="api-docs"),
    re_path(r"^(?P<rest>.*)$", unknown_address, name="api-unknown"),
]
