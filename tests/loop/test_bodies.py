"""The web process bounds every body by itself, whether its length is told or not, before anything keeps it."""

import asyncio
import json
from typing import Any

import pytest

from tests.db.chargers import scene
from tests.loop.gateway_world import db
from tests.loop.web import web


async def ask(
    address: str, path: str, *, length: int, chunked: bool, kind: str = "application/json"
) -> tuple[int, str]:
    """Sends the head and as much of the body as is taken; status and body of the answer."""
    host, port = address.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    size = "Transfer-Encoding: chunked" if chunked else f"Content-Length: {length}"
    head = f"POST {path} HTTP/1.1\r\nHost: {host}\r\nContent-Type: {kind}\r\nConnection: close\r\n{size}\r\n\r\n"
    writer.write(head.encode())
    block = b"x" * 65_536
    for place in range(0, length, len(block)):
        part = block[: length - place]
        writer.write(b"%x\r\n%s\r\n" % (len(part), part) if chunked else part)
        await writer.drain()
    if chunked:
        writer.write(b"0\r\n\r\n")
    answer = (await asyncio.wait_for(reader.read(), 20)).decode()
    writer.close()
    return int(answer.split(" ", 2)[1]), answer.partition("\r\n\r\n")[2]


@pytest.mark.parametrize("chunked", [False, True])
async def test_a_body_that_is_too_long_is_answered_before_it_is_kept(
    transactional_db: None, settings: Any, chunked: bool
) -> None:
    settings.REQUEST_MOST_BYTES = 1024 * 1024
    settings.DIAGNOSTICS_MAX_MIB = 2
    charger = await db(lambda: scene.charger(scene.site(), "ZCS000001"))
    await db(lambda: scene.diagnostics(charger))
    mib, upload = 1024 * 1024, f"/diagnostics/{scene.TOKEN}ZCS000001"
    async with web() as address:
        status, body = await ask(address, "/api/v1/installations/", length=mib + 1, chunked=chunked)
        assert (status, json.loads(body)["code"], json.loads(body)["most_bytes"]) == (413, "too_large", mib)
        assert (await ask(address, "/api/v1/installations/", length=mib, chunked=chunked))[0] == 401
        status, body = await ask(address, "/sign-in/", length=3 * mib, chunked=chunked)
        assert (status, "at most 1 MiB" in body, "<html" in body) == (413, True, True)
        status, body = await ask(address, upload, length=3 * mib, chunked=chunked)
        assert (status, json.loads(body)["most_bytes"]) == (413, 2 * mib)
        assert (await ask(address, upload, length=2 * mib, chunked=chunked))[0] == 201
        assert (await ask(address, "/diagnostics/unknown", length=3 * mib, chunked=chunked))[0] == 404
