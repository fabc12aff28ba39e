"""The forms of the commands, made from their rules: one row per command, one field per parameter."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from accounts.refusals import Text
from chargers.command_words import WORDS
from chargers.commands import COMMANDS, Command, Moment, OneOf, Parameter, Whole
from chargers.models import Charger, Transaction
from chargers.request_states import RequestKind

LABELS: Mapping[str, Text] = {
    "id_tag": _("Card"),
    "connector_id": _("Connector"),
    "transaction_id": _("Session number"),
    "type": _("How"),
    "message": _("Message"),
    "location": _("URL"),
    "retrieve_at": _("From when (empty: now)"),
    "retries": _("Attempts"),
    "retry_interval": _("Seconds between attempts"),
    "start_at": _("From when (empty: all there is)"),
    "stop_at": _("Until when (empty: now)"),
    "expires_at": _("Until"),
    "reservation_id": _("Reservation number"),
    "vendor_id": _("Maker"),
    "message_id": _("Message"),
    "data": _("Data"),
    "key": _("Key"),
    "value": _("Value"),
}
# The portal chooses the number of a reservation, and reads the whole configuration.
LEFT_OUT = {(RequestKind.RESERVE_NOW, "reservation_id"), (RequestKind.GET_CONFIGURATION, "keys")}


@dataclass(frozen=True)
class FieldRow:
    """``kind``: text, number, choice or datetime-local."""

    name: str
    label: Text
    kind: str
    required: bool
    value: str = ""
    choices: tuple[str, ...] = ()
    least: int = 0


@dataclass(frozen=True)
class CommandForm:
    kind: str
    title: Text
    what: Text
    fields: tuple[FieldRow, ...]
    asks_first: bool
    opened: bool


def command_rows(charger: Charger, opened: str, typed: Mapping[str, Any]) -> list[CommandForm]:
    """``opened``: the one whose form is shown again with what was ``typed``."""
    running = Transaction.objects.filter(charger=charger, stop_received_at__isnull=True, orphan=False)
    session = running.order_by("-id").values_list("pk", flat=True).first()
    return [
        CommandForm(
            kind=command.kind,
            title=WORDS[command.kind].title,
            what=WORDS[command.kind].what,
            fields=_fields(command, typed if command.kind == opened else {"transaction_id": session or ""}),
            asks_first=command.asks_first,
            opened=command.kind == opened,
        )
        for command in COMMANDS.values()
    ]


def _fields(command: Command, values: Mapping[str, Any]) -> tuple[FieldRow, ...]:
    if command.kind is RequestKind.CHANGE_CONFIGURATION:
        return (
            FieldRow("key", LABELS["key"], "text", True, str(values.get("key", ""))),
            FieldRow("value", LABELS["value"], "text", False, str(values.get("value", ""))),
        )
    shown = [one for one in command.parameters if (command.kind, one.name) not in LEFT_OUT]
    return tuple(_field(one, str(values.get(one.name, ""))) for one in shown)


def _field(parameter: Parameter, value: str) -> FieldRow:
    row = FieldRow(parameter.name, LABELS[parameter.name], "text", parameter.required, value)
    match parameter.rule:
        case Whole(least=least):
            return FieldRow(row.name, row.label, "number", row.required, value, least=least)
        case OneOf(values=values):
            return FieldRow(row.name, row.label, "choice", row.required, value, choices=values)
        case Moment():
            return FieldRow(row.name, row.label, "datetime-local", row.required, value)
    return row
