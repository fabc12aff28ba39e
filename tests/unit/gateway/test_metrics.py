from prometheus_client import REGISTRY

from gateway import metrics


def test_traffic_is_told_as_a_counter_by_direction() -> None:
    before = REGISTRY.get_sample_value("gateway_messages_total", {"direction": "in"}) or 0.0
    metrics.traffic.received += 3
    assert REGISTRY.get_sample_value("gateway_messages_total", {"direction": "in"}) == before + 3
