"""Commands in people's words: what each does, and what a charger's answer to it means. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from accounts.refusals import Text
from chargers.request_states import RequestKind as Kind


@dataclass(frozen=True)
class Words:
    """``answers``: the standard's status word to a sentence."""

    title: Text
    what: Text
    answers: Mapping[str, Text]


REJECTED = _("The charger refuses.")
WORDS: Mapping[Kind, Words] = {
    Kind.REMOTE_START: Words(
        _("Start charging"),
        _("Starts a session with a card, as if it had been held to the charger. A car must be plugged in soon."),
        {
            "Accepted": _("The charger will start as soon as a car is ready; the session appears when it does."),
            "Rejected": _("The charger will not start: the connector may be in use, reserved or out of service."),
        },
    ),
    Kind.REMOTE_STOP: Words(
        _("Stop charging"),
        _("Ends a running session; the number of the newest one is filled in."),
        {
            "Accepted": _("The charger ends the session."),
            "Rejected": _("The charger knows no running session with this number."),
        },
    ),
    Kind.UNLOCK: Words(
        _("Unlock a connector"),
        _("Opens the lock of a cable that is stuck. A session on it ends first."),
        {
            "Unlocked": _("The connector is unlocked."),
            "UnlockFailed": _("The charger tried and could not unlock: somebody has to look at it."),
            "NotSupported": _("This charger has no lock, or no such connector."),
        },
    ),
    Kind.RESET: Words(
        _("Restart"),
        _("Soft ends sessions in order and restarts the software; Hard is like cutting the power."),
        {
            "Accepted": _("The charger restarts; it comes back by itself."),
            "Rejected": _("The charger does not restart now."),
        },
    ),
    Kind.CHANGE_AVAILABILITY: Words(
        _("Take out of service or back"),
        _("Inoperative takes a connector, or with 0 the whole charger, out of service; Operative puts it back."),
        {
            "Accepted": _("Done."),
            "Scheduled": _("It happens when the running session ends."),
            "Rejected": REJECTED,
        },
    ),
    Kind.TRIGGER_MESSAGE: Words(
        _("Ask for a message"),
        _("The charger sends this message once more; what it tells appears on its page."),
        {
            "Accepted": _("The message is on its way."),
            "Rejected": REJECTED,
            "NotImplemented": _("This charger does not know this message."),
        },
    ),
    Kind.CLEAR_CACHE: Words(
        _("Forget known cards"),
        _("Empties the charger's own memory of cards, so that it asks for each of them again."),
        {"Accepted": _("The charger has forgotten them."), "Rejected": _("This charger keeps no such memory.")},
    ),
    Kind.GET_CONFIGURATION: Words(
        _("Read the configuration"),
        _("Asks for the charger's configuration keys, all or some; they appear under Wanted beside reported."),
        {"Accepted": _("Read.")},
    ),
    Kind.CHANGE_CONFIGURATION: Words(
        _("Change the configuration"),
        _("Sets one key while the charger is idle, closed for new sessions, and reads it back. Restarts it if needed."),
        {
            "Accepted": _("Set and read back."),
            "RebootRequired": _("Set; the charger restarts to use it."),
            "Unchanged": _("The charger holds this value already."),
            "Rejected": _("The charger refuses this value, or the key is read-only."),
            "NotSupported": _("The charger does not know this key."),
        },
    ),
    Kind.UPDATE_FIRMWARE: Words(
        _("Update the firmware"),
        _("The charger fetches a new firmware from a URL of its maker and installs it. It may restart on its own."),
        {"Accepted": _("The charger was told. Its firmware state shows how far it has come.")},
    ),
    Kind.GET_DIAGNOSTICS: Words(
        _("Get diagnostics"),
        _("The charger collects what its maker needs to find a fault and sends it here as a file."),
        {"Accepted": _("The charger was asked.")},
    ),
    Kind.RESERVE_NOW: Words(
        _("Reserve"),
        _("Keeps a connector, or with 0 any of them, for one card until a time."),
        {
            "Accepted": _("Reserved."),
            "Faulted": _("The connector has a fault."),
            "Occupied": _("The connector is in use."),
            "Rejected": _("This charger takes no reservations."),
            "Unavailable": _("The connector is out of service."),
        },
    ),
    Kind.CANCEL_RESERVATION: Words(
        _("Cancel a reservation"),
        _("Gives a reserved connector free again."),
        {"Accepted": _("The reservation is gone."), "Rejected": _("The charger knows no such reservation.")},
    ),
    Kind.DATA_TRANSFER: Words(
        _("Send data of a maker"),
        _("A message that only the charger's maker defines."),
        {
            "Accepted": _("The charger took it."),
            "Rejected": REJECTED,
            "UnknownMessageId": _("The charger does not know this message."),
            "UnknownVendorId": _("The charger does not know this maker's messages."),
        },
    ),
}

# OCPP's status words that stand for success.
GOOD = frozenset({"Accepted", "Unlocked", "Scheduled", "RebootRequired", "Unchanged"})


def answer_sentence(kind: str, status: str) -> str:
    """Empty for a word the standard does not have."""
    words = WORDS.get(Kind(kind))
    return str(words.answers.get(status, "")) if words else ""
