"""Bodies of webhooks and what they sent."""

from rest_framework import serializers

from accounts.api.paging import ListQuery
from accounts.api.strict import LARGEST_ID, Flag, Identifier, StrictSerializer, Text, WriteSerializer, choices_of
from installations.webhook_models import DeliveryState, OffCause
from installations.webhooks.faults import Fault
from installations.webhooks.kinds import TEST, EventKind

SITE = "An installation whose webhooks you may change, or else `organisation`."
FIRM = "An organisation whose admin you are: the webhook hears of every installation that it owns."
TYPES = [*choices_of(EventKind), (TEST, "TEST")]
FAULTS = [("", "none"), *choices_of(Fault)]
CAUSES = [("", "none"), *((cause.value, cause.name) for cause in OffCause)]


class WebhookSerializer(StrictSerializer):
    id = serializers.IntegerField()
    url = serializers.CharField()
    description = serializers.CharField()
    events = serializers.ListField(child=serializers.ChoiceField(choices=choices_of(EventKind)))
    enabled = serializers.BooleanField()
    off_cause = serializers.ChoiceField(
        choices=CAUSES,
        help_text="Why the portal switched it off: `gone` (410), `failing` (five days); empty: it did not.",
    )
    off_at = serializers.DateTimeField(allow_null=True)
    failing_since = serializers.DateTimeField(allow_null=True, help_text="No event has arrived since; null: all well.")
    previous_secret_until = serializers.DateTimeField(
        allow_null=True, help_text="Until then events are signed with the secret before this one as well."
    )
    installation = serializers.IntegerField(allow_null=True)
    organisation = serializers.IntegerField(allow_null=True)
    created_at = serializers.DateTimeField()


class NewlyMadeWebhookSerializer(WebhookSerializer):
    secret = serializers.CharField(help_text="`whsec_…`, shown this once.")


class WebhookSecretSerializer(StrictSerializer):
    secret = serializers.CharField(help_text="`whsec_…`, shown this once.")
    previous_secret_until = serializers.DateTimeField()


class WebhookChangeSerializer(WriteSerializer):
    url = Text(max_length=2000, help_text="https://…")
    description = Text(max_length=100, required=False, allow_blank=True)
    events = serializers.ListField(child=Text(max_length=40), min_length=1, max_length=50)
    enabled = Flag(required=False)


class NewWebhookSerializer(WebhookChangeSerializer):
    installation = Identifier(required=False, help_text=SITE)
    organisation = Identifier(required=False, help_text=FIRM)


class WebhookQuery(ListQuery):
    installation = serializers.IntegerField(required=False, min_value=1, max_value=LARGEST_ID)
    organisation = serializers.IntegerField(required=False, min_value=1, max_value=LARGEST_ID)


class AttemptSerializer(StrictSerializer):
    at = serializers.DateTimeField()
    status = serializers.IntegerField(allow_null=True, help_text="HTTP; null: there was no answer.")
    fault = serializers.ChoiceField(choices=FAULTS)
    milliseconds = serializers.IntegerField()


class WebhookDeliverySerializer(StrictSerializer):
    id = serializers.IntegerField()
    event_id = serializers.CharField(help_text="The `webhook-id` of every attempt.")
    type = serializers.ChoiceField(choices=TYPES)
    occurred_at = serializers.DateTimeField()
    state = serializers.ChoiceField(choices=DeliveryState.choices)
    attempts = serializers.IntegerField(help_text="Since it was last asked for.")
    attempted_at = serializers.DateTimeField(allow_null=True)
    next_attempt_at = serializers.DateTimeField(allow_null=True)
    status = serializers.IntegerField(allow_null=True, help_text="Of the last attempt; null: no answer, or none yet.")
    fault = serializers.ChoiceField(choices=FAULTS)
    detail = serializers.CharField(help_text="The fault in words.")


class WholeWebhookDeliverySerializer(WebhookDeliverySerializer):
    payload = serializers.JSONField(help_text="The body, as it is sent.")
    log = AttemptSerializer(many=True)


class WebhookDeliveryQuery(ListQuery):
    state = serializers.ChoiceField(choices=DeliveryState.choices, required=False, default="")
    type = serializers.ChoiceField(choices=TYPES, required=False, default="")


class ReasonSerializer(WriteSerializer):
    pass
