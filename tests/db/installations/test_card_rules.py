"""Which card decides about a tag at an installation; the gateway and the preview ask the same view."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection
from django.utils import timezone

from accounts.models import Organisation
from chargers.models import Charger
from gateway.ocpp16.records import Authorize
from gateway.store import session_sql, transaction_jobs
from gateway.store.jobs import Recorded
from installations.cards import count_usable_cards
from installations.models import Grant, IdTag, Installation

pytestmark = pytest.mark.django_db

SOON = timezone.now() + timedelta(days=1)
LATER = timezone.now() + timedelta(days=2)
PAST = timezone.now() - timedelta(seconds=1)


@pytest.fixture
def garage() -> Installation:
    return Installation.objects.create(name="Garage")


@pytest.fixture
def firm(garage: Installation) -> Organisation:
    firm = Organisation.objects.create(name="Firm")
    Grant.objects.create(installation=garage, role="owner", organisation=firm)
    return firm


def asked(installation: Installation, tag: str) -> str:
    """What a charger of the installation is answered."""
    charger, _made = Charger.objects.get_or_create(device_id=f"C{installation.pk}", installation=installation)
    return transaction_jobs.authorize([Recorded(charger.pk, Authorize(timezone.now(), tag))])[0].status


def add(tag: str = "CARD", **fields: Any) -> IdTag:
    return IdTag.objects.create(id_tag=tag, **fields)


def test_a_card_of_the_organisation_counts_where_it_is_owner(garage: Installation, firm: Organisation) -> None:
    add(organisation=firm)
    elsewhere = Installation.objects.create(name="Elsewhere")
    Grant.objects.create(installation=elsewhere, role="service", organisation=firm)
    assert (asked(garage, "card"), asked(elsewhere, "card")) == ("Accepted", "Invalid")
    assert (count_usable_cards(garage), count_usable_cards(elsewhere)) == (1, 0)


@pytest.mark.parametrize(("ends", "status"), [(PAST, "Invalid"), (SOON, "Accepted")])
def test_it_counts_while_the_grant_lasts(garage: Installation, firm: Organisation, ends: datetime, status: str) -> None:
    add(organisation=firm)
    Grant.objects.update(expires_at=ends)
    assert asked(garage, "CARD") == status
    assert count_usable_cards(garage) == (status == "Accepted")


@pytest.mark.parametrize(
    ("own", "shared", "status"),
    [
        ({}, {}, "Accepted"),
        ({"blocked": True}, {}, "Blocked"),
        ({}, {"blocked": True}, "Blocked"),
        ({"blocked": True, "expires_at": PAST}, {}, "Blocked"),
        ({"expires_at": PAST}, {}, "Accepted"),
        ({"expires_at": PAST}, {"expires_at": SOON}, "Accepted"),
        ({"expires_at": SOON}, {"expires_at": PAST}, "Accepted"),
        ({"expires_at": PAST}, {"expires_at": PAST}, "Expired"),
    ],
)
def test_a_block_counts_wherever_it_was_set_else_the_longest_validity(
    garage: Installation, firm: Organisation, own: dict[str, Any], shared: dict[str, Any], status: str
) -> None:
    add(installation=garage, **own)
    add(organisation=firm, **shared)
    assert asked(garage, "CARD") == status
    assert count_usable_cards(garage) == (status == "Accepted")


def test_a_tag_on_two_lists_is_one_card(garage: Installation, firm: Organisation) -> None:
    add(installation=garage, expires_at=SOON, parent_id_tag="NEAR")
    add(organisation=firm, expires_at=LATER, parent_id_tag="FAR")
    assert count_usable_cards(garage) == 1
    charger = Charger.objects.create(device_id="ONE", installation=garage)
    answer = transaction_jobs.authorize([Recorded(charger.pk, Authorize(timezone.now(), "CARD"))])[0]
    assert (answer.parent_id_tag, answer.expires_at) == ("FAR", LATER)


@pytest.mark.parametrize("tag", ["", "lower", " LEADING", "TRAILING ", "Ä", "A\tB"])
def test_the_database_refuses_a_tag_of_another_form(garage: Installation, tag: str) -> None:
    with pytest.raises(IntegrityError):
        add(tag, installation=garage)


@pytest.mark.parametrize("tag", ["A", "04A2B3C4D5E6F7", "A B", "~!`{}|-", "X" * 20])
def test_every_printable_tag_can_be_kept(garage: Installation, tag: str) -> None:
    add(tag, installation=garage)
    assert asked(garage, tag.lower()) == "Accepted"


def test_a_look_up_reads_indexes_and_never_the_whole_view(garage: Installation, firm: Organisation) -> None:
    sites = Installation.objects.bulk_create(Installation(name=f"S{number}") for number in range(200))
    Grant.objects.bulk_create(Grant(installation=site, role="owner", organisation=firm) for site in sites)
    IdTag.objects.bulk_create(IdTag(organisation=firm, id_tag=f"T{number}") for number in range(500))
    charger = Charger.objects.create(device_id="ONE", installation=garage)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE installations_idtag, installations_grant, installations_installation, chargers_charger")
        cursor.execute(f"EXPLAIN {session_sql.TAGS}", [[0], [charger.pk], ["t7"]])
        plan = "\n".join(row[0] for row in cursor.fetchall())
    assert "Index Scan using id_tag_once_in_organisation" in plan
    assert "Seq Scan on installations_idtag" not in plan


@pytest.mark.parametrize("tag", ["ß", "ı", "ſ"])
def test_a_letter_with_a_capital_in_ascii_is_nobody_elses_tag(garage: Installation, tag: str) -> None:
    for own in ("SS", "I", "S"):
        add(own, installation=garage)
    assert asked(garage, tag) == "Invalid"
