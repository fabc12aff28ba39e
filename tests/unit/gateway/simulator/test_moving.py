"""Where a simulated charger connects, make by make."""

import hashlib

import pytest

from chargers.links.base import Encoding
from chargers.profiles import UrlForm, all_profiles
from gateway.simulator.values import BACKEND, MAIN
from tests.unit.gateway.simulator.bench import GATEWAY, PASSWORD, Bench

KEY = "Backend0Key012345678"
BASE = "ws://backend.test:9100/base"
OWN = f"{GATEWAY}/ZCS000001"


def test_every_make_starts_at_the_gateway_with_its_link_password() -> None:
    for name in all_profiles():
        endpoint = Bench(profile=name).point.wanted()[MAIN]
        assert (endpoint.url, endpoint.user, endpoint.key) == (OWN, "ZCS000001", PASSWORD.encode()), name


def test_a_keeping_charger_opens_a_second_connection_and_stays() -> None:
    bench = Bench().boot()
    assert bench.change("AuthorizationKey", KEY) == "Accepted"
    assert bench.read("AuthorizationKey") is None
    assert bench.read("AuthorizationKeyFingerprint") == hashlib.sha256(KEY.encode()).hexdigest()[:16]
    assert bench.change("CentralSystemURL", f"{BASE}/ZCS000001") == "Accepted"

    wanted = bench.point.wanted()
    assert wanted[MAIN].url == OWN
    assert wanted[MAIN].key == PASSWORD.encode()
    assert (wanted[BACKEND].url, wanted[BACKEND].user) == (f"{BASE}/ZCS000001", "ZCS000001")
    assert wanted[BACKEND].key == KEY.encode()

    bench.open(BACKEND)
    assert bench.said("BootNotification", BACKEND)
    bench.charge()
    assert len(bench.said("Authorize", BACKEND)) == 1
    assert bench.said("Authorize") == []
    assert len(bench.said("StartTransaction")) == len(bench.said("StartTransaction", BACKEND)) == 1

    assert bench.change("CentralSystemURL", "") == "Accepted"
    assert bench.hung_up == [BACKEND]
    assert bench.point.wanted().keys() == {MAIN}


def test_a_full_address_without_the_device_id_names_the_identity() -> None:
    bench = Bench().boot()
    bench.change("CentralSystemURL", f"{BASE}/Zap%2BName")
    assert bench.point.wanted()[BACKEND].user == "Zap+Name"


def test_a_new_key_makes_the_backend_link_log_in_again() -> None:
    bench = Bench().boot()
    bench.change("CentralSystemURL", f"{BASE}/ZCS000001")
    bench.open(BACKEND)
    bench.change("AuthorizationKey", KEY, BACKEND)
    bench.wait(1)
    assert bench.hung_up == [BACKEND]
    assert bench.point.wanted()[BACKEND].key == KEY.encode()


def test_a_moving_charger_moves_at_the_soft_reset_and_not_before() -> None:
    bench = Bench(profile="simulator-moving").boot()
    assert bench.change("AuthorizationKey", KEY) == "Accepted"
    assert bench.change("CentralSystemURL", BASE) == "RebootRequired"
    assert bench.point.wanted()[MAIN].url == OWN
    bench.ask("Reset", {"type": "Soft"})
    bench.wait(3)
    wanted = bench.point.wanted()
    assert wanted.keys() == {MAIN}
    assert (wanted[MAIN].url, wanted[MAIN].key) == (f"{BASE}/ZCS000001", KEY.encode())
    bench.open()
    assert len(bench.said("BootNotification")) == 2


def test_a_moving_charger_that_finds_nobody_falls_back_with_the_password_of_before() -> None:
    bench = Bench(profile="simulator-moving").boot()
    bench.change("AuthorizationKey", KEY)
    bench.change("CentralSystemURL", BASE)
    bench.ask("Reset", {"type": "Soft"})
    bench.wait(3)
    bench.close()
    bench.wait(bench.pace.fallback - 10, step=1)
    assert bench.point.wanted()[MAIN].url == f"{BASE}/ZCS000001"
    bench.wait(20, step=1)
    assert (bench.point.wanted()[MAIN].url, bench.point.wanted()[MAIN].key) == (OWN, PASSWORD.encode())
    bench.open()
    assert bench.read("CentralSystemURL") == GATEWAY


def test_a_lost_network_is_no_reason_to_forget_a_rotated_key() -> None:
    bench = Bench(profile="simulator-moving").boot()
    bench.change("AuthorizationKey", KEY)
    bench.close()
    bench.wait(bench.pace.fallback * 2, step=5)
    assert bench.point.wanted()[MAIN].key == KEY.encode()


def test_a_moved_charger_stays_moved_over_a_restart() -> None:
    before = Bench(profile="simulator-moving").boot()
    before.change("CentralSystemURL", BASE)
    before.change("AuthorizationKey", KEY)
    after = Bench(profile="simulator-moving", saved=before.point.snapshot())
    assert after.point.wanted()[MAIN].url == f"{BASE}/ZCS000001"
    assert after.point.wanted()[MAIN].key == KEY.encode()


def test_a_locked_charger_knows_no_address() -> None:
    bench = Bench(profile="simulator-locked").boot()
    assert bench.change("CentralSystemURL", BASE) == "NotSupported"
    assert bench.change("AuthorizationKey", KEY) == "NotSupported"


@pytest.mark.parametrize(
    ("profile", "writes"),
    [
        ("microocpp", {"Cst_BackendUrl": BASE}),
        ("libocpp", {"CentralSystemURI": BASE}),
        ("keba", {"CentralSystemAddress": BASE}),
        ("openocpp", {"CentralSystemURL": BASE}),
        ("schneider", {"ocppcentraladdress": f"{BASE}/ZCS000001"}),
        ("alfen", {"BackOffice-Path-wired": "/base/", "BackOffice-URL-wired": "backend.test:9100"}),
        ("alfen6", {"BackOfficeNetworkProfile1":
                    f"ocppVersion{{OCPP16}}ocppCsmsUrl{{{BASE}}}messageTimeout{{10}}securityProfile{{0}}"
                    "ocppInterface{Wired0}"}),
        ("amina", {"NetworkConnectionProfile2": BASE, "NetworkConfigurationPriority": "2,1"}),
    ],
)  # fmt: skip
def test_every_make_takes_its_own_form_of_address(profile: str, writes: dict[str, str]) -> None:
    bench = Bench(profile=profile).boot()
    auth = all_profiles()[profile].auth
    if auth is not None:
        text = KEY.encode().hex() if auth.encoding is Encoding.HEX else KEY
        assert bench.change(auth.key, text) in ("Accepted", "RebootRequired")
    for key, value in writes.items():
        assert bench.change(key, value) in ("Accepted", "RebootRequired")
    bench.ask("Reset", {"type": "Soft"})
    bench.wait(3)
    endpoint = bench.point.wanted()[MAIN]
    assert (endpoint.url, endpoint.user) == (f"{BASE}/ZCS000001", "ZCS000001")
    assert endpoint.key == (KEY if auth else PASSWORD).encode()


def test_the_slot_in_use_cannot_be_overwritten() -> None:
    bench = Bench(profile="amina").boot()
    assert all_profiles()["amina"].url.form is UrlForm.TWO_SLOTS  # type: ignore[union-attr]
    assert bench.change("NetworkConnectionProfile1", BASE) == "Rejected"


@pytest.mark.parametrize(
    "value",
    ["http://backend.test", "backend.test", "ws://", "ws://a b", "ws://backend.test/{deviceId}", "ws://" + "a" * 260],
)
def test_an_address_that_cannot_be_dialled_is_rejected(value: str) -> None:
    assert Bench().boot().change("CentralSystemURL", value) == "Rejected"


@pytest.mark.parametrize("value", ["", "short", "x" * 41, "has a space in it!!"])
def test_a_password_that_breaks_the_rules_is_rejected(value: str) -> None:
    assert Bench().boot().change("AuthorizationKey", value) == "Rejected"
    assert Bench(profile="microocpp").boot().change("AuthorizationKey", value) == "Rejected"
