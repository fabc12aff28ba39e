"""Reservations of the simulated charger: kept for their card, used up, cancelled, over."""

from gateway.simulator.values import timestamp
from tests.unit.gateway.simulator.bench import START, Bench


def reserve(bench: Bench, number: int = 1, *, connector: int = 1, tag: str = "CARD", seconds: float = 60.0) -> str:
    payload = {
        "connectorId": connector, "expiryDate": timestamp(bench.now + seconds), "idTag": tag, "reservationId": number,
    }  # fmt: skip
    answer: str = bench.ask("ReserveNow", payload)["status"]
    return answer


def cancel(bench: Bench, number: int = 1) -> str:
    answer: str = bench.ask("CancelReservation", {"reservationId": number})["status"]
    return answer


def test_a_connector_is_kept_for_its_card_and_the_session_uses_it_up() -> None:
    bench = Bench(connectors=2).boot()
    assert reserve(bench, 7) == "Accepted"
    assert bench.shown()[-1] == "Reserved"
    assert reserve(bench, 8) == "Occupied"
    assert not bench.car(tag="OTHER")
    bench.charge()
    assert bench.said("StartTransaction")[-1]["reservationId"] == 7
    assert cancel(bench, 7) == "Rejected"
    bench.wait(30)
    assert bench.shown()[-1] == "Available"
    assert bench.car(tag="OTHER")


def test_it_ends_by_its_time_by_a_cancel_or_by_going_out_of_service() -> None:
    bench = Bench(connectors=2).boot()
    assert reserve(bench, seconds=-1) == "Rejected"
    assert reserve(bench, connector=3) == "Rejected"
    assert reserve(bench, seconds=5) == "Accepted"
    bench.wait(6)
    assert bench.shown()[-2:] == ["Reserved", "Available"]
    assert reserve(bench) == "Accepted"
    assert cancel(bench) == "Accepted"
    assert cancel(bench) == "Rejected"
    assert bench.shown()[-1] == "Available"
    assert reserve(bench) == "Accepted"
    bench.ask("ChangeAvailability", {"connectorId": 1, "type": "Inoperative"})
    assert bench.shown()[-1] == "Unavailable"
    assert cancel(bench) == "Rejected"
    assert reserve(bench) == "Unavailable"


def test_the_same_number_moves_and_what_cannot_be_had_leaves_the_old_one() -> None:
    bench = Bench(connectors=2).boot()
    assert reserve(bench) == "Accepted"
    assert reserve(bench, connector=2) == "Accepted"
    assert (bench.shown(1)[-1], bench.shown(2)[-1]) == ("Available", "Reserved")
    assert bench.car(1, tag="OTHER")
    assert reserve(bench, connector=1) == "Occupied"
    assert bench.shown(2)[-1] == "Reserved"
    assert cancel(bench) == "Accepted"


def test_any_connector_is_kept_by_keeping_the_last_one() -> None:
    bench = Bench(connectors=2).boot()
    assert reserve(bench, connector=0) == "Accepted"
    assert bench.car(1, tag="OTHER")
    assert not bench.car(2, tag="OTHER")
    assert reserve(bench, 2, connector=0) == "Occupied"
    bench.charge(2)
    assert [start.get("reservationId") for start in bench.said("StartTransaction")] == [None, 1]


def test_it_outlives_a_power_cut() -> None:
    bench = Bench(connectors=2).boot()
    assert reserve(bench, 5, seconds=600) == "Accepted"
    again = Bench(connectors=2, saved=bench.point.snapshot(), now=START + 60).boot()
    assert again.shown()[-1] == "Reserved"
    assert cancel(again, 5) == "Accepted"
