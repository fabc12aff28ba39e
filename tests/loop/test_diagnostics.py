"""GetDiagnostics from the order to the file: a real gateway, a charger that uploads over HTTP, the web process."""

import asyncio
import json
import logging
import urllib.error
import urllib.request
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import User
from accounts.tokens import issue_token
from chargers.models import DiagnosticsUpload, GatewayRequest, Message
from tests.db.api.test_canary import text_of_the_database
from tests.loop.gateway_world import ScriptedCharger, db, eventually, make_charger
from tests.loop.test_commands import answer, idle, order
from tests.loop.test_requests import owner, serving, watch_redis
from tests.loop.web import web

FILE = b"what a maker wants to know\n" * 1000


async def send(url: str, body: bytes = FILE, *, method: str = "PUT", **headers: str) -> tuple[int, bytes]:
    def do() -> tuple[int, bytes]:
        request = urllib.request.Request(url, body or None, headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=20) as got:
                return got.status, got.read()
        except urllib.error.HTTPError as error:
            return error.code, error.read()

    return await asyncio.to_thread(do)


def upload() -> DiagnosticsUpload:
    return DiagnosticsUpload.objects.latest("pk")


def bearer(person: User) -> str:
    ends = timezone.now() + timedelta(hours=1)
    return f"Bearer {issue_token(user=person, name='t', scopes=['read', 'commands:write'], expires_at=ends)[1]}"


async def test_a_charger_uploads_its_diagnostics_and_nobody_else_learns_where(
    transactional_db: None, settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    await db(make_charger)
    person = await db(owner)
    seen: list[str] = []
    watching = asyncio.create_task(watch_redis(seen))
    async with web() as address, serving() as gateway:
        settings.DIAGNOSTICS_UPLOAD_URL = f"{address}/"
        await eventually(lambda: gateway.directory.find("ZCS000001"))
        charger = await ScriptedCharger.booted(gateway)
        await eventually(lambda: idle(gateway))
        # A careless charger names its file by the whole address.
        charger.answers["GetDiagnostics"] = lambda body: {"fileName": f"{body['location']}/log.zip"}
        asked = await order(person, "get_diagnostics", retries=1, retry_interval=60)
        assert (asked.error, asked.result) == ("", {"status": "Accepted", "file_name": "log.zip"})
        location = charger.calls[-1][1]["location"]
        assert charger.calls[-1][1] == {"location": location, "retries": 1, "retryInterval": 60}
        connection_ = gateway.connections["ZCS000001"]
        assert connection_.busy_reason() == "diagnostics"
        await charger.send("DiagnosticsStatusNotification", {"status": "Uploading"})
        assert connection_.busy_reason() == "diagnostics"

        assert (await send(f"{address}/diagnostics/{'x' * 43}"))[0] == 404
        assert (await send(f"{location}/log.zip"))[0] == 201
        assert (await send(location, FILE * 2, method="POST"))[0] == 201
        await charger.send("DiagnosticsStatusNotification", {"status": "Uploaded"})
        await eventually(lambda: upload().ended_at is not None and upload().status == "Uploaded")
        assert await eventually(lambda: idle(gateway))
        assert (await send(location))[0] == 410

        path = f"{address}/api/v1/chargers/ZCS000001/commands/{asked.pk}/"
        token = await db(lambda: bearer(person))
        told = json.loads((await send(path, b"", method="GET", Authorization=token))[1])
        assert (told["diagnostics"]["state"], told["diagnostics"]["size"]) == ("received", 2 * len(FILE))
        download = f"{address}{told['diagnostics']['download']}"
        assert await send(download, b"", method="GET", Authorization=token) == (200, FILE * 2)
        await charger.close()
        await eventually(lambda: Message.objects.filter(action="GetDiagnostics").exists())
        kept = await db(lambda: Message.objects.get(action="GetDiagnostics"))
        assert "[removed]" in kept.payload
    watching.cancel()
    secret = location.rpartition("/")[2]
    logged = "\n".join(record.getMessage() for record in caplog.records)
    assert "diagnostics/" in logged, "the server's own log of requests was looked at"
    for text in (logged, "\n".join(seen), await db(text_of_the_database)):
        assert secret not in text


async def test_what_a_charger_says_instead(transactional_db: None) -> None:
    await db(make_charger)
    person = await db(owner)
    async with serving() as gateway:
        await eventually(lambda: gateway.directory.find("ZCS000001"))
        charger = await ScriptedCharger.booted(gateway)
        await eventually(lambda: idle(gateway))
        charger.answers["GetDiagnostics"] = lambda _body: {}
        assert await answer(person, "get_diagnostics") == "Accepted"
        assert gateway.connections["ZCS000001"].is_idle()
        gateway.connections["ZCS000001"].pushing = True
        assert await answer(person, "get_diagnostics") == "busy"
        gateway.connections["ZCS000001"].pushing = False
        charger.answers["GetDiagnostics"] = lambda _body: {"fileName": 3}
        assert await answer(person, "get_diagnostics") == "invalid_answer"
        assert await db(lambda: upload().ended_at) is not None
        assert await db(lambda: GatewayRequest.objects.filter(diagnostics__isnull=False).count()) == 2
        await charger.close()
