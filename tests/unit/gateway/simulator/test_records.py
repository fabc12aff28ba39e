"""What the simulator writes and reads: the judge's lines, passwords, state; and its crowd's habits."""

import json
import random
from pathlib import Path

import pytest

from gateway.simulator.judge import JudgeFile, masked
from gateway.simulator.keeping import BadCredentials, StateFile, read_credentials
from gateway.simulator.scenarios import Arrival, Life, Outage, Scenario, habits
from gateway.simulator.values import Judged, Pace


def test_the_judges_line_holds_the_truth_and_no_secret(tmp_path: Path) -> None:
    file = JudgeFile(tmp_path / "judge.ndjson")
    payload = {"key": "AuthorizationKey", "value": "Backend0Key012345678"}
    central = "wss://user:pw@backend.test:9100/base/ZCS000001"
    file.write(
        "ZCS000001", Judged(0.5, central, "ChangeConfiguration", payload, "Accepted", True, {0: "Available"}, {1: 10.0})
    )
    file.close()
    assert json.loads((tmp_path / "judge.ndjson").read_text()) == {
        "at": "1970-01-01T00:00:00.500Z",
        "device_id": "ZCS000001",
        "central": "backend.test:9100/base/ZCS000001",
        "action": "ChangeConfiguration",
        "transaction_open": True,
        "connectors": {"0": "Available"},
        "limits": {"1": 10.0},
        "payload": {"key": "AuthorizationKey", "value": "***"},
        "answer": "Accepted",
    }


@pytest.mark.parametrize(
    ("payload", "seen"),
    [
        ({"key": "BasicAuthPassword", "value": "x"}, {"key": "BasicAuthPassword", "value": "***"}),
        ({"key": "WebSocketPassword", "value": "x"}, {"key": "WebSocketPassword", "value": "***"}),
        ({"key": "FreeVendIdTag", "value": "x"}, {"key": "FreeVendIdTag", "value": "x"}),
        ({"key": ["AuthorizationKey"]}, {"key": ["AuthorizationKey"]}),
        ({"location": "ftp://me:pw@host/x"}, {"location": "ftp://***@host/***"}),
        ({"configurationKey": [{"key": "AuthorizationKey", "value": "x"}]},
         {"configurationKey": [{"key": "AuthorizationKey", "value": "***"}]}),
        ([1, None], [1, None]),
    ],
)  # fmt: skip
def test_secrets_are_masked(payload: object, seen: object) -> None:
    assert masked(payload) == seen


def test_credentials_come_as_ndjson_or_csv(tmp_path: Path) -> None:
    file = tmp_path / "credentials"
    file.write_text('{"device_id": "A1", "password": "one"}\n\n')
    assert read_credentials(file) == {"A1": "one"}
    file.write_text('device_id,password\nA1,one\nA2,"t,wo"\n')
    assert read_credentials(file) == {"A1": "one", "A2": "t,wo"}
    file.write_text("A1,one\nA2 hidden\n")
    with pytest.raises(BadCredentials, match="line 2") as caught:
        read_credentials(file)
    assert "hidden" not in str(caught.value)


def test_the_state_survives_a_kill_in_the_middle_of_a_line(tmp_path: Path) -> None:
    path = tmp_path / "state.ndjson"
    state = StateFile(path)
    state.save("A1", {"number": 1})
    state.save("A1", {"number": 2})
    state.save("A2", {"number": 3})
    state.close()
    assert path.stat().st_mode & 0o077 == 0
    path.write_text(path.read_text() + '{"device_id":"A1","num')
    again = StateFile(path)
    assert again.saved == {"A1": {"number": 2}, "A2": {"number": 3}}
    again.close()


def test_the_state_file_does_not_grow_for_ever(tmp_path: Path) -> None:
    state = StateFile(tmp_path / "state.ndjson")
    for number in range(500):
        state.save("A1", {"number": number})
    state.close()
    assert len((tmp_path / "state.ndjson").read_text().splitlines()) < 100


def test_a_quarter_of_a_mixed_crowd_charges() -> None:
    crowd = [habits(Scenario.MIXED, position) for position in range(20)]
    assert sum(each.charges for each in crowd) == 5
    assert sum(each.drops for each in crowd) == 2
    assert not any(each.charges and each.drops for each in crowd[:4])
    assert habits(Scenario.BUSY, 3).charges
    assert habits(Scenario.IDLE, 0) == habits(Scenario.IDLE, 1) != habits(Scenario.BUSY, 0)


def test_cars_and_outages_come_again_and_again() -> None:
    pace = Pace()
    life = Life(habits(Scenario.BUSY, 0), 2, pace, random.Random(1), 0.0)
    nobody = Life(habits(Scenario.IDLE, 0), 2, pace, random.Random(1), 0.0)
    seen: list[Arrival | Outage] = []
    for second in range(3600):
        seen += life.tick(float(second))
        assert nobody.tick(float(second)) == []
    assert 20 < len(seen) < 80
    assert {each.connector for each in seen if isinstance(each, Arrival)} == {1, 2}
    assert all(pace.session[0] <= each.seconds <= pace.session[1] for each in seen)


def test_a_faster_pace_leaves_what_the_portal_must_see() -> None:
    fast = Pace().faster(100)
    assert fast.session[1] < 1
    assert fast.prepare >= 0.3
    assert fast.call_timeout == Pace().call_timeout
