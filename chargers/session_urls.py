"""Addresses of charging sessions."""

from django.urls import path

from chargers.views import sessions

urlpatterns = [
    path("installations/<int:pk>/sessions/", sessions.of_installation, name="installation_sessions"),
    path(
        "installations/<int:pk>/sessions/export/", sessions.export_of_installation, name="installation_sessions_export"
    ),
    path("sessions/<int:pk>/", sessions.session, name="session"),
    path("chargers/<str:device_id>/sessions/", sessions.of_charger, name="charger_sessions"),
    path("chargers/<str:device_id>/sessions/export/", sessions.export_of_charger, name="charger_sessions_export"),
]
