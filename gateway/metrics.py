"""What the gateway counts, for Prometheus."""

from prometheus_client import Counter, Gauge, start_http_server

UPSTREAMS = Gauge("gateway_upstream_connections", "Connections of this node to backends")
CONNECTED = Gauge("gateway_connected_chargers", "Chargers connected to this node")
HANDSHAKES = Counter("gateway_handshakes_total", "Handshakes by how they ended", ["reason"])
MESSAGES = Counter("gateway_messages_total", "Frames by direction", ["direction"])
ODDITIES = Counter("gateway_oddities_total", "Odd things chargers did", ["kind"])
PUSHES = Counter("gateway_pushes_total", "Pushes by how they ended", ["result"])
MESSAGES_NOT_KEPT = Counter("gateway_messages_not_kept_total", "Messages missing in the message log")
STORE_WAITING = Gauge("gateway_store_waiting", "Jobs waiting for the database")

MESSAGES_IN = MESSAGES.labels("in")
MESSAGES_OUT = MESSAGES.labels("out")


def serve_metrics(port: int, host: str = "127.0.0.1") -> None:
    if port:
        start_http_server(port, addr=host)
