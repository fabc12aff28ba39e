"""What a vendor profile says. Pure values; docs/vendor-profiles.md explains every field."""

import re
from dataclasses import dataclass, field
from enum import StrEnum

from chargers.charging.profile import Unit
from chargers.links.base import Encoding, Reopen


class UrlForm(StrEnum):
    """How a charger takes the backend's URL.

    FULL: the URL that is dialled. ENDPOINT: the URL without the identity, which the charger appends (J 3.1.1).
    HOST_PATH: ``host:port`` in one key and the path in another. PACKED: one key whose value is ``template`` with
    ``{URL}``. TWO_SLOTS: two profile keys and a priority key; the idle slot is written, then the order swapped.
    """

    FULL = "full"
    ENDPOINT = "endpoint"
    HOST_PATH = "host_path"
    PACKED = "packed"
    TWO_SLOTS = "two_slots"


# How a person can enter a URL.
HAND_FORMS = (UrlForm.FULL, UrlForm.ENDPOINT, UrlForm.HOST_PATH)


class Grade(StrEnum):
    """A: maker's document or firmware source. B: captured configuration or working integration. C: one hint."""

    A = "A"
    B = "B"
    C = "C"


@dataclass(frozen=True)
class UrlKeys:
    form: UrlForm
    key: str
    alternatives: tuple[str, ...] = ()
    path_key: str = ""
    template: str = ""
    second_key: str = ""
    priority_key: str = ""
    identity_key: str = ""


@dataclass(frozen=True)
class AuthKeys:
    """Where the backend password goes. ``proof_key`` is a read-only key with the first 16 hex digits of its SHA-256."""

    key: str
    encoding: Encoding
    proof_key: str = ""


@dataclass(frozen=True)
class FreeVendKeys:
    key: str
    on: str = "true"
    off: str = "false"
    tag_key: str = ""


@dataclass(frozen=True)
class Setup:
    """How an installer enters our gateway at such a charger. ``where``: in the maker's app or menu (English; shown with
    a translation). ``form``: FULL, ENDPOINT or HOST_PATH; None: as the URL key takes it. The fields are named as the
    maker names them. Empty: nothing is known of it.
    """

    where: str = ""
    source: str = ""
    grade: Grade = Grade.C
    form: UrlForm | None = None
    url_field: str = ""
    path_field: str = ""
    identity_field: str = ""
    password_field: str = ""


@dataclass(frozen=True)
class Example:
    """A charger of this make, as its BootNotification tells it: what the simulator pretends to be."""

    vendor: str
    model: str
    firmware: str = ""


@dataclass(frozen=True)
class Match:
    """Regular expressions on the BootNotification, matched from the start and without case; empty matches all."""

    vendor: str = ""
    model: str = ""
    firmware: str = ""

    def weight(self, vendor: str, model: str, firmware: str) -> int:
        """How specifically this fits: -1 not at all, else higher is more specific."""
        total = 0
        for pattern, text, worth in ((self.vendor, vendor, 4), (self.model, model, 2), (self.firmware, firmware, 1)):
            if pattern:
                if not re.match(pattern, text, re.IGNORECASE):
                    return -1
                total += worth
        return total


# Keys of the standard that change how a charger meters, authorises and reports, and not whom it talks to.
BACKEND_KEYS = (
    "AllowOfflineTxForUnknownId", "AuthorizationCacheEnabled", "AuthorizeRemoteTxRequests", "BlinkRepeat",
    "ClockAlignedDataInterval", "ConnectionTimeOut", "LightIntensity", "LocalAuthListEnabled", "LocalAuthorizeOffline",
    "LocalPreAuthorize", "MaxEnergyOnInvalidId", "MeterValueSampleInterval", "MeterValuesAlignedData",
    "MeterValuesSampledData", "MinimumStatusDuration", "ResetRetries", "StopTransactionOnEVSideDisconnect",
    "StopTransactionOnInvalidId", "StopTxnAlignedData", "StopTxnSampledData", "TransactionMessageAttempts",
    "TransactionMessageRetryInterval", "UnlockConnectorOnEVSideDisconnect",
)  # fmt: skip


@dataclass(frozen=True)
class Profile:
    """``manual`` tells the installer what to do at the charger where OCPP cannot (English; shown with a translation).

    ``backend_keys``: configuration keys that a backend may change through the bridge, in OCPP cloud.
    ``leave_seconds``: how long a charger that was sent away must stay away before it counts as handed over.
    ``rate_unit``: the unit in which it takes charging limits.
    """

    name: str
    title: str
    source: str
    grade: Grade
    match: tuple[Match, ...]
    example: Example
    url: UrlKeys | None = None
    auth: AuthKeys | None = None
    free_vend: FreeVendKeys | None = None
    reboot: bool = True
    keeps_portal_link: bool = False
    fence: bool = True
    reopen: Reopen = Reopen.BEFORE_RESET
    leave_seconds: int = 60
    rate_unit: Unit = Unit.A
    manual: str = ""
    setup: Setup = Setup()
    unsupported: tuple[str, ...] = field(default=())
    backend_keys: tuple[str, ...] = BACKEND_KEYS

    @property
    def hand_form(self) -> UrlForm | None:
        """In which form a person enters a URL at such a charger: FULL, ENDPOINT, HOST_PATH; None: nobody knows."""
        taken = self.setup.form or (self.url.form if self.url else None)
        return taken if taken in HAND_FORMS else None
