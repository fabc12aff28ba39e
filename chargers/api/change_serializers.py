"""Bodies of changes of many installations."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail

from accounts.api.paging import ListQuery
from accounts.api.strict import Choice, StrictSerializer, Text, WriteSerializer, choices_of
from chargers.api.authentication_serializers import DraftSerializer, FindingSerializer, SettingsSerializer
from chargers.installation_filter import STATE_CHOICES
from chargers.models import ChangeState, ItemState
from installations.models import Mode

MOST_IDS = 10_000
LARGEST_ID = 2**63 - 1


class FilterSerializer(StrictSerializer):
    search = Text(required=False, allow_blank=True, max_length=200, default="", help_text="In name and address.")
    mode = Choice(
        choices=[(value, value) for value in Mode.values],
        allow_blank=True,
        required=False,
        default="",
        help_text="The mode in force.",
    )
    state = Choice(
        choices=STATE_CHOICES, allow_blank=True, required=False, default="",
        help_text="Installations with a charger in this state.",
    )  # fmt: skip


class NewChangeSerializer(DraftSerializer):
    acknowledge = None  # type: ignore[assignment]  # what must be acknowledged is known after the preview
    installations = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=LARGEST_ID), required=False, max_length=MOST_IDS,
        allow_empty=False, help_text="Ids of installations. Name these or a filter.",
    )  # fmt: skip
    filter = FilterSerializer(required=False, help_text="All that fit and whose mode you may set; {}: all.")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if ("installations" in attrs) == ("filter" in attrs):
            detail = ErrorDetail(str(_("Name either installations or a filter.")), code="either")
            raise serializers.ValidationError({"installations": [detail]})
        return attrs


class ApplySerializer(WriteSerializer):
    acknowledge = serializers.ListField(
        child=Text(max_length=60), required=False, default=list, max_length=100,
        help_text="Codes of the warnings that you accept.",
    )  # fmt: skip


class ChangeWarningSerializer(StrictSerializer):
    code = serializers.CharField()
    detail = serializers.CharField(help_text="As it stands at the first installation that has it.")
    installations = serializers.IntegerField(help_text="How many have it.")


class ListedAuthenticationChangeSerializer(StrictSerializer):
    id = serializers.IntegerField()
    state = serializers.ChoiceField(choices=choices_of(ChangeState))
    settings = SettingsSerializer(help_text="As asked for; each installation's own preview normalises them.")
    initial_device_password = serializers.ChoiceField(choices=[(word, word) for word in ("keep", "clear", "new")])
    note = serializers.CharField()
    created_at = serializers.DateTimeField()
    applied_at = serializers.DateTimeField(allow_null=True)
    finished_at = serializers.DateTimeField(allow_null=True)
    installations = serializers.DictField(child=serializers.IntegerField(), help_text="How many, by state.")
    chargers = serializers.DictField(
        child=serializers.IntegerField(), help_text="Of the ready and saved: total, change, match, cannot."
    )


class AuthenticationChangeSerializer(ListedAuthenticationChangeSerializer):
    warnings = ChangeWarningSerializer(many=True, help_text="To be acknowledged when it is applied.")


class StoredFindingSerializer(FindingSerializer):
    suggestion = None  # type: ignore[assignment]  # a suggestion is of one installation's own preview
    level = serializers.CharField()


class ChangeItemSerializer(StrictSerializer):
    installation = serializers.IntegerField()
    name = serializers.CharField()
    state = serializers.ChoiceField(choices=choices_of(ItemState))
    chargers = serializers.DictField(child=serializers.IntegerField())
    findings = StoredFindingSerializer(many=True)
    rollout = serializers.IntegerField(allow_null=True)


class ChangeItemQuery(ListQuery):
    state = serializers.ChoiceField(choices=choices_of(ItemState), required=False, default="")
