"""From a person's request to the answer in its row: the service, Redis, a real gateway, a real backend."""

import asyncio
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
import redis
from django.conf import settings as django_settings

from accounts.models import User
from chargers.models import GatewayRequest
from chargers.services.backend_trial import try_backend
from gateway.commands import serve_orders
from gateway.server import Gateway
from installations.authentication import Draft, NewPassword
from installations.models import Grant, Installation
from tests.loop.bridge.backend import listening
from tests.loop.gateway_world import db, eventually, make_charger, running

TYPED = "Typed0Password012345"


@asynccontextmanager
async def serving() -> AsyncIterator[Gateway]:
    """A gateway that reads its list in Redis, under a name nobody else uses."""
    async with running("picows", f"test-{secrets.token_hex(4)}") as gateway:
        gateway.spawn(serve_orders(gateway, django_settings.REDIS_URL))
        yield gateway


def owner() -> User:
    person = User.objects.create_user("owner@example.org")
    Grant.objects.create(installation=Installation.objects.get(), user=person, role="owner")
    return person


def ask(person: User, url: str, password: str = TYPED) -> GatewayRequest:
    draft = Draft("ocpp_direct", url, NewPassword(password))
    return try_backend(installation=Installation.objects.get(), draft=draft, actor=person)


async def ended(request: GatewayRequest) -> GatewayRequest:
    found: GatewayRequest = await eventually(
        lambda: GatewayRequest.objects.filter(pk=request.pk, ended_at__isnull=False).first(), seconds=15
    )
    return found


async def watch_redis(seen: list[str]) -> None:
    """Every command that reaches Redis, as text."""
    async with redis.asyncio.Redis.from_url(django_settings.REDIS_URL) as client, client.monitor() as monitor:
        while True:
            seen.append(str(await monitor.next_command()))


async def test_a_backend_is_tried_and_the_password_goes_to_it_alone(transactional_db: None, settings: Any) -> None:
    settings.ALLOW_LOOPBACK_BACKENDS = True
    await db(make_charger)
    person = await db(owner)
    seen: list[str] = []
    watching = asyncio.create_task(watch_redis(seen))
    async with listening() as backend, serving() as gateway:
        await eventually(lambda: bool(seen) or redis.Redis.from_url(django_settings.REDIS_URL).ping())
        good = await ended(await db(lambda: ask(person, backend.url)))
        assert (good.state, good.error, good.node) == ("done", "", gateway.node)
        assert [step["state"] for step in good.result["steps"]] == [*["done"] * 4, "needless", "done", "done"]
        assert backend.logins == [("ZCS000001", TYPED.encode())]
        assert good.sealed is None

        backend.passwords = {b"another"}
        bad = await ended(await db(lambda: ask(person, backend.url)))
        assert (bad.state, bad.error, bad.result["http_status"]) == ("failed", "unauthorized", 401)
        # Told again by whoever: taken already, so nothing is dialled.
        count = len(backend.logins)
        await gateway.requests.carry_out(good.pk)
        assert len(backend.logins) == count
    watching.cancel()
    told = "\n".join(seen)
    assert f'{{"request": {good.pk}}}' in told or f'\\"request\\": {good.pk}' in told
    assert TYPED not in told
    assert "ocpp/ZCS" not in told


async def test_what_breaks_inside_is_told_as_such(
    transactional_db: None, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.ALLOW_LOOPBACK_BACKENDS = True
    await db(make_charger)
    person = await db(owner)

    async def broken(*_arguments: object) -> None:
        raise LookupError

    async with serving() as gateway:
        monkeypatch.setattr(gateway.requests._stage, "rehearse", broken)
        request = await ended(await db(lambda: ask(person, "ws://127.0.0.1:9/{deviceId}")))
    assert (request.state, request.error) == ("failed", "broken")
