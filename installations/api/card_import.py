"""Many charge cards at once, as items or as the text of a CSV file."""

from collections.abc import Mapping, Sequence
from datetime import UTC
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.bulk import BulkQuery
from accounts.api.problems import fault_body, invalid
from accounts.permissions import Action
from accounts.refusals import Fault, Invalid
from installations.api.card_serializers import CardReportSerializer, ManyCardsSerializer
from installations.api.cards import CardScopedView
from installations.card_file import as_values, read_cards
from installations.card_input import CardLine, card_faults
from installations.cards import Owner
from installations.models import Installation
from installations.services.card_import import Effect, Outcome, import_cards


class CardImportView(CardScopedView):
    queries = {"POST": BulkQuery}

    @extend_schema(
        parameters=[BulkQuery],
        request=ManyCardsSerializer,
        responses=CardReportSerializer,
        tags=["charge cards"],
        operation_id="import_id_tags",
    )
    def post(self, request: Request) -> Response:
        """Add or change up to 5,000 cards of one owner; one result per line, in order. None is deleted."""
        self.need(Action.EDIT_CARDS)
        return self.once(self._import)

    def _import(self) -> Response:
        body = self.read(ManyCardsSerializer)
        owner = self.owner(body)
        partial = self.query["mode"] == "partial"
        report = import_cards(
            owner=owner,
            lines=_lines(owner, body),
            actor=self.actor,
            partial=partial,
            reason=body.get("reason", ""),
        )
        faults = [_told(fault, one, body) for one in report.outcomes for fault in one.faults]
        if faults and not partial:
            raise invalid(faults)
        return Response(
            {
                "added": report.count(Effect.ADD),
                "changed": report.count(Effect.CHANGE),
                "unchanged": report.count(Effect.NOTHING),
                "refused": report.count(Effect.REFUSED),
                "results": [_show(index, one, body) for index, one in enumerate(report.outcomes)],
            }
        )


def _lines(owner: Owner, body: Mapping[str, Any]) -> Sequence[CardLine]:
    if ("items" in body) == ("csv" in body):
        raise Invalid("one_of", _("Send either items or csv."), pointer="/items")
    if "csv" in body:
        zone = ZoneInfo(owner.time_zone) if isinstance(owner, Installation) else UTC
        try:
            return read_cards(body["csv"], zone=zone)
        except Invalid as refusal:
            raise Invalid(refusal.code, refusal.detail, pointer="/csv") from None
    items = [as_values(item) for item in body["items"]]
    return [CardLine(n + 1, item, tuple(card_faults(item, index=n))) for n, item in enumerate(items)]


def _show(index: int, outcome: Outcome, body: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "index": index,
        "row": outcome.line.number,
        "id_tag": outcome.line.values.get("id_tag", ""),
        "effect": outcome.effect.value,
        "id": outcome.card.pk if outcome.card else None,
        "changed": list(outcome.changed),
        "errors": [fault_body(_told(fault, outcome, body)) for fault in outcome.faults],
    }


def _told(fault: Fault, outcome: Outcome, body: Mapping[str, Any]) -> Fault:
    """In a CSV text the row is what a person finds; ``index`` leaves empty rows out."""
    if "csv" not in body:
        return fault
    detail = format_lazy(_("Row {row}: {detail}"), row=outcome.line.number, detail=fault.detail)
    return Fault(fault.code, detail, fault.pointer, fault.index)
