"""Bodies of the people's part of the API."""

from rest_framework import serializers

from accounts.api.strict import Choice, Email, Flag, Identifier, StrictSerializer, Text, WriteSerializer, choices_of
from accounts.permissions import Scope

SCOPES = choices_of(Scope)


class OrganisationSerializer(StrictSerializer):
    id = serializers.IntegerField()
    name = serializers.CharField()
    admin = serializers.BooleanField(help_text="Whether you administer it.")
    second_factor_required = serializers.BooleanField(help_text="Whether its members must have a second step.")


class MemberSerializer(StrictSerializer):
    id = serializers.IntegerField(help_text="Of the membership.")
    email = serializers.EmailField()
    name = serializers.CharField()
    admin = serializers.BooleanField()
    active = serializers.BooleanField(help_text="False: shut out of the portal.")
    second_step = serializers.BooleanField(help_text="Whether the person has one.")


class AddedMemberSerializer(MemberSerializer):
    invitation_url = serializers.CharField(
        allow_null=True, help_text="For somebody who is new here: where they set a password, once. Shown once, now."
    )


class NewMemberSerializer(WriteSerializer):
    email = Email()
    name = Text(max_length=150, required=False, allow_blank=True, default="", help_text="Of somebody who is new here.")
    admin = Flag(required=False, default=False)


class MemberChangeSerializer(WriteSerializer):
    admin = Flag()


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
