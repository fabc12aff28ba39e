"""Charge points that share no code with us boot, charge and take a pushed setting at our gateway."""

from typing import Any

import pytest

from chargers import doorbell
from chargers.models import Charger, ReportedSetting, Rollout, Transaction
from chargers.services import rollouts
from chargers.services.authentication import preview, save
from installations.models import Installation
from tests.db.chargers import scene
from tests.peers.gateway import PASSWORD, Node, give_password, in_database
from tests.peers.node import NodePeer
from tests.peers.python import PythonPeer

BACKEND = "wss://ocpp.example.com/devices/{deviceId}"
KEYS = {"CentralSystemURL": "", "FreeVendActive": "false", "FreeVendIdTag": ""}
KEEP = {"vendor": "Portal Simulator", "model": "Keep", "keys": KEYS}


@pytest.fixture(autouse=True)
def silent_doorbell(monkeypatch: pytest.MonkeyPatch) -> None:
    """No worker listens; the tests run the engine themselves."""
    monkeypatch.setattr(doorbell, "_send", lambda *_: True)


def register() -> Charger:
    installation = scene.site()
    installation.id_tags.create(id_tag="PEER-CARD")
    charger = Charger.objects.create(installation=installation, device_id="PEER1")
    give_password(charger)
    rollouts.add_charger(charger)
    return charger


def switch_to_direct(charger: Charger) -> None:
    installation = Installation.objects.get(pk=charger.installation_id)
    assert installation.revision is not None
    draft = scene.direct(BACKEND)
    revision = save(
        installation=installation,
        draft=draft,
        actor=scene.person(),
        expected_number=installation.revision.number,
        acknowledged={finding.code for finding in preview(installation=installation, draft=draft).warnings},
    )
    rollout = Rollout.objects.get(revision=revision)
    while rollouts.open_deliveries(rollout.pk):
        pass


def held(charger: Charger) -> dict[str, str | None]:
    return dict(ReportedSetting.objects.filter(charger=charger).values_list("key", "value"))


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("kind", [NodePeer, PythonPeer])
async def test_a_peer_boots_charges_and_takes_a_pushed_setting(kind: type[NodePeer | PythonPeer]) -> None:
    charger = await in_database(register)
    options: dict[str, Any] = {**KEEP, "keys": dict(KEYS)}
    async with Node() as node, kind(node.url, "PEER1", PASSWORD, **options) as peer:
        assert await peer.boot() == "Accepted"
        assert (await peer.heartbeat()).endswith("Z")
        number = await peer.charge()
        session = await in_database(lambda: Transaction.objects.get(pk=number))
        assert (session.id_tag, session.meter_stop) == ("PEER-CARD", 5500)
        await node.engine_until(charger, "applied")

        await in_database(lambda: switch_to_direct(charger))
        await node.engine_until(charger, "applied")

        writes = [params for method, params in peer.received if method == "ChangeConfiguration"]
        assert writes == [{"key": "CentralSystemURL", "value": "wss://ocpp.example.com/devices/PEER1"}]
        fences = [params["type"] for method, params in peer.received if method == "ChangeAvailability"]
        assert fences.count("Inoperative") == fences.count("Operative") >= 1
        assert fences[-1] == "Operative"
        assert (await in_database(lambda: held(charger)))["CentralSystemURL"] == "wss://ocpp.example.com/devices/PEER1"
        assert peer.violations == []


@pytest.mark.django_db(transaction=True)
async def test_a_peer_with_a_wrong_password_stays_outside() -> None:
    await in_database(register)
    async with Node() as node:
        with pytest.raises(Exception, match="401"):
            async with PythonPeer(node.url, "PEER1", "Wrong0Password012345"):
                pass
        assert node.gateway.connections == {}
