"""Bodies of charge cards."""

from rest_framework import serializers

from accounts.api.bulk import FaultSerializer
from accounts.api.paging import ListQuery
from accounts.api.strict import LARGEST_ID, Flag, Identifier, StrictSerializer, Text, WriteSerializer, choices_of
from installations.card_file import EXAMPLE, MOST_ROWS
from installations.services.card_import import Effect

SITE = "An installation you may change cards of, or else `organisation`."
FIRM = "An organisation you belong to: the card is accepted at every installation it owns."


class CardSerializer(StrictSerializer):
    id = serializers.IntegerField()
    id_tag = serializers.CharField(help_text="In capitals; compared case-insensitively.")
    holder = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]  # a declared field
    expires_at = serializers.DateTimeField(allow_null=True)
    blocked = serializers.BooleanField()
    parent_id_tag = serializers.CharField(help_text="The group; empty: none.")
    installation = serializers.IntegerField(allow_null=True)
    organisation = serializers.IntegerField(allow_null=True)
    created_at = serializers.DateTimeField()


class CardLineSerializer(StrictSerializer):
    id_tag = Text(max_length=20)
    holder = Text(max_length=100, required=False, allow_blank=True)
    label = Text(max_length=100, required=False, allow_blank=True)  # type: ignore[assignment]  # a declared field
    expires_at = serializers.DateTimeField(required=False, allow_null=True)
    blocked = Flag(required=False)
    parent_id_tag = Text(max_length=20, required=False, allow_blank=True)


class CardChangeSerializer(WriteSerializer, CardLineSerializer):
    pass


class NewCardSerializer(CardChangeSerializer):
    installation = Identifier(required=False, help_text=SITE)
    organisation = Identifier(required=False, help_text=FIRM)


class ManyCardsSerializer(WriteSerializer):
    installation = Identifier(required=False, help_text=SITE)
    organisation = Identifier(required=False, help_text=FIRM)
    items = serializers.ListField(child=CardLineSerializer(), required=False, min_length=1, max_length=MOST_ROWS)
    csv = Text(
        required=False,
        trim_whitespace=False,
        help_text=f"Instead of `items`: a CSV text with the columns {EXAMPLE}, apart by comma or semicolon.",
    )


class CardOutcomeSerializer(StrictSerializer):
    index = serializers.IntegerField()
    row = serializers.IntegerField(help_text="The row of the CSV text, or the place in `items`, from 1.")
    id_tag = serializers.CharField()
    effect = serializers.ChoiceField(choices=choices_of(Effect))
    id = serializers.IntegerField(allow_null=True)
    changed = serializers.ListField(child=serializers.CharField())
    errors = FaultSerializer(many=True)  # type: ignore[assignment]  # a declared field


class CardReportSerializer(StrictSerializer):
    added = serializers.IntegerField()
    changed = serializers.IntegerField()
    unchanged = serializers.IntegerField()
    refused = serializers.IntegerField()
    results = CardOutcomeSerializer(many=True)


class CardQuery(ListQuery):
    installation = serializers.IntegerField(
        required=False,
        min_value=1,
        max_value=LARGEST_ID,
        help_text="Every card that counts there, its organisations' too.",
    )
    organisation = serializers.IntegerField(required=False, min_value=1, max_value=LARGEST_ID)
    search = serializers.CharField(
        required=False, default="", max_length=100, help_text="Start of the number, or in holder or label, or a group."
    )
