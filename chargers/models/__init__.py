"""What is out there (charger, link, sessions) and the work of making it match (rollout, delivery)."""

from chargers.models.charger import Charger, ChargerLink, Connector, GatewayNode, ReportedSetting
from chargers.models.refused_tag import RefusedTag
from chargers.models.rollout import Delivery, DeliveryEvent, PaceBucket, PushRecord, Rollout, WorkerHeartbeat
from chargers.models.transaction import MeterValue, Transaction

__all__ = [
    "Charger",
    "ChargerLink",
    "Connector",
    "Delivery",
    "DeliveryEvent",
    "GatewayNode",
    "MeterValue",
    "PaceBucket",
    "PushRecord",
    "RefusedTag",
    "ReportedSetting",
    "Rollout",
    "Transaction",
    "WorkerHeartbeat",
]
