"""What is asked of a gateway is taken once, by its deadline, by who still may; and it always ends."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.keyring import KeyringError
from accounts.models import AuditEntry
from accounts.refusals import Invalid, Throttled
from chargers.links.fake import FakeLink
from chargers.links.registry import put_in_place, take_away
from chargers.models import GatewayNode, GatewayRequest
from chargers.request_states import PasswordUse
from chargers.request_words import FAULTS, STEPS, error_sentence
from chargers.services.asking import KEPT, settle
from chargers.services.backend_trial import TESTS_OF_INSTALLATION, try_backend
from chargers.services.sweeping import sweep
from gateway.bridge.dial import Fault, Step
from gateway.store.jobs import EndRequest
from gateway.store.request_jobs import claim, end
from installations.authentication import ClearPassword, Draft, NewPassword
from installations.models import Grant, Installation
from tests.db.api.test_canary import text_of_the_database
from tests.db.chargers import scene
from tests.db.chargers.test_authentication import save_all

pytestmark = pytest.mark.django_db

TYPED = "Typed0Password012345"


@pytest.fixture
def link() -> Iterator[FakeLink]:
    told: list[int] = []
    fake = FakeLink({}, carry=lambda _node, number: told.append(number))
    fake.told = told  # type: ignore[attr-defined]
    put_in_place(fake)
    yield fake
    take_away(fake)


@pytest.fixture(autouse=True)
def committed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A test is one transaction: what waits for a commit is done at once."""
    monkeypatch.setattr(transaction, "on_commit", lambda work: work())


@pytest.fixture
def site() -> Installation:
    made = scene.site()
    scene.charger(made, "ZCS1")
    return made


def asked(site: Installation, draft: Draft | None = None, **more: Any) -> GatewayRequest:
    return try_backend(installation=site, draft=draft or scene.direct(), actor=scene.person(), **more)


def test_a_gateway_is_told_and_takes_it_once(link: FakeLink, site: Installation) -> None:
    request = asked(site)
    assert link.told == [request.pk]  # type: ignore[attr-defined]
    assert (request.node, request.state) == (scene.NODE, "waiting")
    first = claim(request.pk, scene.NODE)
    assert first is not None
    assert first.payload["url"] == "wss://ocpp.example.com/devices/ZCS1"
    assert first.device_id == "ZCS1"
    assert claim(request.pk, "another") is None
    end([EndRequest(request.pk, error="not_found", result={"http_status": 404})])
    end([EndRequest(request.pk, result={"http_status": 101})])
    request.refresh_from_db()
    assert (request.state, request.error, request.result) == ("failed", "not_found", {"http_status": 404})
    entry = AuditEntry.objects.get(action="asked_gateway")
    assert (entry.object_id, entry.after["host"]) == (str(request.charger_id), "ocpp.example.com")


def test_a_typed_password_is_sealed_and_gone_at_the_end(link: FakeLink, site: Installation) -> None:
    request = asked(site, scene.direct(password=NewPassword(TYPED)))
    assert TYPED not in text_of_the_database()
    assert TYPED.encode().hex() not in text_of_the_database()
    taken = claim(request.pk, scene.NODE)
    assert taken is not None
    assert taken.keys == (TYPED.encode(),)
    assert TYPED not in repr(taken)
    end([EndRequest(request.pk)])
    request.refresh_from_db()
    assert (request.sealed, request.sealed_by, request.state) == (None, "", "done")


def test_a_seal_fits_no_other_row(link: FakeLink, site: Installation) -> None:
    one = asked(site, scene.direct(password=NewPassword(TYPED)))
    other = asked(site)
    GatewayRequest.objects.filter(pk=other.pk).update(sealed=one.sealed, sealed_by=one.sealed_by)
    with pytest.raises(KeyringError):
        claim(other.pk, scene.NODE)


def test_the_stored_password_goes_to_its_own_server_only(link: FakeLink, site: Installation) -> None:
    save_all(site, scene.direct(password=NewPassword(TYPED)))
    site.refresh_from_db()
    kept = asked(site)
    assert kept.payload["password"] == PasswordUse.KEPT
    taken = claim(kept.pk, scene.NODE)
    assert taken is not None
    assert taken.keys == (TYPED.encode(),)
    for url in ("wss://elsewhere.example.com/{deviceId}", "ws://ocpp.example.com/devices/{deviceId}"):
        elsewhere = asked(site, scene.direct(url=url))
        assert elsewhere.payload["password"] == PasswordUse.WITHHELD
        taken = claim(elsewhere.pk, scene.NODE)
        assert taken is not None
        assert taken.keys == ()
    cleared = asked(site, scene.direct(password=ClearPassword()))
    assert cleared.payload["password"] == PasswordUse.NONE


def test_a_bus_that_is_away_ends_it_at_once(link: FakeLink, site: Installation) -> None:
    link.available = False
    request = asked(site, scene.direct(password=NewPassword(TYPED)))
    request.refresh_from_db()
    assert (request.state, request.error, request.sealed) == ("failed", "bus_away", None)
    assert claim(request.pk, scene.NODE) is None


def test_without_a_gateway_nobody_waits(link: FakeLink, site: Installation) -> None:
    GatewayNode.objects.update(seen_at=timezone.now() - timedelta(minutes=1))
    request = asked(site)
    assert (request.state, request.error) == ("failed", "no_gateway")
    assert link.told == []  # type: ignore[attr-defined]


@pytest.mark.parametrize(("taken", "error"), [(False, "no_gateway"), (True, "outcome_unknown")])
def test_the_deadline_ends_what_nobody_ended(link: FakeLink, site: Installation, taken: bool, error: str) -> None:
    request = asked(site)
    if taken:
        assert claim(request.pk, scene.NODE) is not None
    past = timezone.now() - timedelta(minutes=1)
    GatewayRequest.objects.update(deadline_at=past)
    request.refresh_from_db()
    assert (settle(request).state, request.error) == ("failed", error)
    assert claim(request.pk, scene.NODE) is None
    end([EndRequest(request.pk, result={"late": True})])
    request.refresh_from_db()
    assert (request.error, request.result) == (error, {})


def test_the_sweep_ends_and_forgets(link: FakeLink, site: Installation) -> None:
    late, old, young = asked(site), asked(site), asked(site)
    now = timezone.now()
    GatewayRequest.objects.filter(pk=late.pk).update(deadline_at=now - timedelta(minutes=1))
    for row, ended_at in ((old, now - KEPT - timedelta(minutes=1)), (young, now)):
        GatewayRequest.objects.filter(pk=row.pk).update(state="done", ended_at=ended_at)
    sweep()
    assert set(GatewayRequest.objects.values_list("pk", "state")) == {(late.pk, "failed"), (young.pk, "done")}


def test_who_lost_the_right_meanwhile_gets_nothing_done(link: FakeLink, site: Installation) -> None:
    request = asked(site)
    Grant.objects.filter(installation=site).delete()
    assert claim(request.pk, scene.NODE) is None
    request.refresh_from_db()
    assert (request.state, request.error) == ("failed", "not_allowed")


def test_too_many_tests_are_refused_with_the_time_to_wait(link: FakeLink, site: Installation) -> None:
    for _count in range(TESTS_OF_INSTALLATION):
        asked(site)
    with pytest.raises(Throttled) as refused:
        asked(site)
    assert 1 <= refused.value.retry_seconds <= 60


@pytest.mark.parametrize(
    ("draft", "device_id", "code", "pointer"),
    [
        (Draft("native"), "", "no_backend", "/mode"),
        (scene.direct(url="https://x.example.com"), "", "scheme", "/server_url"),
        (scene.direct(url=""), "", "no_url", "/server_url"),
        (scene.direct(password=NewPassword("short")), "", "password", "/initial_device_password"),
        (scene.direct(), "ZCS9", "unknown_charger", "/device_id"),
    ],
)
def test_a_draft_that_leaves_nothing_to_dial_is_refused_by_field(
    link: FakeLink, site: Installation, draft: Draft, device_id: str, code: str, pointer: str
) -> None:
    with pytest.raises(Invalid) as refused:
        asked(site, draft, device_id=device_id)
    assert (refused.value.faults[0].code, refused.value.faults[0].pointer) == (code, pointer)
    assert not GatewayRequest.objects.exists()


def test_an_end_without_forgetting_is_impossible(link: FakeLink, site: Installation) -> None:
    request = asked(site, scene.direct(password=NewPassword(TYPED)))
    with pytest.raises(IntegrityError), transaction.atomic():
        GatewayRequest.objects.filter(pk=request.pk).update(state="done", ended_at=timezone.now())


def test_every_fault_of_the_door_has_its_sentence_and_every_step_its_name() -> None:
    assert FAULTS.keys() == {fault.value for fault in Fault}
    assert list(STEPS) == [step.value for step in Step]
    sentences = {error_sentence("backend_test", fault) for fault in Fault}
    assert len(sentences) == len(Fault)
    assert "only a charger on the site" in error_sentence("backend_test", "address_refused", "ocpp_direct")
