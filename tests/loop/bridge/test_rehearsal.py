"""A backend tried step by step, with real sockets."""

from collections.abc import Sequence
from pathlib import Path

from gateway.bridge.dial import Fault, Step
from gateway.bridge.rehearsal import Rehearsed, Stage, StepState
from installations.ocpp_url.host import Doors
from tests.certificates import Authority
from tests.loop.bridge.backend import Backend, listening
from tests.loop.bridge.test_dial import accept, answering, names
from tests.loop.bridge.test_dial import backend as raw_backend

OPEN = Doors(loopback=True)


def states(told: Rehearsed) -> dict[str, str]:
    return {taken.step.value: taken.state.value for taken in told.steps}


async def test_a_backend_that_takes_the_charger(backend: Backend) -> None:
    url = f"ws://127.0.0.1:{backend.port}/ocpp/ZCS1"
    told = await Stage(OPEN).rehearse(url, "ZCS1", [b"secret-for-the-test"])
    assert told.fault is None
    assert states(told) == {step.value: "done" for step in Step} | {"tls": "needless"}
    assert (told.http_status, told.address) == (101, "127.0.0.1")
    assert backend.logins == [("ZCS1", b"secret-for-the-test")]
    times = [taken.milliseconds for taken in told.steps if taken.milliseconds is not None]
    assert times == sorted(times)
    assert told.milliseconds >= times[-1]


async def test_the_other_form_of_a_key_is_tried_when_the_first_is_refused() -> None:
    async with listening() as backend:
        backend.passwords = {b"00" * 16}
        told = await Stage(OPEN).rehearse(f"ws://127.0.0.1:{backend.port}/ocpp/ZCS1", "ZCS1", [bytes(16), b"00" * 16])
        assert told.fault is None
        assert len(backend.logins) == 2
        backend.passwords = {b"another"}
        told = await Stage(OPEN).rehearse(f"ws://127.0.0.1:{backend.port}/ocpp/ZCS1", "ZCS1", [b"wrong"])
    assert (told.fault, told.http_status) == (Fault.UNAUTHORIZED, 401)
    assert states(told)["status"] == "failed"
    assert states(told)["subprotocol"] == "not_reached"


async def test_a_step_that_fails_leaves_the_rest_unreached() -> None:
    async def unknown(_host: str, _port: int) -> Sequence[str]:
        raise OSError

    told = await Stage(OPEN, unknown).rehearse("wss://backend.example.com/ZCS1", "ZCS1", [])
    assert told.fault is Fault.NAME_NOT_FOUND
    assert list(states(told).values()) == ["done", "failed", *["not_reached"] * 5]
    inside = await Stage(Doors(), names("10.0.0.7")).rehearse("wss://backend.example.com/ZCS1", "ZCS1", [])
    assert inside.fault is Fault.ADDRESS_REFUSED
    assert inside.address == ""


async def test_encryption_is_a_step_of_its_own(tmp_path: Path) -> None:
    async def talk(request: bytes, writer: object) -> None:
        writer.write(accept(request))  # type: ignore[attr-defined]

    authority = Authority(tmp_path)
    stage = Stage(OPEN, names("127.0.0.1"))
    for name, fault in (("backend.example.com", None), ("other.example.com", Fault.TLS_NAME)):
        async with raw_backend(talk, tls=authority.server(name)) as (port, _requests):
            url = f"wss://backend.example.com:{port}/ZCS1"
            told = await stage.rehearse(url, "ZCS1", [], context=authority.context())
        assert told.fault is fault
        taken = next(one for one in told.steps if one.step is Step.TLS)
        assert taken.state is (StepState.FAILED if fault else StepState.DONE)
    async with raw_backend(answering(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")) as (port, _requests):
        told = await stage.rehearse(f"ws://127.0.0.1:{port}/ZCS1", "ZCS1", [])
    assert (told.fault, told.http_status, states(told)["tls"]) == (Fault.NOT_FOUND, 404, "needless")
