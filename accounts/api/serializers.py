"""Bodies of the people's part of the API."""

from rest_framework import serializers

from accounts.api.strict import Choice, Identifier, StrictSerializer, Text, WriteSerializer, choices_of
from accounts.permissions import Scope

SCOPES = choices_of(Scope)


class OrganisationSerializer(StrictSerializer):
    id = serializers.IntegerField()
    name = serializers.CharField()
    admin = serializers.BooleanField(help_text="Whether you administer it.")


class MeSerializer(StrictSerializer):
    id = serializers.IntegerField()
    email = serializers.EmailField()
    name = serializers.CharField()
    staff = serializers.BooleanField()
    language = serializers.CharField()
    organisations = OrganisationSerializer(many=True)


class TokenSerializer(StrictSerializer):
    id = serializers.IntegerField()
    name = serializers.CharField()
    prefix = serializers.CharField(help_text="The token's first characters, to recognise it.")
    scopes = serializers.ListField(child=serializers.ChoiceField(choices=SCOPES))
    installations = serializers.ListField(child=serializers.IntegerField(), allow_null=True)
    created_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField()
    last_used_at = serializers.DateTimeField(allow_null=True)


class IssuedTokenSerializer(TokenSerializer):
    token = serializers.CharField(help_text="Shown once, now; only its digest is kept.")


class NewTokenSerializer(WriteSerializer):
    name = Text(max_length=100)
    scopes = serializers.ListField(child=Choice(choices=SCOPES), min_length=1, max_length=len(SCOPES))
    installations = serializers.ListField(
        child=Identifier(), required=False, allow_null=True, min_length=1, max_length=1000
    )
    expires_at = serializers.DateTimeField()
