"""The second opinion: the JSON schemas of OCPP 1.6 that the PyPI package ``ocpp`` ships."""

import json
from functools import cache
from importlib.resources import files
from typing import Any

import jsonschema_rs


@cache
def _validator(name: str) -> Any:
    schema = json.loads((files("ocpp") / "v16" / "schemas" / f"{name}.json").read_text(encoding="utf-8-sig"))
    return jsonschema_rs.validator_for(schema, validate_formats=True)


def faults(name: str, payload: Any) -> list[str]:
    """What the schema has against a payload; ``name`` like ``BootNotification`` or ``BootNotificationResponse``."""
    return [error.message for error in _validator(name).iter_errors(payload)]
