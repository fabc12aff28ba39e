from django.urls import path

from installations import views

urlpatterns = [
    path("installations/new/", views.new, name="installation_new"),
    path("installations/<int:pk>/edit/", views.edit, name="installation_edit"),
    path("installations/<int:pk>/delete/", views.delete, name="installation_delete"),
    path("installations/<int:pk>/circuits/", views.circuits, name="installation_circuits"),
    path("installations/<int:pk>/circuits/<int:circuit_pk>/delete/", views.circuit_delete, name="circuit_delete"),
    path("installations/<int:pk>/access/", views.access, name="installation_access"),
    path("installations/<int:pk>/access/<int:grant_pk>/revoke/", views.access_revoke, name="access_revoke"),
]
