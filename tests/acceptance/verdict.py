"""What the simulated chargers say about our conduct: read from their own record, never from ours."""

from collections import defaultdict
from typing import Any

DISTURBING = {"ChangeConfiguration", "Reset"}
POSITIVE = {"Accepted", "RebootRequired"}


def disturbances(judge: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Configuration calls and resets that met an open transaction. There must be none."""
    return [line for line in judge if line["action"] in DISTURBING and line["transaction_open"]]


def open_fences(judge: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Fences that met an open transaction and were not answered Scheduled, or were never undone."""
    faults = []
    for position, line in enumerate(judge):
        if line["action"] != "ChangeAvailability" or not line["transaction_open"]:
            continue
        if line["payload"]["type"] != "Inoperative":
            continue
        undone = any(
            later["device_id"] == line["device_id"]
            and later["action"] == "ChangeAvailability"
            and later["payload"]["type"] == "Operative"
            and later["payload"]["connectorId"] in {0, line["payload"]["connectorId"]}
            for later in judge[position + 1 :]
        )
        if line["answer"] != "Scheduled" or not undone:
            faults.append(line)
    return faults


def repeats(judge: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Writes of the very value a charger had already accepted, and resets repeated for one and the same change.

    Secrets are masked in the record: an AuthorizationKey counts as repeated when no other key was accepted between.
    """
    accepted: dict[tuple[str, str], Any] = {}
    resets: dict[str, bool] = defaultdict(bool)
    found = []
    for line in judge:
        device, action, payload = line["device_id"], line["action"], line["payload"]
        if action == "ChangeConfiguration":
            place = (device, payload["key"])
            if payload["value"] != "***" and accepted.get(place) == payload["value"]:
                found.append(line)
            if line["answer"] in POSITIVE:
                accepted[place] = payload["value"]
                resets[device] = False
        elif action == "Reset":
            if resets[device]:
                found.append(line)
            resets[device] = line["answer"] == "Accepted"
    return found
