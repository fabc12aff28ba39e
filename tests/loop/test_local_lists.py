"""The cards of a native site get into its chargers' own lists, and out again; the simulated charger judges by them."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction
from django.db.models.functions import Now

from accounts.models import User
from chargers.models import Charger, Connector, LocalList
from chargers.services.local_lists import send_local_list
from gateway import local_lists
from gateway.server import Gateway
from installations.models import AuthenticationRevision, IdTag, Installation
from tests.loop.gateway_world import ScriptedCharger, db, eventually, make_charger, running
from tests.loop.simulated import Simulated, simulated


@pytest.fixture
async def gateway(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Gateway]:
    monkeypatch.setattr(local_lists, "LOOK_SECONDS", 0.1)
    async with running("picows") as node:
        yield node


async def registered(gateway: Gateway, cards: int) -> Charger:
    def rows() -> Charger:
        charger = make_charger(required=True)
        add_cards(charger.installation, *(f"CARD{number:03}" for number in range(cards)))
        return charger

    row = await db(rows)
    await eventually(lambda: gateway.directory.find("ZCS000001"))
    return row


def add_cards(site: Installation, *tags: str, **fields: Any) -> None:
    IdTag.objects.bulk_create(IdTag(installation=site, id_tag=tag, **fields) for tag in tags)


def exchange(site: Installation, old: str, new: str) -> None:
    with transaction.atomic():
        IdTag.objects.filter(id_tag=old).delete()
        add_cards(site, new, blocked=True)


def to_mode(mode: str) -> None:
    site = Installation.objects.get()
    assert site.revision is not None
    revision = AuthenticationRevision.objects.create(
        installation=site, number=site.revision.number + 1, mode=mode, authorization_required=True, digest="0" * 64
    )
    Installation.objects.update(revision=revision)
    Charger.objects.update(applied_revision=revision, directory_at=Now())


def kept(**fields: Any) -> LocalList | None:
    return LocalList.objects.filter(**fields).first()


def kinds(charger: Simulated) -> list[str]:
    return [line["payload"]["updateType"] for line in charger.heard("SendLocalList")]


async def test_cards_come_change_and_leave_with_the_mode(gateway: Gateway, tmp_path: Path) -> None:
    row = await registered(gateway, 5)
    async with simulated(gateway, tmp_path) as charger:
        charger.point.configuration.set("SendLocalListMaxLength", "3")
        first = await eventually(lambda: kept(state="sent", cards=5))
        assert kinds(charger) == ["Full", "Differential"]
        assert first.version == charger.point.cards.version
        assert set(charger.point.cards.entries) == {f"CARD00{number}" for number in range(5)}

        await db(lambda: exchange(row.installation, "CARD000", "NEW"))
        await eventually(lambda: kept(state="sent", version=first.version + 1))
        assert kinds(charger)[2:] == ["Differential"]
        assert charger.point.cards.entries["NEW"] == ("Blocked", None)
        assert "CARD000" not in charger.point.cards.entries

        charger.point.cards.version = 70  # somebody else wrote to it
        await db(lambda: add_cards(row.installation, "NEWER"))
        await eventually(lambda: kept(state="sent", version=72))
        assert kinds(charger)[3:] == ["Full", "Differential"]
        assert len(charger.point.cards.entries) == 6

        await db(lambda: to_mode("ocpp_direct"))
        await eventually(lambda: kept(state="sent", cards=0))
        assert charger.point.cards.entries == {}
        await db(lambda: to_mode("native"))
        await eventually(lambda: kept(state="sent", cards=6))
        assert len(charger.point.cards.entries) == 6


async def test_a_list_is_sent_anew_when_somebody_wants_it(gateway: Gateway, tmp_path: Path) -> None:
    row = await registered(gateway, 2)

    def ask() -> LocalList:
        return send_local_list(charger=Charger.objects.get(pk=row.pk), actor=User.objects.create_user("a@example.org"))

    async with simulated(gateway, tmp_path) as charger:
        first = await eventually(lambda: kept(state="sent", cards=2))
        charger.point.cards.entries.clear()  # nobody knows but the charger
        assert (await db(ask)).state == "waiting"
        await eventually(lambda: kept(state="sent", version=first.version + 1))
        assert kinds(charger) == ["Full", "Full"]
        assert len(charger.point.cards.entries) == 2


async def test_a_list_that_somebody_else_wrote_meanwhile_is_not_emptied(gateway: Gateway, tmp_path: Path) -> None:
    await registered(gateway, 2)
    async with simulated(gateway, tmp_path) as charger:
        await eventually(lambda: kept(state="sent", cards=2))
        charger.point.cards.version += 1
        await db(lambda: to_mode("ocpp_direct"))
        await eventually(lambda: kept(state="", cards=0))
        assert len(charger.point.cards.entries) == 2


async def test_what_finds_no_place_is_told_and_a_push_goes_first(gateway: Gateway, tmp_path: Path) -> None:
    await registered(gateway, 12)
    async with simulated(gateway, tmp_path) as charger:
        charger.point.configuration.set("LocalAuthListMaxLength", "10")
        await eventually(lambda: "ZCS000001" in gateway.connections)
        gateway.connections["ZCS000001"].pushing = True
        await eventually(lambda: Connector.objects.filter(number=1, status="Available").exists())
        await asyncio.sleep(0.5)
        assert charger.heard("SendLocalList") == []
        gateway.connections["ZCS000001"].pushing = False
        assert (await eventually(lambda: kept(state="sent", cards=10))).left_out == 2


async def test_a_charger_that_cannot_is_not_asked_again_until_its_firmware_changes(gateway: Gateway) -> None:
    await registered(gateway, 2)
    charger = await ScriptedCharger.booted(gateway)
    charger.configuration = {
        "SupportedFeatureProfiles": "Core,LocalAuthListManagement", "LocalAuthListEnabled": "true",
        "LocalAuthListMaxLength": "50", "SendLocalListMaxLength": "50",
    }  # fmt: skip
    charger.answers["GetLocalListVersion"] = lambda _payload: {"listVersion": 0}
    charger.answers["SendLocalList"] = lambda _payload: {"status": "NotSupported"}
    await eventually(lambda: kept(state="not_supported"))
    await asyncio.sleep(0.4)
    assert [action for action, _payload in charger.calls].count("SendLocalList") == 1
    charger.answers["SendLocalList"] = lambda _payload: {"status": "Accepted"}
    await db(lambda: Charger.objects.update(firmware="2.0"))
    await eventually(lambda: kept(state="sent", cards=2))
    await charger.close()


async def test_a_list_that_fails_is_sent_in_full_and_then_left_for_a_while(gateway: Gateway) -> None:
    await registered(gateway, 2)
    charger = await ScriptedCharger.booted(gateway)
    charger.configuration = {
        "SupportedFeatureProfiles": "Core,LocalAuthListManagement", "LocalAuthListEnabled": "true",
        "LocalAuthListMaxLength": "50", "SendLocalListMaxLength": "50",
    }  # fmt: skip
    charger.answers["GetLocalListVersion"] = lambda _payload: {"listVersion": 3}
    charger.answers["SendLocalList"] = lambda _payload: {"status": "Failed"}
    row = await eventually(lambda: kept(state="failed"))
    assert row.retry_at > row.changed_at
    await asyncio.sleep(0.4)
    sent = [payload["updateType"] for action, payload in charger.calls if action == "SendLocalList"]
    assert sent == ["Full", "Full"]
    await charger.close()
