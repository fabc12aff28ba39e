"""Bodies of authentication settings, their preview and their history."""

from rest_framework import serializers

from accounts.api.strict import Choice, Flag, StrictSerializer, Text, WriteSerializer, choices_of
from chargers.api.policy_serializers import PolicySerializer
from chargers.link_state import LinkState
from chargers.services.preview_values import Verdict
from installations.authentication import MODES
from installations.models import Mode
from installations.ocpp_url.identity import UrlSource

LONGEST_TEXT = 2000


class SettingsSerializer(StrictSerializer):
    mode = serializers.ChoiceField(choices=Mode.choices)
    server_url = serializers.CharField()
    default_id_tag = serializers.CharField()
    authorization_required = serializers.BooleanField()
    legacy_identity = serializers.BooleanField()


class AuthenticationSerializer(SettingsSerializer):
    initial_device_password_set = serializers.BooleanField()
    initial_device_password_fingerprint = serializers.CharField(allow_null=True)
    revision = serializers.IntegerField()
    note = serializers.CharField()
    author = serializers.CharField()
    created_at = serializers.DateTimeField()
    restored_from = serializers.IntegerField(allow_null=True)
    rollout = serializers.IntegerField(allow_null=True)


class SavedSerializer(AuthenticationSerializer):
    delayed = serializers.BooleanField(
        help_text="The queue does not answer just now: the setting is saved, and its rollout starts by itself later."
    )


class DraftSerializer(StrictSerializer):
    """Takes any text where the rules themselves judge, so that preview and save say the same."""

    mode = Choice(choices=[(mode, mode) for mode in MODES])
    server_url = Text(required=False, allow_blank=True, trim_whitespace=False, max_length=LONGEST_TEXT, default="")
    initial_device_password = Text(
        required=False, allow_null=True, allow_blank=True, trim_whitespace=False, max_length=LONGEST_TEXT,
        write_only=True, help_text="Absent: keep it. null: clear it. Never shown again.",
    )  # fmt: skip
    default_id_tag = Text(required=False, allow_blank=True, trim_whitespace=False, max_length=LONGEST_TEXT, default="")
    authorization_required = Flag(required=False, default=True)
    legacy_identity = Flag(required=False, default=False)
    acknowledge = serializers.ListField(
        child=Text(max_length=60), required=False, default=list, max_length=100,
        help_text="Codes of the warnings that you accept.",
    )  # fmt: skip
    note = Text(required=False, allow_blank=True, max_length=500, default="")
    policy = PolicySerializer(required=False, allow_null=True)


class RestoreSerializer(WriteSerializer):
    acknowledge = serializers.ListField(child=Text(max_length=60), required=False, default=list, max_length=100)
    note = Text(required=False, allow_blank=True, max_length=500, default="")
    policy = PolicySerializer(required=False, allow_null=True)


class FindingSerializer(StrictSerializer):
    code = serializers.CharField()
    pointer = serializers.CharField()
    detail = serializers.CharField()
    charger = serializers.CharField(help_text="Device id, or empty.")
    suggestion = serializers.CharField(help_text="A value that would pass, or empty.")


class ChargerFindingSerializer(FindingSerializer):
    level = serializers.CharField()


class ChangeSerializer(StrictSerializer):
    key = serializers.CharField()
    old = serializers.CharField(allow_null=True)
    new = serializers.CharField()
    secret = serializers.BooleanField()


class ChargerRowSerializer(StrictSerializer):
    device_id = serializers.CharField()
    name = serializers.CharField()
    dialled_url = serializers.CharField(allow_null=True)
    identity = serializers.CharField()
    url_source = serializers.ChoiceField(choices=choices_of(UrlSource))
    link_state = serializers.ChoiceField(choices=choices_of(LinkState))
    profile = serializers.CharField()
    verdict = serializers.ChoiceField(choices=choices_of(Verdict))
    reroutes = serializers.BooleanField(
        help_text="OCPP cloud: this portal goes over to another backend for it, or begins or ceases to dial one."
    )
    changes = ChangeSerializer(many=True)
    problems = ChargerFindingSerializer(many=True)


class SummarySerializer(StrictSerializer):
    total = serializers.IntegerField()
    change = serializers.IntegerField()
    match = serializers.IntegerField()
    cannot = serializers.IntegerField()
    wait_offline = serializers.IntegerField()
    wait_charging = serializers.IntegerField()
    wait_busy = serializers.IntegerField()


class PreviewSerializer(StrictSerializer):
    settings = SettingsSerializer(allow_null=True, help_text="Normalised; null when they cannot be.")
    problems = FindingSerializer(many=True)
    warnings = FindingSerializer(many=True)
    notices = FindingSerializer(many=True)
    summary = SummarySerializer()
    policy = PolicySerializer(help_text="How the rollout would go about it.")
    chargers = ChargerRowSerializer(many=True)


class FieldChangeSerializer(StrictSerializer):
    field = serializers.CharField()
    before = serializers.JSONField(help_text="A text, true or false, or null.")
    after = serializers.JSONField(help_text="A text, true or false, or null.")


class RevisionSerializer(AuthenticationSerializer):
    changes = FieldChangeSerializer(many=True, help_text="Against the revision before.")
