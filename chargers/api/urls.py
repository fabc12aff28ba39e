"""Addresses of installations, authentication settings, rollouts and chargers, below /api/v1/."""

from django.urls import path

from chargers.api.authentication import AuthenticationView, PreviewView, RestoreView, RevisionsView, RevisionView
from chargers.api.backend_tests import BackendTestsView, BackendTestView
from chargers.api.changes import ChangeApplyView, ChangeItemsView, ChangesView, ChangeView
from chargers.api.chargers import ChargersView, ChargerView, ManyChargersView
from chargers.api.commands import CommandDiagnosticsView, CommandsView, CommandView, ConfigurationView
from chargers.api.installation_list import InstallationListView
from chargers.api.installations import InstallationsView, InstallationView
from chargers.api.link_passwords import LinkPasswordView
from chargers.api.load import LoadMeasurementView, LoadView
from chargers.api.local_lists import LocalListView
from chargers.api.messages import MessagesView
from chargers.api.rollouts import (
    CancelView,
    DeliveriesView,
    DeliveryView,
    PauseView,
    ProceedView,
    ResumeView,
    RetryView,
    RolloutsView,
    RolloutView,
)
from chargers.api.sessions import MeterValuesView, SessionsView, SessionView

SITE = "installations/<id:installation_id>"
SETTINGS = f"{SITE}/authentication"
CHANGE = "authentication-changes/<id:change_id>"
ROLLOUT = "rollouts/<id:rollout_id>"

urlpatterns = [
    path("sessions/", SessionsView.as_view(), name="api-sessions"),
    path("sessions/<id:session_id>/", SessionView.as_view(), name="api-session"),
    path("sessions/<id:session_id>/meter-values/", MeterValuesView.as_view(), name="api-meter-values"),
    path("installations/bulk/", InstallationListView.as_view(), name="api-installations-bulk"),
    path("installations/", InstallationsView.as_view(), name="api-installations"),
    path(f"{SITE}/", InstallationView.as_view(), name="api-installation"),
    path(f"{SITE}/load/", LoadView.as_view(), name="api-load"),
    path(f"{SITE}/load/measurement/", LoadMeasurementView.as_view(), name="api-load-measurement"),
    path(f"{SETTINGS}/", AuthenticationView.as_view(), name="api-authentication"),
    path(f"{SETTINGS}/preview/", PreviewView.as_view(), name="api-authentication-preview"),
    path(f"{SETTINGS}/test/", BackendTestsView.as_view(), name="api-backend-tests"),
    path(f"{SETTINGS}/test/<id:request_id>/", BackendTestView.as_view(), name="api-backend-test"),
    path(f"{SETTINGS}/revisions/", RevisionsView.as_view(), name="api-revisions"),
    path(f"{SETTINGS}/revisions/<number:number>/", RevisionView.as_view(), name="api-revision"),
    path(f"{SETTINGS}/revisions/<number:number>/restore/", RestoreView.as_view(), name="api-revision-restore"),
    path("authentication-changes/", ChangesView.as_view(), name="api-changes"),
    path(f"{CHANGE}/", ChangeView.as_view(), name="api-change"),
    path(f"{CHANGE}/installations/", ChangeItemsView.as_view(), name="api-change-installations"),
    path(f"{CHANGE}/apply/", ChangeApplyView.as_view(), name="api-change-apply"),
    path("rollouts/", RolloutsView.as_view(), name="api-rollouts"),
    path(f"{ROLLOUT}/", RolloutView.as_view(), name="api-rollout"),
    path(f"{ROLLOUT}/deliveries/", DeliveriesView.as_view(), name="api-deliveries"),
    path(f"{ROLLOUT}/deliveries/<id:delivery_id>/", DeliveryView.as_view(), name="api-delivery"),
    path(f"{ROLLOUT}/retry/", RetryView.as_view(), name="api-rollout-retry"),
    path(f"{ROLLOUT}/pause/", PauseView.as_view(), name="api-rollout-pause"),
    path(f"{ROLLOUT}/resume/", ResumeView.as_view(), name="api-rollout-resume"),
    path(f"{ROLLOUT}/proceed/", ProceedView.as_view(), name="api-rollout-proceed"),
    path(f"{ROLLOUT}/cancel/", CancelView.as_view(), name="api-rollout-cancel"),
    path("chargers/", ChargersView.as_view(), name="api-chargers"),
    path("chargers/bulk/", ManyChargersView.as_view(), name="api-chargers-bulk"),
    path("chargers/<device_id:device_id>/link-password/", LinkPasswordView.as_view(), name="api-charger-link-password"),
    path("chargers/<device_id:device_id>/local-list/", LocalListView.as_view(), name="api-charger-local-list"),
    path("chargers/<device_id:device_id>/commands/", CommandsView.as_view(), name="api-commands"),
    path("chargers/<device_id:device_id>/commands/<id:request_id>/", CommandView.as_view(), name="api-command"),
    path(
        "chargers/<device_id:device_id>/commands/<id:request_id>/diagnostics/",
        CommandDiagnosticsView.as_view(),
        name="api-command-diagnostics",
    ),
    path("chargers/<device_id:device_id>/configuration/", ConfigurationView.as_view(), name="api-configuration"),
    path("chargers/<device_id:device_id>/", ChargerView.as_view(), name="api-charger"),
    path("chargers/<device_id:device_id>/messages/", MessagesView.as_view(), name="api-charger-messages"),
]
