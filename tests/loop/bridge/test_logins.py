"""Passwords at backends: whatever is killed when, the old or the new one gets in; and nobody else learns of them."""

import asyncio
from typing import Any

import pytest

from chargers.models import UpstreamLink
from gateway.bridge import downward
from gateway.bridge.bridges import Bridges
from gateway.server import Gateway
from gateway.store.jobs import TellUpstream
from installations.models import Installation, Secret
from installations.services.secrets import reveal
from tests.loop.bridge.backend import Backend, listening
from tests.loop.bridge.scene import KEY, put_in_cloud
from tests.loop.bridge.telling import DEVICE, Teller
from tests.loop.gateway_world import ScriptedCharger, db, eventually, running

pytestmark = pytest.mark.core
NEW = "Another-Key-0123456"
CHANGE = {"key": "AuthorizationKey", "value": NEW}
OLD_KEY, NEW_KEY = KEY.encode(), NEW.encode()


def stored() -> set[str]:
    link = UpstreamLink.objects.select_related("secret", "candidate").get()
    return {reveal(one) for one in (link.secret, link.candidate) if one is not None}


# Between any two instructions: in front of these, the gateway dies.
CRASHES = ["before the commit", "before the answer", "before the login", "before the boot", "before the proof is kept"]


@pytest.mark.parametrize("backend_has", ["old", "new", "both"])
@pytest.mark.parametrize("crash", CRASHES)
async def test_a_rotation_killed_anywhere_leaves_a_key_that_logs_in(
    transactional_db: None,
    settings: Any,
    backend: Backend,
    monkeypatch: pytest.MonkeyPatch,
    crash: str,
    backend_has: str,
) -> None:  # fmt: skip
    """The backend may have taken the answer for given, or not: it knows the old key, the new one, or both."""
    if crash == "before the commit" and backend_has == "new":
        return  # it was never told Accepted
    if crash in CRASHES[3:] and backend_has == "old":
        return  # the new one has logged in
    settings.ALLOW_LOOPBACK_BACKENDS = True
    backend.passwords = {OLD_KEY}
    async with running("picows") as gateway:
        teller = await Teller.bridged(gateway, backend)
        await teller.online()
        dead = asyncio.Event()
        _die_at(crash, teller, monkeypatch, dead)
        asking = asyncio.create_task(backend.ask("ChangeConfiguration", CHANGE))
        if crash in CRASHES[2:]:
            await asking
            backend.passwords = {OLD_KEY, NEW_KEY}
        await asyncio.wait_for(dead.wait(), 10)
        asking.cancel()
        await backend.vanish()
        monkeypatch.undo()
        settings.ALLOW_LOOPBACK_BACKENDS = True
        await teller.charger.close()
    backend.passwords = {"old": {OLD_KEY}, "new": {NEW_KEY}, "both": {OLD_KEY, NEW_KEY}}[backend_has]
    await backend.listen()
    boots = len(backend.heard("BootNotification"))
    async with running("picows") as gateway:
        await eventually(lambda: (found := gateway.directory.find(DEVICE)) and found.backend)
        charger = await ScriptedCharger.booted(gateway)
        await backend.hears("BootNotification", boots + 1)
        await eventually(lambda: gateway.bridges.upstreams[DEVICE].connected)
        assert backend.logins[-1][1] in backend.passwords
        await charger.close()


def _die_at(crash: str, teller: Teller, monkeypatch: pytest.MonkeyPatch, dead: asyncio.Event) -> None:
    """As by kill -9, as far as the backend and the database can see: nothing more is done."""

    async def never(*_: Any) -> Any:
        dead.set()
        await asyncio.Event().wait()

    async def keep_and_die(desk: Bridges, *arguments: Any) -> Any:
        await keep_key(desk, *arguments)
        return await never()

    keep_key, put = Bridges.keep_key, Bridges.put

    def put_or_die(desk: Bridges, job: Any) -> None:
        if isinstance(job, TellUpstream) and job.state == "connected":
            dead.set()
        elif not dead.is_set():
            put(desk, job)

    match crash:
        case "before the commit":
            monkeypatch.setattr(Bridges, "keep_key", never)
        case "before the answer":
            monkeypatch.setattr(Bridges, "keep_key", keep_and_die)
        case "before the login":
            monkeypatch.setattr(Bridges, "dial", never)
        case "before the boot":
            monkeypatch.setattr(type(teller.upstream), "introduce", never)
        case _:
            monkeypatch.setattr(Bridges, "put", put_or_die)


async def test_one_rotation_right_after_another_loses_neither_key(gateway: Gateway, backend: Backend) -> None:
    """The second comes before it is written down that the first has logged in."""
    backend.passwords = {OLD_KEY}
    teller = await Teller.bridged(gateway, backend)
    await teller.online()
    put, kept = Bridges.put, []

    def put_off(job: Any) -> bool:
        kept.append(job)
        return True

    gateway.bridges.put = put_off  # type: ignore[method-assign]
    await backend.ask("ChangeConfiguration", CHANGE)
    backend.passwords = {NEW_KEY}
    await backend.hears("BootNotification", 2)
    await teller.online()
    third, before = "A-Third-Key-01234567", len(backend.logins)
    assert await backend.ask("ChangeConfiguration", {**CHANGE, "value": third}) == {"status": "Accepted"}
    assert await db(stored) == {NEW, third}
    for job in kept:
        put(gateway.bridges, job)
    # With the third key, which is refused, and then with the one before.
    await eventually(lambda: len(backend.logins) >= before + 2)
    await teller.online()
    assert NEW in await db(stored)
    assert backend.logins[-1][1] == NEW_KEY
    await teller.charger.close()


@pytest.mark.parametrize("refusal", [401, 403, 0])
async def test_however_a_backend_says_that_a_key_is_wrong_the_one_before_is_tried(
    gateway: Gateway, backend: Backend, refusal: int
) -> None:
    """0: it lets everybody in, and hangs up."""
    backend.passwords, backend.refusal = {OLD_KEY}, refusal
    teller = await Teller.bridged(gateway, backend)
    await teller.online()
    await backend.ask("ChangeConfiguration", CHANGE)
    await backend.hears("BootNotification", 2)
    assert backend.logins[-1][1] == OLD_KEY
    await teller.charger.close()


async def test_a_password_that_people_enter_anew_is_tried_when_the_kept_ones_fail(
    gateway: Gateway, backend: Backend
) -> None:
    backend.passwords = {OLD_KEY}
    teller = await Teller.bridged(gateway, backend)
    await teller.online()
    await backend.ask("ChangeConfiguration", CHANGE)
    backend.passwords = {NEW_KEY}
    await backend.hears("BootNotification", 2)
    backend.passwords = {b"Entered-By-Hand-0123"}
    await db(lambda: put_in_cloud(backend.url, password="Entered-By-Hand-0123", number=3))
    await backend.hears("BootNotification", 3)
    assert backend.logins[-1][1] == b"Entered-By-Hand-0123"
    await eventually(lambda: stored() == {"Entered-By-Hand-0123"})
    await teller.charger.close()


async def test_a_backend_that_is_come_back_to_still_gets_the_key_it_gave(gateway: Gateway, backend: Backend) -> None:
    backend.passwords = {OLD_KEY}
    teller = await Teller.bridged(gateway, backend)
    await teller.online()
    await backend.ask("ChangeConfiguration", CHANGE)
    backend.passwords = {NEW_KEY}
    await backend.hears("BootNotification", 2)
    await eventually(lambda: UpstreamLink.objects.get().candidate_id is None)
    async with listening() as other:
        await db(lambda: put_in_cloud(other.url, number=3))
        await other.hears("BootNotification")
        assert other.logins[-1][1] == OLD_KEY
        await eventually(lambda: UpstreamLink.objects.filter(state="connected").exists())
        await db(lambda: put_in_cloud(backend.url, number=4))
        await backend.hears("BootNotification", 3)
    assert backend.logins[-1][1] == NEW_KEY
    await teller.charger.close()


async def test_a_new_key_waits_for_the_answer_to_what_is_out(
    gateway: Gateway, backend: Backend, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The login with it must not make the backend hear a message twice."""
    monkeypatch.setattr(downward, "RELOGIN_SECONDS", 0.0)
    teller = await Teller.bridged(gateway, backend)
    await teller.online()
    backend.rest = 0.5
    await teller.session(meters=1)
    await backend.ask("ChangeConfiguration", CHANGE)
    await backend.hears("BootNotification", 2)
    assert (await teller.compare()).repeated == 0
    await teller.charger.close()


async def test_a_key_that_cannot_be_kept_is_refused_and_in_no_log(
    gateway: Gateway, backend: Backend, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    async def fail(_desk: Bridges, _charger_id: int, key: str, _shown: int | None) -> bool:
        raise ConnectionError(f"no database for {key}")

    teller = await Teller.bridged(gateway, backend)
    await teller.online()
    monkeypatch.setattr(Bridges, "keep_key", fail)
    assert await backend.ask("ChangeConfiguration", CHANGE) == "InternalError"
    monkeypatch.undo()
    assert await backend.ask("ChangeConfiguration", CHANGE) == {"status": "Accepted"}
    await backend.hears("BootNotification", 2)
    written = "".join(capfd.readouterr())
    assert "failed" in written
    assert NEW not in written
    assert KEY not in written
    assert not await db(lambda: [one for one in Secret.objects.all() if NEW.encode() in bytes(one.ciphertext)])
    assert not [payload for action, payload in teller.charger.calls if NEW in str(payload)]
    await teller.charger.close()


async def test_the_charger_s_own_password_goes_to_no_backend(gateway: Gateway, backend: Backend) -> None:
    from tests.loop.gateway_world import PASSWORD

    teller = await Teller.bridged(gateway, backend)
    await teller.online()
    await teller.session()
    await teller.compare()
    assert {key for _user, key in backend.logins} == {OLD_KEY}
    assert PASSWORD not in str(backend.calls)
    assert await db(lambda: Installation.objects.count()) == 1
    await teller.charger.close()
