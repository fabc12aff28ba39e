"""Serializers that refuse what they do not know: unknown and read-only members, and values of another JSON type."""

from collections.abc import Mapping
from decimal import Decimal
from enum import Enum
from typing import Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail

LARGEST_ID = 2**63 - 1


def choices_of(kind: type[Enum]) -> list[tuple[str, str]]:
    return [(member.value, member.name) for member in kind]


class StrictSerializer(serializers.Serializer[Any]):
    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, Mapping):
            raise serializers.ValidationError({"non_field_errors": [_error("type", _("This is an object."))]})
        faults: dict[str, list[ErrorDetail]] = {}
        for name in data:
            field = self.fields.get(str(name))
            if field is None:
                faults[name] = [_error("unknown_field", _("There is no such field here."))]
            elif field.read_only:
                faults[name] = [_error("read_only", _("This field is set by the portal and cannot be written."))]
        try:
            value = super().to_internal_value(data)
        except serializers.ValidationError as error:
            known: dict[str, Any] = dict(error.detail) if isinstance(error.detail, dict) else {}
            raise serializers.ValidationError({**known, **faults}) from None
        if faults:
            raise serializers.ValidationError(faults)
        return value


class WriteSerializer(StrictSerializer):
    """A write may carry a reason, which the audit keeps."""

    reason = serializers.CharField(required=False, allow_blank=True, max_length=500, write_only=True)

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, Mapping) and not isinstance(data.get("reason", ""), str):
            raise serializers.ValidationError({"reason": [_error("type", _("This is a text."))]})
        return super().to_internal_value(data)


class Text(serializers.CharField):
    """A JSON string; numbers and booleans are not taken for text."""

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            raise serializers.ValidationError(_("This is a text."), code="type")
        return super().to_internal_value(data)

    def run_validation(self, data: Any = serializers.empty) -> Any:
        if data is not serializers.empty and data is not None and not isinstance(data, str):
            raise serializers.ValidationError(_("This is a text."), code="type")
        return super().run_validation(data)


class Email(serializers.EmailField):
    def run_validation(self, data: Any = serializers.empty) -> Any:
        if data is not serializers.empty and data is not None and not isinstance(data, str):
            raise serializers.ValidationError(_("This is a text."), code="type")
        return super().run_validation(data)


class Choice(serializers.ChoiceField):
    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, str):
            raise serializers.ValidationError(_("This is a text."), code="type")
        return super().to_internal_value(data)


class Flag(serializers.BooleanField):
    """true or false, and nothing that looks like it."""

    def to_internal_value(self, data: Any) -> bool:
        if not isinstance(data, bool):
            raise serializers.ValidationError(_("This is true or false."), code="type")
        return data


class Whole(serializers.IntegerField):
    def to_internal_value(self, data: Any) -> int:
        if isinstance(data, bool) or not isinstance(data, int):
            raise serializers.ValidationError(_("This is a whole number."), code="type")
        return super().to_internal_value(data)


class Identifier(Whole):
    def __init__(self, **options: Any) -> None:
        super().__init__(min_value=1, max_value=LARGEST_ID, **options)


@extend_schema_field({"type": "number", "exclusiveMinimum": 0, "maximum": 10000, "examples": [63]})
class Amperes(serializers.Field[Decimal, Any, float, Any]):
    """A current in ampere per phase, to a tenth: a JSON number above 0 (or from ``least`` on), up to ``most``."""

    least: float | None = None
    most: float = 10_000

    def to_internal_value(self, data: Any) -> Decimal:
        if isinstance(data, bool) or not isinstance(data, int | float):
            raise serializers.ValidationError(_("This is a number."), code="type")
        if not (self.least or 0) <= data <= self.most:
            raise self._out_of_range()
        value = Decimal(str(data)).quantize(Decimal("0.1"))
        if self.least is None and not value:
            raise self._out_of_range()
        return value

    def _out_of_range(self) -> serializers.ValidationError:
        detail = str(_("A current lies above 0 A and at or below 10,000 A."))
        if self.least is not None:
            limits = {"least": f"{self.least:g}", "most": f"{self.most:g}"}
            detail = _("This current lies between %(least)s and %(most)s A.") % limits
        return serializers.ValidationError(detail, code="range")

    def to_representation(self, value: Decimal) -> float:
        return float(value)


@extend_schema_field({"type": "number", "minimum": 0, "maximum": 10000, "examples": [25]})
class SomeAmperes(Amperes):
    """None at all is a current too."""

    least = 0


@extend_schema_field({"type": "number", "minimum": 6, "maximum": 80, "examples": [32]})
class ChargingAmperes(Amperes):
    """What a car can be told (IEC 61851-1)."""

    least, most = 6, 80


def _error(code: str, detail: Any) -> ErrorDetail:
    return ErrorDetail(str(detail), code=code)
