from django.urls import include, path

from chargers.views import authentication, cards, charger, finding, history, overview, register, rollouts, steering

urlpatterns = [
    path("", include("chargers.request_urls")),
    path("", overview.home, name="home"),
    path("find/", finding.find, name="find"),
    path("installations/", overview.installations, name="installations"),
    path("installations/filters/", overview.keep_filter, name="filter_save"),
    path("installations/filters/<int:pk>/remove/", overview.drop_filter, name="filter_remove"),
    path("installations/<int:pk>/", overview.installation, name="installation"),
    path("installations/<int:pk>/chargers/", overview.chargers, name="installation_chargers"),
    path("installations/<int:pk>/chargers/register/", register.register, name="charger_register"),
    path("installations/<int:pk>/cards/", cards.cards, name="installation_cards"),
    path("installations/<int:pk>/authentication/", authentication.authentication, name="installation_authentication"),
    path("installations/<int:pk>/history/", history.history, name="installation_history"),
    path("installations/<int:pk>/history/<int:number>/restore/", history.restore_revision, name="revision_restore"),
    path("chargers/<str:device_id>/", charger.charger, name="charger"),
    path("chargers/<str:device_id>/edit/", charger.edit, name="charger_edit"),
    path("chargers/<str:device_id>/move/", charger.move, name="charger_move"),
    path("chargers/<str:device_id>/delete/", charger.delete, name="charger_delete"),
    path("rollouts/", rollouts.rollouts, name="rollouts"),
    path("rollouts/<int:pk>/", rollouts.rollout, name="rollout"),
    path("rollouts/<int:pk>/retry/", steering.retry, name="rollout_retry"),
    path("rollouts/<int:pk>/pause/", steering.pause, name="rollout_pause"),
    path("rollouts/<int:pk>/resume/", steering.resume, name="rollout_resume"),
    path("rollouts/<int:pk>/proceed/", steering.proceed, name="rollout_proceed"),
    path("rollouts/<int:pk>/cancel/", steering.cancel, name="rollout_cancel"),
    path("rollouts/<int:pk>/deliveries/<int:delivery_pk>/", rollouts.delivery, name="delivery"),
]
