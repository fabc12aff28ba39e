"""What the codes of the audit trail are called; a code without a word is shown as it is."""

from datetime import datetime
from typing import Any

from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from accounts.permissions import Action
from installations.models import DriftPolicy, Mode, OfflineAuthorization, Role

ACTIONS = {
    "installation_created": _("Installation created"),
    "installation_changed": _("Installation changed"),
    "installation_deleted": _("Installation deleted"),
    "authentication_changed": _("Authentication settings changed"),
    "authentication_change_asked": _("Setting for many installations prepared"),
    "authentication_change_applied": _("Setting for many installations applied"),
    "access_granted": _("Access given"),
    "access_revoked": _("Access taken away"),
    "staff_access": _("Looked at by platform staff"),
    "charger_registered": _("Charger registered"),
    "charger_changed": _("Charger changed"),
    "charger_moved": _("Charger moved"),
    "charger_deleted": _("Charger deleted"),
    "link_password_rotation": _("New link password ordered"),
    "link_password_handed_out": _("New link password handed out"),
    "link_password_cancelled": _("New link password withdrawn"),
    "asked_gateway": _("Gateway asked"),
    "local_list_ordered": _("List of cards sent anew"),
    "diagnostics_received": _("Diagnostics received"),
    "diagnostics_downloaded": _("Diagnostics downloaded"),
    "drift_found": _("Drift found"),
    "rollout_paused": _("Rollout paused"),
    "rollout_resumed": _("Rollout resumed"),
    "rollout_proceeded": _("Rollout sent on"),
    "rollout_retried": _("Rollout tried again"),
    "rollout_cancelled": _("Rollout cancelled"),
    "card_added": _("Charge card added"),
    "card_changed": _("Charge card changed"),
    "card_deleted": _("Charge card deleted"),
    "circuit_created": _("Circuit created"),
    "circuit_changed": _("Circuit changed"),
    "circuit_deleted": _("Circuit deleted"),
    "token_issued": _("API token made"),
    "token_revoked": _("API token revoked"),
    "signed_in": _("Signed in"),
    "sessions_ended": _("Signed out elsewhere"),
    "passkey_added": _("Passkey added"),
    "passkey_removed": _("Passkey removed"),
    "second_factor_set": _("Second step set up"),
    "second_factor_removed": _("Second step removed"),
    "recovery_codes_made": _("New recovery codes made"),
    "password_changed": _("Password changed"),
    "invited": _("Code for a new password made"),
    "person_created": _("Person taken in"),
    "person_changed": _("Person changed"),
    "organisation_created": _("Organisation made"),
    "organisation_changed": _("Organisation changed"),
    "member_added": _("Member added"),
    "member_changed": _("Member changed"),
    "member_removed": _("Member removed"),
    "webhook_created": _("Webhook made"),
    "webhook_changed": _("Webhook changed"),
    "webhook_deleted": _("Webhook deleted"),
    "webhook_secret_rotated": _("New webhook secret made"),
    "webhook_switched_off": _("Webhook switched off by the portal"),
    "audit_pruned": _("Old entries removed"),
}
OBJECTS = {
    "installation": _("Installation"),
    "charger": _("Charger"),
    "circuit": _("Circuit"),
    "idtag": _("Charge card"),
    "grant": _("Access"),
    "rollout": _("Rollout"),
    "apitoken": _("API token"),
    "user": _("Person"),
    "organisation": _("Organisation"),
    "authenticationchange": _("Setting for many installations"),
    "webhook": _("Webhook"),
    "auditentry": _("Entry"),
}
FIELDS = {
    "name": _("Name"),
    "address": _("Address"),
    "time_zone": _("Time zone"),
    "network_type": _("Network type"),
    "main_fuse_current": _("Main fuse (A per phase)"),
    "max_current": _("Fuse (A per phase)"),
    "role": _("Role"),
    "user": _("Person"),
    "organisation": _("Organisation"),
    "expires_at": _("Ends"),
    "mode": _("Mode"),
    "revision": _("Version"),
    "changed": _("Changed"),
    "acknowledged": _("Acknowledged"),
    "restored_from": _("Restored from version"),
    "device_id": _("Serial number"),
    "circuit": _("Circuit"),
    "installation": _("Installation"),
    "own_url": _("Own URL"),
    "server_url": _("Server URL"),
    "initial_device_password": _("Initial device password"),
    "default_id_tag": _("Default tag"),
    "authorization_required": _("A card or app is required to charge"),
    "legacy_identity": _("Legacy identity"),
    "drift_policy": _("When a charger comes back with another setting"),
    "offline_authorization": _("OCPP cloud: who may charge while the backend is away"),
    "backend_maintenance": _("OCPP cloud: firmware and diagnostics"),
    "id_tag": _("Card number"),
    "holder": _("Holder"),
    "label": _("Label"),
    "blocked": _("Blocked"),
    "parent_id_tag": _("Group"),
    "scopes": _("Scopes"),
    "cause": _("Cause"),
    "admin": _("Admin"),
    "active": _("Active"),
    "staff": _("Platform staff"),
    "second_factor_required": _("Second step asked of members"),
    "deliveries": _("Deliveries"),
    "state": _("State"),
    "prefix": _("Begins with"),
    "action": _("What for"),
    "url": _("URL"),
    "description": _("Description"),
    "kinds": _("Events"),
    "enabled": _("Switched on"),
}
CHOICES = {
    "mode": Mode,
    "role": Role,
    "drift_policy": DriftPolicy,
    "offline_authorization": OfflineAuthorization,
}


def action_word(code: str) -> str:
    return str(ACTIONS.get(code, code))


def object_word(object_type: str) -> str:
    return str(OBJECTS.get(object_type, object_type))


def field_word(name: str) -> str:
    return str(FIELDS.get(name, name))


# What somebody of the platform looked at or did by that status alone.
RIGHTS = {
    Action.VIEW: _("to look at it"),
    Action.VIEW_MESSAGES: _("to read its messages"),
    Action.EDIT_INSTALLATION: _("to change its data"),
    Action.EDIT_TECHNICAL: _("to change its technical data"),
    Action.DELETE_INSTALLATION: _("to delete it"),
    Action.SET_AUTHENTICATION: _("to set its authentication"),
    Action.STEER_ROLLOUT: _("to steer a rollout"),
    Action.EDIT_CHARGERS: _("to change its chargers"),
    Action.COMMAND_CHARGERS: _("to give its chargers commands"),
    Action.EDIT_CARDS: _("to change its charge cards"),
    Action.VIEW_ACCESS: _("to see who has access"),
    Action.VIEW_AUDIT: _("to read its audit trail"),
    Action.GRANT_ACCESS: _("to give access"),
    Action.VIEW_WEBHOOKS: _("to look at its webhooks"),
    Action.EDIT_WEBHOOKS: _("to change its webhooks"),
}


def value_words(value: Any, name: str = "") -> str:
    """A value of ``before`` or ``after`` on one line; empty for what is not there. ``name``: of its field."""
    if value is None or value in ("", [], {}):
        return ""
    if name == "changed" and isinstance(value, list):
        return ", ".join(field_word(str(one)) for one in value)
    if name in CHOICES:
        return str(dict(CHOICES[name].choices).get(value, value))
    if name == "action":
        return str(RIGHTS.get(value, value))
    if name.endswith("_at"):
        return _moment(str(value))
    if isinstance(value, bool):
        return _now("yes") if value else _now("no")
    if isinstance(value, dict):
        return ", ".join(f"{field_word(key)}: {value_words(inner, key) or '–'}" for key, inner in value.items())
    if isinstance(value, list):
        return ", ".join(value_words(inner) for inner in value)
    return str(value)


def _moment(text: str) -> str:
    """As people read a time, in the time zone they are shown; what is none is shown as it is."""
    try:
        return date_format(localtime(datetime.fromisoformat(text)), "DATETIME_FORMAT")
    except ValueError:
        return text
