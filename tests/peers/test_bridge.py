"""Charge points and central systems that share no code with us charge with each other through the bridge."""

from pathlib import Path
from typing import Any

import pytest

from chargers.models import UpstreamMessage
from installations.ocpp_url.host import Doors
from tests.loop.bridge.scene import put_in_cloud
from tests.loop.gateway_world import eventually, make_charger
from tests.peers.backends import PASSWORD as BACKEND_PASSWORD
from tests.peers.backends import NodeBackend, PythonBackend
from tests.peers.gateway import PASSWORD, Node, give_password, in_database
from tests.peers.node import NodePeer
from tests.peers.python import PythonPeer
from tests.upstream_record import ABOUT_SESSIONS, judge

pytestmark = pytest.mark.core
IDENTITY = "PEER-0001"
KEEP = {"vendor": "Portal Simulator", "model": "Keep", "keys": {"MeterValueSampleInterval": "30"}}
LOCAL_LIST = {"listVersion": 7, "updateType": "Full", "localAuthorizationList": [{"idTag": "PEER-CARD"}]}
CALLS: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("RemoteStartTransaction", {"idTag": "PEER-CARD", "connectorId": 1}, {"status": "Accepted"}),
    ("ChangeAvailability", {"connectorId": 0, "type": "Operative"}, {"status": "Accepted"}),
    ("ChangeConfiguration", {"key": "MeterValueSampleInterval", "value": "60"}, {"status": "Accepted"}),
    ("ChangeConfiguration", {"key": "CentralSystemURL", "value": "ws://x"}, {"status": "NotSupported"}),
    ("ChangeConfiguration", {"key": "HeartbeatInterval", "value": "120"}, {"status": "Accepted"}),
    ("UnlockConnector", {"connectorId": 1}, {"status": "Unlocked"}),
    ("ClearCache", {}, {"status": "Accepted"}),
    ("SendLocalList", LOCAL_LIST, {"status": "Accepted"}),
    ("GetLocalListVersion", {}, {"listVersion": 7}),
    ("TriggerMessage", {"requestedMessage": "StatusNotification"}, {"status": "Accepted"}),
    ("RemoteStopTransaction", {"transactionId": 1}, {"status": "Rejected"}),
    ("Reset", {"type": "Soft"}, {"status": "Accepted"}),
]


def register(port: int) -> None:
    give_password(make_charger(IDENTITY))
    put_in_cloud(f"ws://127.0.0.1:{port}/ocpp/{{deviceId}}", password=BACKEND_PASSWORD)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("upstream", [PythonBackend, NodeBackend])
@pytest.mark.parametrize("kind", [PythonPeer, NodePeer])
async def test_peers_charge_through_the_bridge(
    kind: type[PythonPeer | NodePeer], upstream: type[PythonBackend | NodeBackend], tmp_path: Path
) -> None:
    async with upstream(tmp_path) as backend:
        await in_database(lambda: register(backend.port))
        async with (
            Node(doors=Doors(loopback=True), backend_retry_seconds=0.2) as node,
            kind(node.url, IDENTITY, PASSWORD, **KEEP) as peer,
        ):
            assert await peer.boot() == "Accepted"
            await eventually(lambda: (up := node.gateway.bridges.upstreams.get(IDENTITY)) and up.connected)
            assert (await peer.heartbeat()).endswith("Z")
            assert await peer.charge() > 0
            assert await peer.charge() > 0
            for method, params, answer in CALLS:
                assert await backend.call(IDENTITY, method, params) == answer, method
            shown = await backend.call(IDENTITY, "GetConfiguration", {"key": ["HeartbeatInterval", "AuthorizationKey"]})
            assert [row["value"] for row in shown["configurationKey"]] == ["120"]
            assert shown["unknownKey"] == ["AuthorizationKey"]
            if isinstance(backend, NodeBackend):
                assert await peer.transfer("abc") == {"status": "Accepted", "data": "heard abc"}
            await eventually(lambda: not UpstreamMessage.objects.filter(ended_at=None).exists())
            told = {IDENTITY: [one for one in peer.sent if one[0] in ABOUT_SESSIONS]}
            verdict = judge(told, backend.heard())
            assert (verdict.starts, verdict.messages, verdict.repeated) == (2, 6, 0)
            await peer.orphan()
            await eventually(lambda: not UpstreamMessage.objects.filter(ended_at=None).exists())
            assert backend.heard()[-1].payload["transactionId"] == -1
            statuses = [one.payload for one in backend.heard() if one.action == "StatusNotification"]
            assert {one["connectorId"] for one in statuses} == {0, 1}
            forwarded = {method for method, _params in peer.received}
            assert forwarded == {method for method, _params, _answer in CALLS} - {
                "TriggerMessage",
                "RemoteStopTransaction",
            }
            assert backend.protocols == ["ocpp1.6"]
            assert (peer.violations, backend.violations) == ([], [])
