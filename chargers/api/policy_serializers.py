"""The policy of a rollout as it is written and shown."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from accounts.api.strict import Choice, StrictSerializer, Text, choices_of
from chargers.rollout.policy import FASTEST_PER_MINUTE, MOST_WAVES, MOST_WINDOWS, Start
from chargers.rollout.window import DAYS


class Pace(serializers.IntegerField):
    def to_internal_value(self, data: Any) -> int:
        if isinstance(data, bool) or not isinstance(data, int):
            raise serializers.ValidationError(_("This is a whole number."), code="type")
        return super().to_internal_value(data)


class WindowSerializer(StrictSerializer):
    days = serializers.ListField(child=Choice(choices=[(day, day) for day in DAYS]), min_length=1, max_length=7)
    # ``from`` is a word of Python's.
    vars()["from"] = Text(max_length=5, help_text="HH:MM in the installation's time zone.")
    to = Text(max_length=5, help_text="HH:MM; not later than `from`: on the day after.")


class PolicySerializer(StrictSerializer):
    """What is absent has the default for the mode and the number of chargers; a rollout shows what was agreed."""

    start = Choice(choices=choices_of(Start), required=False)
    waves = serializers.ListField(
        child=Text(max_length=7), required=False, max_length=MOST_WAVES, allow_null=True,
        help_text="How many chargers in all each wave reaches: `1`, then `10%`; the rest follows the last. `[]`: none.",
    )  # fmt: skip
    windows = serializers.ListField(
        child=WindowSerializer(), required=False, max_length=MOST_WINDOWS, allow_null=True,
        help_text="Nothing is sent outside these; none: always.",
    )  # fmt: skip
    per_minute = Pace(
        required=False, allow_null=True, min_value=1, max_value=FASTEST_PER_MINUTE,
        help_text="Chargers written to per minute at most; null: as fast as it goes.",
    )  # fmt: skip
