"""Frames as an enemy, a broken charger or bad luck would send them: seeded, so that a failure can be had again."""

import json
import random
from typing import Any

from gateway.ocpp16.vocabulary import ACTIONS, ChargerAction, ConnectorStatus

# Written into the JSON text as they stand, where json.dumps would not.
BARE = {"@huge@": "1e999999", "@tiny@": "0.1e-99999", "@nan@": "NaN", "@inf@": "-Infinity", "@lone@": '"\\ud800"'}
TEXTS = (
    "", "x", "x" * 300, "x" * 5000, "\x00", "a\x00b", "\\u0000", "\u202e\u200b", "🔌" * 40, "'; DROP TABLE x; --", "%s",
    "{0}", "../../etc/passwd", "2026-01-01T10:00:00Z", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00",
    "1970-01-01", "24:00", "-1", "1e309", "null", "<script>", "é" * 255,
)  # fmt: skip
NUMBERS = (-1, 0, 1, 2, 64, 65, 255, 2**31 - 1, 2**31, -(2**31) - 1, 2**63 - 1, 2**63, -(2**63) - 1, 10**30, 1634030126)
OTHERS: tuple[Any, ...] = (None, True, False, 0.5, -0.0, 1e308, 5e-324, [], {}, [[]], {"a": None}, *BARE)
GARBAGE = ("", "{", "[]", "null", "[" * 20_000, "[2", '[2,"a"', "9" * 9000, '"' + "\\" * 999, "\ufeff[2,1]", "[2," * 99)
MEMBERS = {
    "Authorize": ("idTag",),
    "BootNotification": ("chargePointVendor", "chargePointModel", "chargePointSerialNumber", "firmwareVersion"),
    "DataTransfer": ("vendorId", "messageId", "data"),
    "DiagnosticsStatusNotification": ("status",),
    "FirmwareStatusNotification": ("status",),
    "Heartbeat": (),
    "MeterValues": ("connectorId", "transactionId", "meterValue"),
    "StartTransaction": ("connectorId", "idTag", "meterStart", "timestamp", "reservationId"),
    "StatusNotification": ("connectorId", "status", "errorCode", "info", "timestamp", "vendorErrorCode"),
    "StopTransaction": ("transactionId", "meterStop", "timestamp", "idTag", "reason", "transactionData"),
    "SignCertificate": ("csr",),
    "SecurityEventNotification": ("type", "timestamp", "techInfo"),
    "LogStatusNotification": ("status", "requestId"),
    "SignedFirmwareStatusNotification": ("status", "requestId"),
}
HUMANE: dict[str, Any] = {
    "connectorId": 1, "transactionId": 1, "idTag": "TAG", "meterStart": 1, "meterStop": 2, "status": "Available",
    "errorCode": "NoError", "timestamp": "2026-01-01T10:00:00Z", "chargePointVendor": "V", "chargePointModel": "M",
    "type": "Event", "vendorId": "V", "csr": "PEM",
}  # fmt: skip


class Hostile:
    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self._number = 0

    def frame(self) -> str:
        """Mostly a call that could be one; sometimes an answer nobody waits for, or no frame at all."""
        self._number += 1
        kind = self.rng.random()
        if kind < 0.06:
            return self._garbage()
        number: Any = self.rng.choice((f"h{self._number}", f"h{self._number}", self._number, self.value()))
        if kind < 0.12:
            return self._text([self.rng.choice((3, 4)), number, self.value(), "", {}][: self.rng.randint(1, 5)])
        action = self.rng.choice((*ChargerAction, *ChargerAction, *sorted(ACTIONS), "Nonsense"))
        return self._text([2, number, action, self.payload(str(action))])

    def payload(self, action: str) -> Any:
        if self.rng.random() < 0.05:
            return self.value()
        names = [*MEMBERS.get(action, ()), *(("extra",) if self.rng.random() < 0.2 else ())]
        body: dict[str, Any] = {}
        for name in names:
            luck = self.rng.random()
            if luck < 0.1:
                continue
            if name in ("meterValue", "transactionData"):
                body[name] = [self._meter_value() for _place in range(self.rng.randint(0, 3))]
            elif luck < 0.65 and name in HUMANE:
                body[name] = HUMANE[name]
            elif luck < 0.7 and name == "status":
                body[name] = self.rng.choice(list(ConnectorStatus)).value
            else:
                body[name] = self.value()
        return body

    def value(self, depth: int = 0) -> Any:
        kind = self.rng.random()
        if kind < 0.4:
            return self.rng.choice(TEXTS)
        if kind < 0.7:
            return self.rng.choice(NUMBERS)
        if kind < 0.9 or depth > 4:
            return self.rng.choice(OTHERS)
        if kind < 0.95:
            return [self.value(depth + 1) for _place in range(self.rng.randint(0, 4))]
        return {self.rng.choice(TEXTS)[:20]: self.value(depth + 1) for _place in range(self.rng.randint(0, 3))}

    def _meter_value(self) -> Any:
        if self.rng.random() < 0.1:
            return self.value()
        sample = {"value": self.value(), "unit": self.value(), "phase": "L1", "measurand": self.value()}
        stamp = HUMANE["timestamp"] if self.rng.random() < 0.5 else self.value()
        return {"timestamp": stamp, "sampledValue": [sample, {"value": "1.5"}][: self.rng.randint(0, 2)]}

    def _garbage(self) -> str:
        one = self.rng.choice(
            (
                "",
                "{",
                "[]",
                "null",
                "[" * 20_000,
                "[2",
                '[2,"a"',
                "9" * 9000,
                '"' + "\\" * 999,
                "\ufeff[2,1]",
                "[2," * 99,
            )
        )
        return str(one)

    def _text(self, frame: list[Any]) -> str:
        text = json.dumps(frame, ensure_ascii=self.rng.random() < 0.5)
        for name, bare in BARE.items():
            text = text.replace(f'"{name}"', bare)
        return text
