"""Bodies of rollouts and deliveries."""

from rest_framework import serializers

from accounts.api.paging import ListQuery
from accounts.api.strict import StrictSerializer, Text, WriteSerializer, choices_of
from chargers.api.policy_serializers import PolicySerializer
from chargers.rollout.states import DeliveryState, PauseCause, RolloutState
from installations.models import Mode

DELIVERY_STATES = choices_of(DeliveryState)
ROLLOUT_STATES = choices_of(RolloutState)


class ReasonCountSerializer(StrictSerializer):
    state = serializers.ChoiceField(choices=DELIVERY_STATES)
    reason = serializers.CharField()
    count = serializers.IntegerField()


class RolloutSerializer(StrictSerializer):
    id = serializers.IntegerField()
    installation = serializers.IntegerField()
    revision = serializers.IntegerField()
    mode = serializers.ChoiceField(choices=Mode.choices)
    state = serializers.ChoiceField(choices=ROLLOUT_STATES)
    policy = PolicySerializer()
    wave = serializers.IntegerField(help_text="Waves that have landed.")
    released_at = serializers.DateTimeField(
        allow_null=True, help_text="When a rollout that starts together was let go; null: not yet, or it need not be."
    )
    paused_at = serializers.DateTimeField(allow_null=True)
    pause_cause = serializers.ChoiceField(choices=[*choices_of(PauseCause), ("", "")])
    explanation = serializers.CharField(help_text="Why it is paused and what to do, in your language; or empty.")
    created_by = serializers.CharField()
    created_at = serializers.DateTimeField()
    opened_at = serializers.DateTimeField(allow_null=True)
    finished_at = serializers.DateTimeField(allow_null=True)
    total = serializers.IntegerField()
    by_state = serializers.DictField(child=serializers.IntegerField())
    by_reason = ReasonCountSerializer(many=True)


class RolloutQuery(ListQuery):
    installation = serializers.IntegerField(required=False, min_value=1, max_value=2**63 - 1)
    state = serializers.ChoiceField(choices=ROLLOUT_STATES, required=False, default="")


class EventSerializer(StrictSerializer):
    at = serializers.DateTimeField()
    from_state = serializers.CharField()
    to_state = serializers.ChoiceField(choices=DELIVERY_STATES)
    reason = serializers.CharField()
    explanation = serializers.CharField()
    detail = serializers.DictField()


class DeliverySerializer(StrictSerializer):
    id = serializers.IntegerField()
    device_id = serializers.CharField()
    name = serializers.CharField()
    state = serializers.ChoiceField(choices=DELIVERY_STATES)
    reason = serializers.CharField()
    explanation = serializers.CharField(help_text="What happened or is awaited, in your language.")
    attempts = serializers.IntegerField()
    due_at = serializers.DateTimeField(allow_null=True)
    created_at = serializers.DateTimeField()
    finished_at = serializers.DateTimeField(allow_null=True)
    timeline = EventSerializer(many=True)


class OneDeliverySerializer(DeliverySerializer):
    outlook = serializers.ListField(
        child=serializers.CharField(), help_text="What the engine sees and would do next, in your language."
    )


class DeliveryQuery(ListQuery):
    state = serializers.ChoiceField(choices=DELIVERY_STATES, required=False, default="")
    reason = serializers.CharField(required=False, default="", max_length=40)
    search = serializers.CharField(required=False, default="", max_length=100)


class RetrySerializer(WriteSerializer):
    chargers = serializers.ListField(
        child=Text(max_length=48), required=False, min_length=1, max_length=1000,
        help_text="Device ids; absent: every delivery that can be tried again.",
    )  # fmt: skip


class SteerSerializer(WriteSerializer):
    pass


class AffectedSerializer(StrictSerializer):
    deliveries = serializers.IntegerField(help_text="How many deliveries it concerned.")
