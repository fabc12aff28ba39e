"""One sentence per delivery state and reason: what happened or is awaited, in the reader's language."""

from collections.abc import Mapping
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from chargers.models import Delivery
from chargers.rollout.states import DeliveryState, PauseCause, WaitReason

S = DeliveryState

BY_STATE: Mapping[DeliveryState, Promise] = {
    S.WAITING: _("Waits for its turn."),
    S.PUSHING: _("The setting is being written to the charger now."),
    S.VERIFYING: _("The charger accepted the setting; the portal checks that it took effect."),
    S.UNKNOWN: _("The setting was sent and the answer got lost; the portal reads back before it sends again."),
    S.APPLIED: _("The charger holds the setting, as read back from it."),
    S.HANDED_OVER: _("The charger accepted the setting and left for its backend."),
    S.REJECTED: _("The charger refused the setting."),
    S.UNSUPPORTED: _("This charger cannot take the setting over OCPP."),
    S.FAILED: _("The setting could not be brought to the charger; it can be tried again."),
    S.SUPERSEDED: _("A newer setting took its place."),
    S.CANCELLED: _("Cancelled before anything was sent."),
}

BY_REASON: Mapping[tuple[DeliveryState, str], Promise] = {
    (S.WAITING, WaitReason.OFFLINE): _("The charger is offline; the setting is sent when it is back."),
    (S.WAITING, WaitReason.BUSY): _("The charger is in use; the setting is sent when it is idle."),
    (S.WAITING, WaitReason.BACKOFF): _("The last attempt failed; it is tried again after a pause."),
    (S.WAITING, WaitReason.PAUSED): _("The rollout is paused."),
    (S.WAITING, WaitReason.WINDOW): _("Waits for the weekly window."),
    (S.WAITING, WaitReason.WAVE): _("Waits until the wave before has landed."),
    (S.WAITING, WaitReason.TOGETHER): _("Ready; waits until every charger is ready."),
    (S.WAITING, WaitReason.PACE): _("Waits for its turn at the agreed pace."),
    (S.WAITING, WaitReason.DRIFT): _("The charger lost the setting; it is brought again."),
    (S.APPLIED, WaitReason.DRIFT): _("The charger took the setting, but now it holds another one."),
    (S.HANDED_OVER, WaitReason.DRIFT): _("The charger left for its backend, and came back to the portal."),
    (S.WAITING, "fault"): _("The portal could not work out what to send; it tries again after a pause."),
    (S.FAILED, "fault"): _("The portal could not work out what to send: its operator finds the fault in the log."),
    (S.CANCELLED, "in_doubt"): _("Cancelled while an answer was missing: the charger may hold a part of the setting."),
    (S.UNKNOWN, WaitReason.OFFLINE): _("The setting was sent, then the charger went offline; it is read back later."),
    (S.UNKNOWN, WaitReason.BUSY): _("The setting was sent and the answer got lost; the charger is in use now."),
    (S.VERIFYING, "leaving"): _("The charger accepted the setting and is about to leave for its backend."),
    (S.VERIFYING, "reboot"): _("The charger accepted the setting and reboots; it is read back then."),
    (S.APPLIED, "nothing_to_write"): _("The charger held the setting already."),
    (S.FAILED, "came_back"): _("The charger left for the backend and came back: check the URL and the password."),
    (S.FAILED, "did_not_leave"): _("The charger accepted the setting but never left for the backend."),
    (S.FAILED, "no_reboot"): _("The charger accepted the setting but did not reboot."),
    (S.FAILED, "no_answer"): _("The charger gave no answer, however often it was asked."),
    (S.REJECTED, "not_kept"): _("The charger accepted the setting but reports another value."),
    (S.REJECTED, "not_supported"): _("The charger does not know the configuration key."),
    (S.REJECTED, "reset_rejected"): _("The charger took the setting but refuses the restart it needs."),
    (S.UNSUPPORTED, "unreadable"): _("The charger does not report what must be known before it can be changed."),
    (S.UNSUPPORTED, "no_password_key"): _("This make takes no backend password over OCPP."),
    (S.SUPERSEDED, "moved"): _("The charger was moved to another installation."),
}


def explain(state: str, reason: str = "", detail: Mapping[str, Any] | None = None) -> str:
    """Never empty for a state of the table."""
    facts = detail or {}
    if isinstance(facts.get("explanation"), str) and facts["explanation"]:
        return gettext(str(facts["explanation"]))
    known = DeliveryState(state)
    if reason == WaitReason.PAUSED:
        return explain_pause(str(facts.get("cause", "")))
    return " ".join([str(BY_REASON.get((known, reason)) or BY_STATE[known]), *_particulars(facts)])


def explain_pause(cause: str) -> str:
    """Why a rollout is paused, and what a person can do about it."""
    match cause:
        case PauseCause.REVOKED:
            return gettext("Who saved this setting may not set the mode here any more: somebody who may can resume it.")
        case PauseCause.FAILURES:
            return gettext("Paused because too many of the chargers attempted have failed: look at them, then resume.")
    return gettext("The rollout is paused.")


def _particulars(facts: Mapping[str, Any]) -> list[str]:
    """Keys and values a charger told; a secret is never among them."""
    told = []
    if facts.get("failed_key"):
        told.append(gettext("Configuration key: %(key)s.") % {"key": facts["failed_key"]})
    for key, (wanted, held) in sorted(dict(facts.get("differs") or {}).items()):
        words = {"key": key, "wanted": wanted or "–", "held": held or "–"}
        told.append(gettext("%(key)s should be %(wanted)s and is %(held)s.") % words)
    if kept := facts.get("kept"):
        told.append(gettext("It could not be undone: %(keys)s.") % {"keys": ", ".join(kept)})
    if restored := facts.get("restored"):
        told.append(gettext("Undone: %(keys)s.") % {"keys": ", ".join(restored)})
    match facts.get("only_reported"):
        case "often":
            told.append(gettext("It was corrected three times within a day already: a person has to look."))
        case "policy":
            told.append(gettext("This installation only reports it."))
    return told


def explain_delivery(delivery: Delivery) -> str:
    return explain(delivery.state, delivery.reason, delivery.detail)
