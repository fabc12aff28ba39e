"""The configuration keys of a simulated charge point (1.6, chapter 9): names compare without case, values are text."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

MAX_KEYS_PER_CALL = 20
PROFILES = "Core,FirmwareManagement,LocalAuthListManagement,Reservation,SmartCharging,RemoteTrigger"


class Change(StrEnum):
    ACCEPTED = "Accepted"
    REJECTED = "Rejected"
    REBOOT_REQUIRED = "RebootRequired"
    NOT_SUPPORTED = "NotSupported"


def anything(value: str) -> bool:
    return len(value) <= 500


def number(value: str) -> bool:
    return re.fullmatch(r"[0-9]{1,9}", value) is not None


def boolean(value: str) -> bool:
    return value.lower() in {"true", "false"}


@dataclass(frozen=True, slots=True)
class Key:
    """``secret``: can be written but is never shown. ``reboot``: a change counts from the next start on."""

    name: str
    value: str = ""
    check: Callable[[str], bool] = anything
    readonly: bool = False
    secret: bool = False
    reboot: bool = False


def standard_keys(connectors: int, meter_seconds: float) -> list[Key]:
    phases = ",".join(f"{number}.RST" for number in range(connectors + 1))
    return [
        Key("AllowOfflineTxForUnknownId", "true", boolean),
        Key("AuthorizeRemoteTxRequests", "false", boolean),
        Key("ClockAlignedDataInterval", "0", number),
        Key("ConnectionTimeOut", "60", number),
        Key("ConnectorPhaseRotation", phases),
        Key("GetConfigurationMaxKeys", str(MAX_KEYS_PER_CALL), readonly=True),
        Key("HeartbeatInterval", "300", number),
        Key("LocalAuthorizeOffline", "true", boolean),
        Key("LocalPreAuthorize", "false", boolean),
        Key("MeterValuesAlignedData", ""),
        Key("MeterValuesSampledData", "Energy.Active.Import.Register"),
        Key("MeterValueSampleInterval", str(max(1, round(meter_seconds))), number),
        Key("NumberOfConnectors", str(connectors), readonly=True),
        Key("ReserveConnectorZeroSupported", "true", readonly=True),
        Key("ResetRetries", "1", number),
        Key("StopTransactionOnEVSideDisconnect", "true", boolean),
        Key("StopTransactionOnInvalidId", "true", boolean),
        Key("StopTxnAlignedData", ""),
        Key("StopTxnSampledData", ""),
        Key("SupportedFeatureProfiles", PROFILES, readonly=True),
        Key("TransactionMessageAttempts", "20", number),
        Key("TransactionMessageRetryInterval", "5", number),
        Key("UnlockConnectorOnEVSideDisconnect", "true", boolean),
        Key("WebSocketPingInterval", "60", number),
        Key("LocalAuthListEnabled", "false", boolean),
        Key("LocalAuthListMaxLength", "100", readonly=True),
        Key("SendLocalListMaxLength", "100", readonly=True),
        Key("ChargeProfileMaxStackLevel", "8", readonly=True),
        Key("ChargingScheduleAllowedChargingRateUnit", "Current", readonly=True),
        Key("ChargingScheduleMaxPeriods", "24", readonly=True),
        Key("MaxChargingProfilesInstalled", "8", readonly=True),
    ]


class Configuration:
    """Values that differ from the factory's are ``changed``; they survive a power cut."""

    __slots__ = ("_keys", "_values")

    def __init__(self, keys: Iterable[Key], changed: Mapping[str, str] | None = None) -> None:
        self._keys = {key.name.lower(): key for key in keys}
        self._values: dict[str, str] = {}
        self.replace(changed or {})

    def __contains__(self, name: str) -> bool:
        return name.lower() in self._keys

    def __getitem__(self, name: str) -> str:
        """Raises KeyError for a key this charger does not have."""
        key = self._keys[name.lower()]
        return self._values.get(key.name, key.value)

    def keys(self) -> Iterable[Key]:
        return self._keys.values()

    def integer(self, name: str) -> int:
        return int(self[name])

    def flag(self, name: str) -> bool:
        return self[name].lower() == "true"

    def set(self, name: str, value: str) -> None:
        """Past every check, as the charger itself does."""
        self._values[self._keys[name.lower()].name] = value

    def change(self, name: str, value: str) -> Change:
        key = self._keys.get(name.lower())
        if key is None:
            return Change.NOT_SUPPORTED
        if key.readonly or not key.check(value):
            return Change.REJECTED
        self._values[key.name] = value
        return Change.REBOOT_REQUIRED if key.reboot else Change.ACCEPTED

    def report(self, names: Iterable[str] | None) -> dict[str, Any]:
        """GetConfiguration.conf; no names, or none at all, means every key."""
        asked = list(names or ())
        known = [self._keys[name.lower()] for name in asked if name in self] if asked else list(self._keys.values())
        entries: list[dict[str, Any]] = []
        for key in known:
            entry: dict[str, Any] = {"key": key.name, "readonly": key.readonly}
            if not key.secret:
                entry["value"] = self[key.name]
            entries.append(entry)
        answer: dict[str, Any] = {"configurationKey": entries}
        if unknown := [name for name in asked if name not in self]:
            answer["unknownKey"] = unknown
        return answer

    def changed(self) -> dict[str, str]:
        return dict(self._values)

    def replace(self, changed: Mapping[str, str]) -> None:
        self._values = {self._keys[name.lower()].name: value for name, value in changed.items() if name in self}
