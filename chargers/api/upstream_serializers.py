"""Bodies of alarms and of connections to backends."""

from rest_framework import serializers

from accounts.api.strict import StrictSerializer, choices_of
from chargers.alarms import AlarmCode
from chargers.upstream_state import Shown


class AlarmSerializer(StrictSerializer):
    code = serializers.ChoiceField(choices=choices_of(AlarmCode))
    since = serializers.DateTimeField(allow_null=True)
    detail = serializers.CharField()


class SiteAlarmSerializer(StrictSerializer):
    code = serializers.ChoiceField(choices=choices_of(AlarmCode))
    chargers = serializers.IntegerField(help_text="How many have it.")
    detail = serializers.CharField()


class UpstreamSerializer(StrictSerializer):
    url = serializers.CharField()
    state = serializers.ChoiceField(
        choices=choices_of(Shown),
        help_text="pending: the backend has not accepted the charger yet. refused: 401 or 403. waiting: tries again at"
        " retry_at. closed: while the charger is away. unserved: no gateway holds it just now.",
    )
    since = serializers.DateTimeField(allow_null=True, help_text="When this state began.")
    connected_since = serializers.DateTimeField(allow_null=True)
    fault = serializers.CharField(help_text="A fixed code, or empty.")
    fault_detail = serializers.CharField()
    http_status = serializers.IntegerField(allow_null=True)
    failures = serializers.IntegerField(help_text="Attempts in a row that failed.")
    retry_at = serializers.DateTimeField(allow_null=True)
    queued = serializers.IntegerField(help_text="Messages that wait for the backend; kept in order.")
    oldest_queued_at = serializers.DateTimeField(allow_null=True)


class LeftBehindSerializer(StrictSerializer):
    messages = serializers.IntegerField()
    at = serializers.DateTimeField()


class BackendsSerializer(StrictSerializer):
    """Chargers by the state of the connection that this portal holds to their backend."""

    connected = serializers.IntegerField()
    pending = serializers.IntegerField()
    connecting = serializers.IntegerField()
    refused = serializers.IntegerField()
    waiting = serializers.IntegerField()
    closed = serializers.IntegerField()
    unserved = serializers.IntegerField()
    queued = serializers.IntegerField(help_text="Messages of all chargers that wait.")
    oldest_queued_at = serializers.DateTimeField(allow_null=True)
