"""Bodies of circuits and access."""

from rest_framework import serializers

from accounts.api.strict import Amperes, Choice, Identifier, StrictSerializer, Text, WriteSerializer
from installations.models import Role


class CircuitSerializer(StrictSerializer):
    id = serializers.IntegerField()
    name = serializers.CharField()
    max_current = Amperes(help_text="The fuse, in ampere per phase.")
    parent = serializers.IntegerField(allow_null=True, help_text="The circuit it hangs on; null: the main fuse.")  # type: ignore[assignment]  # a declared field


class NewCircuitSerializer(WriteSerializer):
    name = Text(max_length=100)
    max_current = Amperes()
    parent = Identifier(required=False, allow_null=True)  # type: ignore[assignment]  # a declared field


class PersonSerializer(StrictSerializer):
    email = serializers.EmailField()
    name = serializers.CharField()


class PartySerializer(StrictSerializer):
    id = serializers.IntegerField()
    name = serializers.CharField()


class GrantSerializer(StrictSerializer):
    id = serializers.IntegerField()
    role = serializers.ChoiceField(choices=Role.choices)
    user = PersonSerializer(allow_null=True)
    organisation = PartySerializer(allow_null=True)
    expires_at = serializers.DateTimeField(allow_null=True)
    created_at = serializers.DateTimeField()


class NewGrantSerializer(WriteSerializer):
    role = Choice(choices=Role.choices)
    user = Text(required=False, max_length=254, help_text="A person's e-mail address, or else `organisation`.")
    organisation = Text(required=False, max_length=200, help_text="An organisation's name, or else `user`.")
    expires_at = serializers.DateTimeField(required=False, allow_null=True)
