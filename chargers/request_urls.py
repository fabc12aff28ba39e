"""Pages of what is asked of gateways and followed."""

from django.urls import path

from chargers.views import backend_tests, commands, diagnostics, local_list

urlpatterns = [
    path("installations/<int:pk>/authentication/test/", backend_tests.start, name="backend_test_start"),
    path("installations/<int:pk>/authentication/test/<int:number>/", backend_tests.show, name="backend_test"),
    path("chargers/<str:device_id>/commands/", commands.commands, name="charger_commands"),
    path("chargers/<str:device_id>/commands/<int:number>/diagnostics/", diagnostics.download, name="diagnostics"),
    path("chargers/<str:device_id>/local-list/send/", local_list.send, name="local_list_send"),
    path("diagnostics/", diagnostics.upload, name="diagnostics_upload"),
]
