"""Bodies of how a site's load stands, and of what a meter tells of its building."""

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.api.strict import Amperes, StrictSerializer, choices_of
from chargers.balancing.site import Why
from chargers.site_load import LoadState


@extend_schema_field({"type": "number", "minimum": -10000, "maximum": 10000, "examples": [12.5]})
class MeasuredAmperes(Amperes):
    """Below zero: the building gives, which no charger is promised."""

    least = -10_000


class MeasurementSerializer(StrictSerializer):
    currents = serializers.ListField(
        child=MeasuredAmperes(),
        min_length=3,
        max_length=3,
        help_text="What the building takes beside its chargers on L1, L2, L3, in ampere.",
    )


class BaseLoadSerializer(StrictSerializer):
    currents = serializers.ListField(
        child=serializers.FloatField(), help_text="What is counted for the building on L1, L2, L3, in ampere."
    )
    measured_at = serializers.DateTimeField(allow_null=True, help_text="When it was measured last; null: never.")
    fresh = serializers.BooleanField(
        help_text="Whether the measurement is recent; else at least what is kept free is counted."
    )


class LineLoadSerializer(StrictSerializer):
    line = serializers.CharField(help_text="L1, L2 or L3.")
    chargers = serializers.FloatField(help_text="The most that chargers may take at this moment, in ampere.")
    building = serializers.FloatField()
    free = serializers.FloatField(
        allow_null=True, help_text="Below zero: more is set aside than the fuse gives; null: the fuse is not entered."
    )


class FuseLoadSerializer(StrictSerializer):
    circuit = serializers.IntegerField(allow_null=True, help_text="null: the main fuse, which comes first.")
    name = serializers.CharField(help_text="Empty for the main fuse.")
    parent = serializers.IntegerField(allow_null=True, help_text="The circuit it hangs on; null: the main fuse.")  # type: ignore[assignment]  # a declared field
    max_current = serializers.FloatField(allow_null=True)
    full = serializers.BooleanField()
    exceeded = serializers.BooleanField()
    explanation = serializers.CharField(help_text="What to do where more is set aside than the fuse gives; else empty.")
    lines = LineLoadSerializer(many=True)


class ConnectorLoadSerializer(StrictSerializer):
    device_id = serializers.CharField()
    connector = serializers.IntegerField()
    session = serializers.IntegerField(allow_null=True)
    may_take = serializers.FloatField(
        allow_null=True, help_text="What the charger accepted last, in ampere per phase; null: it was not told yet."
    )
    will_be = serializers.FloatField(allow_null=True, help_text="What it is told next, where that differs.")
    set_aside = serializers.FloatField(help_text="The most that it may take at this moment: what the fuses count.")
    draws = serializers.FloatField(allow_null=True, help_text="What it really draws, where it tells.")
    reason = serializers.ChoiceField(choices=choices_of(Why), allow_null=True)
    explanation = serializers.CharField()
    circuit = serializers.IntegerField(allow_null=True, help_text="The circuit whose fuse binds it.")
    waits_since = serializers.DateTimeField(allow_null=True)
    not_before = serializers.DateTimeField(allow_null=True, help_text="A pause lasts until then at least.")


class LoadSerializer(StrictSerializer):
    state = serializers.ChoiceField(choices=choices_of(LoadState))
    explanation = serializers.CharField()
    next_step = serializers.CharField(help_text="What to do about it; empty: nothing.")
    balanced_at = serializers.DateTimeField(allow_null=True, help_text="When the load was last looked at.")
    base_load = BaseLoadSerializer()
    fuses = FuseLoadSerializer(many=True)
    connectors = ConnectorLoadSerializer(
        many=True, help_text="Those that charge first, all of the site; empty while the load is not balanced."
    )
