"""Bodies of charging sessions and their meter values."""

from rest_framework import serializers

from accounts.api.paging import ListQuery
from accounts.api.strict import LARGEST_ID, StrictSerializer, choices_of
from chargers.sessions.selectors import SessionState


class SessionSerializer(StrictSerializer):
    id = serializers.IntegerField(help_text="OCPP's transactionId, except for orphans.")
    installation = serializers.IntegerField(help_text="Where the charger stood then.")
    charger = serializers.CharField()
    connector = serializers.IntegerField(help_text="0: not known.")
    state = serializers.ChoiceField(choices=choices_of(SessionState))
    id_tag = serializers.CharField(help_text="As the charger read it.")
    id_tag_status = serializers.CharField(help_text="What the charger was answered; empty for orphans.")
    holder = serializers.CharField(help_text="Of the card on a list that counts at the installation; empty: none.")
    began_at = serializers.DateTimeField(
        help_text="The charger's time of the start (of an orphan: of the end) where it can be true, else ours."
    )
    ended_at = serializers.DateTimeField(allow_null=True)
    started_at = serializers.DateTimeField(allow_null=True, help_text="By the charger's clock.")
    start_received_at = serializers.DateTimeField(allow_null=True)
    stopped_at = serializers.DateTimeField(allow_null=True, help_text="By the charger's clock.")
    stop_received_at = serializers.DateTimeField(allow_null=True)
    meter_start_wh = serializers.IntegerField(allow_null=True)
    meter_stop_wh = serializers.IntegerField(allow_null=True)
    energy_wh = serializers.FloatField(
        allow_null=True, help_text="So far, while it runs; null where the meter cannot be believed."
    )
    power_w = serializers.FloatField(allow_null=True, help_text="Of a running session, as told within 20 minutes.")
    stop_reason = serializers.CharField(help_text="As OCPP writes it; empty: none was given.")
    stop_id_tag = serializers.CharField()
    foreign_id = serializers.IntegerField(allow_null=True, help_text="The number an orphan's charger used.")
    remarks = serializers.ListField(child=serializers.CharField(), help_text="Codes of what was odd.")


class OneSessionSerializer(SessionSerializer):
    energy_from_readings_wh = serializers.FloatField(
        allow_null=True, help_text="Of an ended session whose energy_wh is null: what its readings add up to."
    )


class ReadingSerializer(StrictSerializer):
    measurand = serializers.CharField()
    value = serializers.FloatField()
    unit = serializers.CharField(help_text="Wh, varh, W, VA, var, A, V, Hz, Celsius, Percent, rpm, or a vendor's own.")
    phase = serializers.CharField(help_text="Empty: all together.")
    location = serializers.CharField()
    context = serializers.CharField()  # type: ignore[assignment]  # a declared field


class SignedDataSerializer(StrictSerializer):
    measurand = serializers.CharField()
    context = serializers.CharField()  # type: ignore[assignment]  # a declared field
    text = serializers.CharField(help_text="Exactly as the meter wrote it.")


class UnreadableSerializer(StrictSerializer):
    measurand = serializers.CharField()
    text = serializers.CharField()
    fault = serializers.CharField(help_text="value_unreadable or unit_unknown.")


class MeterValueSerializer(StrictSerializer):
    sampled_at = serializers.DateTimeField(help_text="By the charger's clock.")
    received_at = serializers.DateTimeField()
    connector = serializers.IntegerField()
    readings = ReadingSerializer(many=True)
    signed = SignedDataSerializer(many=True)
    unreadable = UnreadableSerializer(many=True)


class SessionQuery(ListQuery):
    installation = serializers.IntegerField(required=False, min_value=1, max_value=LARGEST_ID)
    charger = serializers.CharField(required=False, default="", max_length=48, help_text="The whole device id.")
    state = serializers.ChoiceField(choices=choices_of(SessionState), required=False, default="")
    flagged = serializers.BooleanField(required=False, default=False, help_text="Only those with remarks.")
    id_tag = serializers.CharField(required=False, default="", max_length=255, help_text="In any capitalisation.")
    since = serializers.DateTimeField(required=False, default=None, help_text="Begun then or later.")
    until = serializers.DateTimeField(required=False, default=None, help_text="Begun before.")
    format = serializers.ChoiceField(
        choices=[("json", "json"), ("csv", "csv")],
        required=False,
        default="json",
        help_text="csv: everything that fits as one file; cursor, page_size and count play no part.",
    )
