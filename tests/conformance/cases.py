"""The public list of OCTT cases for a central system, OCPP 1.6, in our own words; what we leave out says why."""

from typing import NamedTuple

CORE, LIST, FIRMWARE = "Core", "Local authorisation list", "Firmware and diagnostics"
RESERVATION, TRIGGER, SMART, SECURITY = "Reservation", "Remote trigger", "Smart charging", "Security"


class Case(NamedTuple):
    """``left_out``: why there is no test of ours for it."""

    group: str
    title: str
    left_out: str = ""


CASES: dict[str, Case] = {
    "001": Case(CORE, "a charger boots, reports its connectors and beats"),
    "003": Case(CORE, "a session: cable first, then the card"),
    "004_1": Case(CORE, "a session: card first, then the cable"),
    "004_2": Case(CORE, "card first, and nobody plugs in"),
    "005_1": Case(CORE, "the cable is pulled at the car, the session ends"),
    "007": Case(CORE, "a session with a card from the charger's cache"),
    "010": Case(CORE, "remote start, the cable was in"),
    "011_1": Case(CORE, "remote start, the cable follows"),
    "011_2": Case(CORE, "remote start, and nobody plugs in"),
    "012": Case(CORE, "remote stop"),
    "013": Case(CORE, "hard reset during a session"),
    "014": Case(CORE, "soft reset during a session"),
    "017_1": Case(CORE, "unlock, no session, loose cable"),
    "017_2": Case(CORE, "unlock, no session, fixed cable"),
    "018_1": Case(CORE, "unlock during a session"),
    "019_1": Case(CORE, "read the whole configuration"),
    "019_2": Case(CORE, "read one key"),
    "021": Case(CORE, "change a key"),
    "023_1": Case(CORE, "an unknown card"),
    "023_2": Case(CORE, "an expired card"),
    "023_3": Case(CORE, "a blocked card"),
    "024": Case(CORE, "the connector's lock fails"),
    "026": Case(CORE, "remote start refused"),
    "028": Case(CORE, "remote stop refused"),
    "030": Case(CORE, "unlocking fails"),
    "031": Case(CORE, "unlock a connector that does not exist"),
    "032_1": Case(CORE, "power fails during a session, which ends at the boot"),
    "037_1": Case(CORE, "a session begins offline with a valid card"),
    "037_3": Case(CORE, "a session begins offline with a card that is not valid"),
    "039": Case(CORE, "a whole session offline"),
    "040_1": Case(CORE, "change a key the charger does not know"),
    "040_2": Case(CORE, "change a key to a value the charger refuses"),
    "061": Case(CORE, "clear the charger's cache of cards"),
    "064": Case(CORE, "a vendor's own message from the charger"),
    "042_1": Case(LIST, "version of a list that is not supported"),
    "042_2": Case(LIST, "version of an empty list"),
    "043_1": Case(LIST, "a list for a charger without one"),
    "043_3": Case(LIST, "the charger fails to take a list"),
    "043_4": Case(LIST, "a full list"),
    "043_5": Case(LIST, "a differential list, after a version mismatch"),
    "044_1": Case(FIRMWARE, "new firmware is fetched and installed"),
    "044_2": Case(FIRMWARE, "new firmware cannot be fetched"),
    "044_3": Case(FIRMWARE, "new firmware cannot be installed"),
    "045_1": Case(FIRMWARE, "diagnostics are uploaded"),
    "045_2": Case(FIRMWARE, "diagnostics cannot be uploaded"),
    "046": Case(RESERVATION, "a connector is reserved and used"),
    "047": Case(RESERVATION, "a reservation expires"),
    "048_1": Case(RESERVATION, "reserving a faulted connector"),
    "048_2": Case(RESERVATION, "reserving an occupied connector"),
    "048_3": Case(RESERVATION, "reserving a connector out of service"),
    "048_4": Case(RESERVATION, "the charger takes no reservations"),
    "049": Case(RESERVATION, "the whole charger is reserved and used"),
    "051": Case(RESERVATION, "a reservation is cancelled"),
    "052": Case(RESERVATION, "cancelling a reservation that is not there"),
    "053": Case(RESERVATION, "another card of the group uses the reservation"),
    "054": Case(TRIGGER, "every message that can be asked for"),
    "055": Case(TRIGGER, "a refused wish for a message"),
    "056": Case(SMART, "a default profile for sessions"),
    "057": Case(SMART, "a profile for the running session"),
    "059": Case(SMART, "remote start with a profile"),
    "066": Case(SMART, "the schedule that results"),
    "067": Case(SMART, "profiles are cleared"),
    "073": Case(SECURITY, "a new password for the charger"),
    "074": Case(
        SECURITY,
        "a new certificate for the charger",
        "The portal is no certificate authority. A charger that asks for a certificate is answered Rejected.",
    ),
    "075_1": Case(SECURITY, "a root certificate of the maker is installed"),
    "075_2": Case(SECURITY, "a root certificate of the central system is installed"),
    "076": Case(SECURITY, "a certificate is deleted"),
    "077": Case(SECURITY, "the charger reports a bad certificate of its own"),
    "078": Case(SECURITY, "the charger reports a bad certificate of the central system"),
    "079": Case(SECURITY, "the security log is uploaded"),
    "080": Case(SECURITY, "signed firmware is installed"),
    "081": Case(SECURITY, "firmware with a bad signature is refused"),
    "083": Case(SECURITY, "the charger moves from security profile 1 to 2"),
    "085": Case(SECURITY, "sign-in with user name and password"),
    "086": Case(SECURITY, "TLS with the central system's certificate"),
    "087": Case(
        SECURITY,
        "TLS with a certificate of the charger",
        "Security profile 3 needs a certificate authority for chargers, which the portal is not.",
    ),
    "088": Case(SECURITY, "the subprotocol is agreed upon"),
}
