"""Installations, circuits, grants, revisions and secrets: the rules, also when two people act at once."""

import threading
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from pytest_django import Settings

from accounts.keyring import KeyringError
from accounts.models import AuditEntry, User
from accounts.refusals import Conflict, Invalid, Stale
from chargers.models import Rollout
from installations import doorbell
from installations.authentication import Draft, NewPassword
from installations.models import AuthenticationRevision, Circuit, Grant, Installation, Secret
from installations.services.authentication import StaleRevision, publish_revision
from installations.services.circuits import create_circuit, delete_circuit, update_circuit
from installations.services.grants import grant_access, revoke_access
from installations.services.installations import create_installation, update_installation
from installations.services.secrets import reveal, store_secret

PASSWORD = "Initial0Password0123"
DIRECT = Draft("ocpp_direct", "wss://ocpp.example.com/{deviceId}", NewPassword(PASSWORD))


@pytest.fixture
def person(db: None) -> User:
    return User.objects.create_user("a@example.org")


@pytest.fixture
def site(person: User) -> Installation:
    return create_installation(actor=person, name="Garage")


def test_a_new_site_is_native_and_its_maker_owns_and_serves_it(site: Installation, person: User) -> None:
    revision = AuthenticationRevision.objects.get(installation=site)
    assert (revision.number, revision.mode, revision.authorization_required) == (1, "native", True)
    assert site.revision == revision
    assert not Rollout.objects.exists()
    assert set(Grant.objects.filter(user=person).values_list("role", flat=True)) == {"owner", "service"}


def test_an_edit_counts_and_an_old_version_is_stale(site: Installation, person: User) -> None:
    edited = update_installation(installation=site, actor=person, changes={"name": "Yard"}, expected_version=1)
    assert (edited.name, edited.version) == ("Yard", 2)
    with pytest.raises(Stale) as refusal:
        update_installation(installation=site, actor=person, changes={"name": "X"}, expected_version=1)
    assert refusal.value.current == 2
    same = update_installation(installation=site, actor=person, changes={"name": "Yard"})
    assert same.version == 2
    assert AuditEntry.objects.filter(action="installation_changed").count() == 1


def circuit(site: Installation, person: User, name: str, parent: Circuit | None = None) -> Circuit:
    return create_circuit(
        installation=site, actor=person, name=name, max_current=Decimal(16), parent=parent.pk if parent else None
    )


def test_a_loop_of_circuits_is_refused(site: Installation, person: User) -> None:
    a = circuit(site, person, "A")
    b = circuit(site, person, "B", a)
    c = circuit(site, person, "C", b)
    for parent in (a, b, c):
        with pytest.raises(Invalid) as refusal:
            update_circuit(circuit=a, actor=person, changes={"parent": parent.pk})
        assert (refusal.value.code, refusal.value.pointer) == ("circuit_loop", "/parent")
    assert update_circuit(circuit=c, actor=person, changes={"parent": a.pk}).parent == a


def test_a_circuit_of_another_site_is_unknown(site: Installation, person: User) -> None:
    other = circuit(create_installation(actor=person, name="Other"), person, "A")
    with pytest.raises(Invalid, match="unknown_circuit"):
        create_circuit(installation=site, actor=person, name="B", max_current=Decimal(16), parent=other.pk)


def test_names_of_circuits_are_told_apart_and_used_ones_stay(site: Installation, person: User) -> None:
    a = circuit(site, person, "A")
    circuit(site, person, "B", a)
    with pytest.raises(Invalid, match="name_taken"):
        circuit(site, person, "A")
    with pytest.raises(Conflict, match="has_circuits"):
        delete_circuit(circuit=a, actor=person)


def test_grants_name_one_party_that_exists_and_end_in_the_future(site: Installation, person: User) -> None:
    cases: list[tuple[dict[str, Any], str]] = [
        ({}, "one_of"),
        ({"email": "a@example.org", "organisation_name": "x"}, "one_of"),
        ({"email": "nobody@example.org"}, "unknown_user"),
        ({"organisation_name": "x"}, "unknown_organisation"),
    ]
    for fields, code in cases:
        with pytest.raises(Invalid, match=code):
            grant_access(installation=site, actor=person, role="viewer", **fields)
    with pytest.raises(Conflict, match="already_granted"):
        grant_access(installation=site, actor=person, role="owner", email="A@example.org")


def test_the_last_owner_stays(site: Installation, person: User) -> None:
    own = Grant.objects.get(installation=site, role="owner")
    with pytest.raises(Conflict, match="last_owner"):
        revoke_access(grant=own, actor=person)
    User.objects.create_user("b@example.org")
    grant_access(installation=site, actor=person, role="owner", email="b@example.org")
    revoke_access(grant=own, actor=person)
    assert Grant.objects.filter(installation=site, role="owner").count() == 1


def test_what_a_listener_raises_undoes_the_whole_save(
    site: Installation, person: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(revision: AuthenticationRevision, policy: Any) -> None:
        raise RuntimeError("no")

    monkeypatch.setattr(doorbell, "_on_published", [refuse])
    with pytest.raises(RuntimeError):
        publish_revision(installation=site, draft=DIRECT, actor=person, expected_number=1)
    site.refresh_from_db()
    assert site.revision is not None
    assert site.revision.number == 1
    assert not Secret.objects.exists()


def test_a_revision_is_numbered_digested_and_rung(site: Installation, person: User) -> None:
    revision = publish_revision(installation=site, draft=DIRECT, actor=person, expected_number=1, note="go")
    again = publish_revision(installation=site, draft=DIRECT, actor=person, expected_number=2)
    assert (revision.number, again.number) == (2, 3)
    assert revision.digest == again.digest
    assert revision.secret == again.secret
    assert Rollout.objects.filter(revision=again).count() == 1
    with pytest.raises(StaleRevision) as refusal:
        publish_revision(installation=site, draft=DIRECT, actor=person, expected_number=2)
    assert refusal.value.current == 3
    assert PASSWORD not in str(AuditEntry.objects.values_list())


def test_native_forgets_the_password(site: Installation, person: User) -> None:
    publish_revision(installation=site, draft=DIRECT, actor=person, expected_number=1)
    native = publish_revision(installation=site, draft=Draft("native"), actor=person, expected_number=2)
    assert native.secret is None


@pytest.mark.django_db
def test_rotation_moves_every_secret_to_the_first_key_and_may_be_repeated(settings: Settings) -> None:
    settings.SECRET_KEY_RING = ["old:" + "A" * 43 + "="]
    secrets = [store_secret(f"{PASSWORD}{number}") for number in range(5)]
    settings.SECRET_KEY_RING = ["new:" + "B" * 43 + "=", *settings.SECRET_KEY_RING]
    call_command("rotate_secrets")
    call_command("rotate_secrets")
    settings.SECRET_KEY_RING = settings.SECRET_KEY_RING[:1]
    for number, secret in enumerate(secrets):
        secret.refresh_from_db()
        assert secret.key_id == "new"
        assert reveal(secret) == f"{PASSWORD}{number}"


@pytest.mark.django_db
def test_a_ciphertext_copied_to_another_row_stays_shut() -> None:
    one, other = store_secret(PASSWORD), store_secret(PASSWORD + "x")
    Secret.objects.filter(pk=other.pk).update(ciphertext=one.ciphertext)
    other.refresh_from_db()
    with pytest.raises(KeyringError):
        reveal(other)


def together(*works: Callable[[], object]) -> list[str]:
    barrier, outcomes = threading.Barrier(len(works)), [""] * len(works)

    def run(place: int) -> None:
        barrier.wait(10)
        try:
            works[place]()
            outcomes[place] = "done"
        except (Invalid, Conflict, Stale) as refusal:
            outcomes[place] = refusal.code
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(place,)) for place in range(len(works))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    return sorted(outcomes)


@pytest.mark.django_db(transaction=True)
def test_two_half_loops_at_once_do_not_close_one() -> None:
    person = User.objects.create_user("a@example.org")
    site = create_installation(actor=person, name="Garage")
    a, b = circuit(site, person, "A"), circuit(site, person, "B")
    outcomes = together(
        lambda: update_circuit(circuit=a, actor=person, changes={"parent": b.pk}),
        lambda: update_circuit(circuit=b, actor=person, changes={"parent": a.pk}),
    )
    assert outcomes == ["circuit_loop", "done"]


@pytest.mark.django_db(transaction=True)
def test_two_owners_cannot_both_leave() -> None:
    person = User.objects.create_user("a@example.org")
    site = create_installation(actor=person, name="Garage")
    User.objects.create_user("b@example.org")
    grant_access(installation=site, actor=person, role="owner", email="b@example.org")
    first, second = Grant.objects.filter(installation=site, role="owner")
    outcomes = together(
        lambda: revoke_access(grant=first, actor=person), lambda: revoke_access(grant=second, actor=person)
    )
    assert outcomes == ["done", "last_owner"]
