from django.urls import path

from installations.views import audit, card_files, cards, site, webhooks

SITE = "installations/<int:pk>"
FIRM = "organisations/<int:pk>"
HOOK = "webhooks/<int:pk>"

urlpatterns = [
    path("installations/new/", site.new, name="installation_new"),
    path(f"{SITE}/edit/", site.edit, name="installation_edit"),
    path(f"{SITE}/delete/", site.delete, name="installation_delete"),
    path(f"{SITE}/access/", site.access, name="installation_access"),
    path(f"{SITE}/access/<int:grant_pk>/revoke/", site.access_revoke, name="access_revoke"),
    path(f"{SITE}/audit/", audit.of_installation, name="installation_audit"),
    path(f"{SITE}/audit/download/", audit.download_of_installation, name="installation_audit_download"),
    path("audit/", audit.everything, name="audit"),
    path("audit/download/", audit.download_everything, name="audit_download"),
    path(f"{SITE}/cards/new/", cards.new, name="card_new"),
    path(f"{SITE}/cards/import/", card_files.import_file, name="cards_import"),
    path(f"{SITE}/cards/export/", card_files.export_file, name="cards_export"),
    path(f"{SITE}/cards/<int:card_pk>/", cards.edit, name="card_edit"),
    path(f"{SITE}/cards/<int:card_pk>/block/", cards.block, name="card_block"),
    path(f"{SITE}/cards/<int:card_pk>/delete/", cards.delete, name="card_delete"),
    path(f"{SITE}/webhooks/", webhooks.of_installation, name="installation_webhooks"),
    path(f"{SITE}/webhooks/new/", webhooks.new_of_installation, name="webhook_new"),
    path(f"{FIRM}/webhooks/", webhooks.of_organisation, name="organisation_webhooks"),
    path(f"{FIRM}/webhooks/new/", webhooks.new_of_organisation, name="organisation_webhook_new"),
    path(f"{HOOK}/", webhooks.webhook, name="webhook"),
    path(f"{HOOK}/edit/", webhooks.edit, name="webhook_edit"),
    path(f"{HOOK}/switch/", webhooks.switch, name="webhook_switch"),
    path(f"{HOOK}/test/", webhooks.test, name="webhook_test"),
    path(f"{HOOK}/secret/", webhooks.secret, name="webhook_secret"),
    path(f"{HOOK}/delete/", webhooks.delete, name="webhook_delete"),
    path(f"{HOOK}/deliveries/<int:delivery_pk>/", webhooks.delivery, name="webhook_delivery"),
    path(f"{HOOK}/deliveries/<int:delivery_pk>/again/", webhooks.again, name="webhook_again"),
]
