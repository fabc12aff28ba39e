"""Bodies of installations and chargers."""

import zoneinfo

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from accounts.api.bulk import FaultSerializer
from accounts.api.paging import ListQuery
from accounts.api.strict import (
    Amperes,
    ChargingAmperes,
    Choice,
    Flag,
    Identifier,
    SomeAmperes,
    StrictSerializer,
    Text,
    Whole,
    WriteSerializer,
    choices_of,
)
from chargers.api.upstream_serializers import (
    AlarmSerializer,
    BackendsSerializer,
    LeftBehindSerializer,
    SiteAlarmSerializer,
    UpstreamSerializer,
)
from chargers.link_state import LinkState
from chargers.models import PhaseRotation
from chargers.rollout.states import DeliveryState
from installations.models import DriftPolicy, Mode, NetworkType, OfflineAuthorization

ROTATION = "Which line of the site its L1, L2, L3 hang on; R, S or T alone: single-phase; empty: not known."
TIME_ZONES = frozenset(zoneinfo.available_timezones())


class CountsSerializer(StrictSerializer):
    total = serializers.IntegerField()
    online = serializers.IntegerField()
    offline = serializers.IntegerField()
    charging = serializers.IntegerField()
    waiting = serializers.IntegerField(help_text="Chargers with a setting on its way.")
    drift = serializers.IntegerField(help_text="Chargers that hold another setting than they were given.")
    alarm = serializers.IntegerField(help_text="Chargers with any alarm.")


class InstallationSerializer(StrictSerializer):
    id = serializers.IntegerField()
    name = serializers.CharField()
    address = serializers.CharField()
    time_zone = serializers.CharField()
    network_type = serializers.ChoiceField(choices=NetworkType.choices)
    main_fuse_current = Amperes(allow_null=True, help_text="In ampere per phase.")
    load_balancing = serializers.BooleanField(
        help_text="Whether the portal shares the fuses among the chargers, in native and cloud mode."
    )
    reserved_current = SomeAmperes(
        help_text="Kept free for the building while it is not measured, in ampere per phase."
    )
    unbalance_limit = Amperes(
        allow_null=True, help_text="The most that single-phase chargers may load one phase with; null: no such limit."
    )
    drift_policy = serializers.ChoiceField(
        choices=DriftPolicy.choices, help_text="What happens when a charger comes back with another setting."
    )
    offline_authorization = serializers.ChoiceField(
        choices=OfflineAuthorization.choices,
        help_text="OCPP cloud: who may charge while the backend is away: nobody, cards it accepted before, everybody.",
    )
    backend_maintenance = serializers.BooleanField(
        help_text="OCPP cloud: whether the backend may update firmware and fetch diagnostics."
    )
    authentication_mode = serializers.ChoiceField(choices=Mode.choices)
    revision = serializers.IntegerField(help_text="Number of the authentication revision in force.")
    chargers = CountsSerializer()
    backends = BackendsSerializer()
    alarms = SiteAlarmSerializer(many=True)
    created_at = serializers.DateTimeField()


class NewInstallationSerializer(WriteSerializer):
    name = Text(max_length=200)
    address = Text(max_length=400, required=False, allow_blank=True)
    time_zone = Text(max_length=64, required=False, help_text="An IANA name, for example Europe/Oslo.")
    network_type = Choice(choices=NetworkType.choices, required=False)
    main_fuse_current = Amperes(required=False, allow_null=True)
    load_balancing = Flag(required=False)
    reserved_current = SomeAmperes(required=False)
    unbalance_limit = Amperes(required=False, allow_null=True)
    drift_policy = Choice(choices=DriftPolicy.choices, required=False)
    offline_authorization = Choice(choices=OfflineAuthorization.choices, required=False)
    backend_maintenance = Flag(required=False)

    def validate_time_zone(self, value: str) -> str:
        if value not in TIME_ZONES:
            raise serializers.ValidationError(_("Write an IANA time zone, for example Europe/Oslo."), code="time_zone")
        return value


class InstallationQuery(ListQuery):
    search = serializers.CharField(required=False, default="", max_length=200, help_text="In name and address.")
    mode = serializers.ChoiceField(choices=Mode.choices, required=False, default="")
    network_type = serializers.ChoiceField(choices=NetworkType.choices, required=False, default="")
    alarm = serializers.BooleanField(
        required=False, allow_null=True, default=None, help_text="Only those with a charger that has any."
    )


class ConnectorSerializer(StrictSerializer):
    number = serializers.IntegerField(help_text="0 is the charge point itself.")
    status = serializers.CharField()
    error_code = serializers.CharField()
    info = serializers.CharField()
    status_at = serializers.DateTimeField()
    current = serializers.BooleanField(help_text="False: last known, the charger is away or has restarted since.")


class OpenDeliverySerializer(StrictSerializer):
    id = serializers.IntegerField()
    rollout = serializers.IntegerField()
    revision = serializers.IntegerField()
    state = serializers.ChoiceField(choices=choices_of(DeliveryState))
    reason = serializers.CharField()


class BackendLimitSerializer(StrictSerializer):
    connector = serializers.IntegerField()
    amperes = serializers.FloatField(help_text="Per phase; 0: the backend pauses charging.")
    until = serializers.DateTimeField(
        allow_null=True, help_text="When it becomes another; null: not in the foreseeable future."
    )


class ChargerSerializer(StrictSerializer):
    device_id = serializers.CharField()
    name = serializers.CharField()
    installation = serializers.IntegerField()
    circuit = serializers.IntegerField(allow_null=True)
    server_url = serializers.CharField(help_text="The charger-level URL; used while the installation's is empty.")
    max_current = ChargingAmperes(help_text="What a connector takes when nobody limits it, in ampere per phase.")
    phase_rotation = serializers.ChoiceField(choices=PhaseRotation.choices, help_text=ROTATION)
    charging_priority = serializers.IntegerField(help_text="0 to 9: who is higher is served first.")
    never_pause = serializers.BooleanField(help_text="Load balancing pauses its cars last of all.")
    link_state = serializers.ChoiceField(choices=choices_of(LinkState))
    online = serializers.BooleanField()
    last_seen_at = serializers.DateTimeField(allow_null=True)
    connectors = ConnectorSerializer(many=True)
    vendor = serializers.CharField()
    model = serializers.CharField()
    firmware = serializers.CharField()
    applied_revision = serializers.IntegerField(allow_null=True, help_text="As observed at the charger.")
    applied_at = serializers.DateTimeField(allow_null=True)
    delivery = OpenDeliverySerializer(allow_null=True, help_text="The setting on its way to it.")
    upstream = UpstreamSerializer(
        allow_null=True, help_text="The connection to its backend in OCPP cloud; null: this portal dials none for it."
    )
    left_behind = LeftBehindSerializer(
        allow_null=True, help_text="What could not be delivered before the charger last went to another backend."
    )
    alarms = AlarmSerializer(many=True)
    backend_limits = BackendLimitSerializer(
        many=True, help_text="What its backend allows in OCPP cloud, for each connector that it limits now."
    )
    created_at = serializers.DateTimeField()


class LinkSerializer(StrictSerializer):
    url = serializers.CharField()
    user = serializers.CharField()
    password = serializers.CharField(help_text="Shown once, now; only a digest is kept.")


class RegisteredSerializer(ChargerSerializer):
    link = LinkSerializer(help_text="What to enter at the charger.")


class ChargerLineSerializer(StrictSerializer):
    device_id = Text(max_length=48)
    name = Text(max_length=100, required=False, allow_blank=True)
    circuit = Identifier(required=False, allow_null=True)
    server_url = Text(max_length=512, required=False, allow_blank=True)


class NewChargerSerializer(WriteSerializer):
    device_id = Text(max_length=48)
    name = Text(max_length=100, required=False, allow_blank=True)
    installation = Identifier()
    circuit = Identifier(required=False, allow_null=True)
    server_url = Text(max_length=512, required=False, allow_blank=True)


class ChargerChangeSerializer(WriteSerializer):
    name = Text(max_length=100, required=False, allow_blank=True)
    installation = Identifier(required=False, help_text="Another installation: moves the charger there.")
    circuit = Identifier(required=False, allow_null=True)
    server_url = Text(max_length=512, required=False, allow_blank=True)
    max_current = ChargingAmperes(required=False)
    phase_rotation = Choice(choices=PhaseRotation.choices, required=False, allow_blank=True, help_text=ROTATION)
    charging_priority = Whole(required=False, min_value=0, max_value=9)
    never_pause = Flag(required=False)


class ManyChargersSerializer(WriteSerializer):
    installation = Identifier()
    items = serializers.ListField(child=ChargerLineSerializer(), min_length=1, max_length=1000)


class LineSerializer(StrictSerializer):
    index = serializers.IntegerField()
    device_id = serializers.CharField()
    link = LinkSerializer(allow_null=True)
    errors = FaultSerializer(many=True)  # type: ignore[assignment]  # a declared field


class LinesSerializer(StrictSerializer):
    registered = serializers.IntegerField()
    refused = serializers.IntegerField()
    results = LineSerializer(many=True)


class ChargerQuery(ListQuery):
    installation = serializers.IntegerField(required=False, min_value=1, max_value=2**63 - 1)
    search = serializers.CharField(required=False, default="", max_length=100, help_text="Start of serial, or in name.")
    link_state = serializers.ChoiceField(
        choices=[(text, text) for text in ("never", "offline", "online", "charging")], required=False, default=""
    )
    alarm = serializers.BooleanField(required=False, allow_null=True, default=None, help_text="Only those with any.")
