"""Agreements that stand: the database keeps what the models promise."""

import pytest
from django.db import IntegrityError, transaction

from installations.models import AppendOnly, AuthenticationRevision, Circuit, Installation

pytestmark = pytest.mark.django_db


def revision() -> AuthenticationRevision:
    installation = Installation.objects.create(name="Garage")
    return AuthenticationRevision.objects.create(
        installation=installation, number=1, mode="native", authorization_required=True, digest="0" * 64
    )


def test_a_revision_never_changes() -> None:
    standing = revision()
    standing.note = "rewritten"
    with pytest.raises(AppendOnly):
        standing.save()
    with pytest.raises(AppendOnly):
        standing.delete()


def test_a_circuit_is_not_its_own_parent() -> None:
    installation = Installation.objects.create(name="Garage")
    circuit = Circuit.objects.create(installation=installation, name="A", max_current=63)
    circuit.parent = circuit
    with pytest.raises(IntegrityError), transaction.atomic():
        circuit.save()
