"""A POST repeated with its Idempotency-Key is done once, whatever happens in between and at the same time."""

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from accounts.models import IdempotentRequest
from chargers.models import Charger
from installations.models import Installation
from tests.db.api.conftest import Caller, World, make_world


def test_the_second_answer_is_the_first_one_byte_for_byte(world: World) -> None:
    body = {"device_id": "NEW1", "installation": world.site.pk}
    first = world["service"]("POST", "/chargers/", body, Idempotency_Key="k1")
    second = world["service"]("POST", "/chargers/", body, Idempotency_Key="k1")
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.content == second.content
    assert second["Content-Type"] == first["Content-Type"] == "application/json"
    assert second["Idempotency-Replayed"] == "true"
    assert second["Location"] == first["Location"]
    assert second["ETag"] == first["ETag"]
    assert second["X-Request-ID"] != first["X-Request-ID"]
    assert Charger.objects.filter(device_id="NEW1").count() == 1


def test_a_kept_answer_hides_the_password_it_holds(world: World) -> None:
    body = {"device_id": "NEW1", "installation": world.site.pk}
    answer = world["service"]("POST", "/chargers/", body, Idempotency_Key="k1").json()
    kept = IdempotentRequest.objects.get()
    assert answer["link"]["password"].encode() not in bytes(kept.body)
    assert answer["link"]["password"] not in str(kept.headers)


def test_another_body_or_address_under_the_same_key_is_refused(world: World) -> None:
    world["owner"]("POST", "/installations/", {"name": "A"}, Idempotency_Key="k1")
    for path, body in (("/installations/", {"name": "B"}), ("/tokens/", {"name": "A"})):
        answer = world["owner"]("POST", path, body, Idempotency_Key="k1")
        assert answer.status_code == 422
        assert answer.json()["code"] == "idempotency_key_reused"


def test_keys_belong_to_a_person(world: World) -> None:
    for role in ("owner", "viewer"):
        assert world[role]("POST", "/installations/", {"name": "A"}, Idempotency_Key="k1").status_code == 201
    assert Installation.objects.filter(name="A").count() == 2


def test_a_refusal_is_not_kept(world: World) -> None:
    assert world["owner"]("POST", "/installations/", {"name": ""}, Idempotency_Key="k1").status_code == 422
    assert world["owner"]("POST", "/installations/", {"name": "A"}, Idempotency_Key="k1").status_code == 201


def test_a_key_is_forgotten_after_a_day(world: World) -> None:
    world["owner"]("POST", "/installations/", {"name": "A"}, Idempotency_Key="k1")
    IdempotentRequest.objects.update(created_at=timezone.now() - timedelta(hours=25))
    assert world["owner"]("POST", "/installations/", {"name": "B"}, Idempotency_Key="k1").status_code == 201


@pytest.mark.parametrize("key", ["", "x" * 201, "tab\there"])
def test_a_key_has_a_form(world: World, key: str) -> None:
    answer = world["owner"]("POST", "/installations/", {"name": "A"}, Idempotency_Key=key)
    assert answer.status_code == 400
    assert answer.json()["code"] == "idempotency_key"


def at_once(count: int, work: Any) -> list[Any]:
    """``work(place)`` in so many threads that start together; their results in order of place."""
    barrier, results = threading.Barrier(count), [None] * count

    def run(place: int) -> None:
        try:
            barrier.wait(10)
            results[place] = work(place)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(place,)) for place in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return results


@pytest.mark.django_db(transaction=True)
def test_eight_at_once_do_it_once() -> None:
    world = make_world()
    body = {"device_id": "RACE1", "installation": world.site.pk}

    def post(place: int) -> Any:
        return Caller(world["service"].token)("POST", "/chargers/", body, Idempotency_Key="race")

    answers = at_once(8, post)
    statuses = {answer.status_code for answer in answers}
    assert statuses <= {201, 409}
    assert 201 in statuses
    assert {answer.json()["code"] for answer in answers if answer.status_code == 409} <= {"request_running"}
    assert len({answer.content for answer in answers if answer.status_code == 201}) == 1
    assert Charger.objects.filter(device_id="RACE1").count() == 1


@pytest.mark.django_db(transaction=True)
def test_of_eight_saves_over_one_revision_one_wins() -> None:
    world = make_world()
    path = f"/installations/{world.site.pk}/authentication/"
    body = {"mode": "native", "authorization_required": False, "acknowledge": ["everybody_may_charge"]}

    def put(place: int) -> Any:
        return Caller(world["service"].token)("PUT", path, {**body, "note": str(place)}, If_Match='"1"')

    answers = at_once(8, put)
    assert sorted(answer.status_code for answer in answers) == [202] + [412] * 7, [a.content for a in answers]
    assert {answer["ETag"] for answer in answers} == {'"2"'}
    assert world.site.revisions.count() == 2


@pytest.mark.django_db(transaction=True)
def test_of_eight_registrations_of_one_serial_one_wins() -> None:
    world = make_world()

    def post(place: int) -> Any:
        pk = (world.site, world.elsewhere)[place % 2].pk
        caller = Caller(world["staff"].token)
        return caller("POST", "/chargers/", {"device_id": "ONE", "installation": pk})

    answers = at_once(8, post)
    assert sorted(answer.status_code for answer in answers) == [201] + [422] * 7, [a.content for a in answers]
    assert Charger.objects.filter(device_id="ONE").count() == 1
