"""Known secrets go through everything; afterwards they stand in no answer but their own, no log and no row."""

import logging
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from tests.db.api.conftest import World

CANARY = "Canary0Zq7Password01"


def text_of_the_database() -> str:
    """Every row of every table as PostgreSQL writes it; bytes as hexadecimal digits."""
    found = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT row::text FROM "{table}" AS row')
            found += [row for (row,) in cursor.fetchall()]
    return "\n".join(found)


def test_secrets_stand_nowhere(world: World, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    path = f"/installations/{world.site.pk}/authentication/"
    body: dict[str, Any] = {
        "mode": "ocpp_direct",
        "server_url": "wss://ocpp.example.com/{deviceId}",
        "initial_device_password": CANARY,
    }
    answers = [world["service"]("POST", f"{path}preview/", body, Idempotency_Key="p")]
    codes = [row["code"] for row in answers[0].json()["warnings"]]
    answers += [
        world["service"]("PUT", path, {**body, "acknowledge": codes}, If_Match='"1"'),
        world["service"]("PUT", path, {**body, "server_url": "x"}, If_Match='"2"'),
        world["service"]("PUT", path, {**body, "colour": "red"}, If_Match='"2"'),
        world["service"]("PUT", path, {**body, "initial_device_password": [CANARY]}, If_Match='"2"'),
        world["service"]("POST", f"{path}revisions/1/restore/", {"acknowledge": ["no_charge_card"]}, If_Match='"2"'),
        world["viewer"]("GET", path),
        world["viewer"]("GET", f"{path}revisions/"),
        world["viewer"]("GET", "/rollouts/"),
        world["viewer"]("GET", "/chargers/"),
    ]
    assert answers[1].status_code == 202, answers[1].content
    registered = world["service"](
        "POST", "/chargers/", {"device_id": "CANARY1", "installation": world.site.pk}, Idempotency_Key="k"
    )
    ends = (timezone.now() + timedelta(hours=1)).isoformat()
    issued = world["owner"](
        "POST", "/tokens/", {"name": "t", "scopes": ["read"], "expires_at": ends}, Idempotency_Key="k"
    )
    secrets = [CANARY, registered.json()["link"]["password"], issued.json()["token"]]
    shown = "\n".join(answer.content.decode() + str(dict(answer.headers)) for answer in answers)
    logged = "\n".join(record.getMessage() for record in caplog.records)
    stored = text_of_the_database()
    assert "CANARY1" in stored, "the search looks at the rows"
    for secret in secrets:
        assert secret not in shown
        assert secret not in logged
        assert secret not in stored
        assert secret.encode().hex() not in stored
