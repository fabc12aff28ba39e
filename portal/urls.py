"""The root of every address the web process answers."""

from django.urls import URLPattern, URLResolver, include, path

from portal.api import health

urlpatterns: list[URLPattern | URLResolver] = [
    path("api/", include("portal.api.urls")),
    path("health/live", health.live, name="health-live"),
    path("health/ready", health.ready, name="health-ready"),
    path("metrics", health.metrics, name="metrics"),
    path("", include("accounts.urls")),
    path("", include("installations.urls")),
    path("", include("chargers.urls")),
]

handler400 = "portal.api.errors.bad_request"
handler403 = "portal.api.errors.forbidden"
handler404 = "portal.api.errors.missing"
handler500 = "portal.api.errors.server_error"
