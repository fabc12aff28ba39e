"""What is out there (charger, link, sessions) and the work of making it match (rollout, delivery)."""

from chargers.models.balancing import ChargingShare, SiteLoad
from chargers.models.change import AuthenticationChange, ChangeItem, ChangeState, ItemState
from chargers.models.charger import Charger, ChargerLink, Connector, GatewayNode, PhaseRotation, ReportedSetting
from chargers.models.charging import BackendProfile, ChargingLimit
from chargers.models.diagnostics import DiagnosticsPart, DiagnosticsUpload
from chargers.models.link_password import LinkPasswordChange, PasswordChangeState, RefusedLogin
from chargers.models.local_list import ListState, LocalList
from chargers.models.message import Direction, Message, MessageOutcome
from chargers.models.refused_tag import RefusedTag
from chargers.models.request import GatewayRequest
from chargers.models.rollout import Delivery, DeliveryEvent, PaceBucket, PushRecord, Rollout, WorkerHeartbeat
from chargers.models.security_event import SecurityEvent
from chargers.models.transaction import MeterValue, Transaction
from chargers.models.upstream import (
    BackendTag,
    UpstreamKey,
    UpstreamLink,
    UpstreamMessage,
    UpstreamState,
    UpstreamTransaction,
)
from chargers.models.webhook_state import ToldCharger

__all__ = [
    "AuthenticationChange",
    "BackendProfile",
    "BackendTag",
    "ChangeItem",
    "ChangeState",
    "Charger",
    "ChargerLink",
    "ChargingLimit",
    "ChargingShare",
    "Connector",
    "Delivery",
    "DeliveryEvent",
    "DiagnosticsPart",
    "DiagnosticsUpload",
    "Direction",
    "GatewayNode",
    "GatewayRequest",
    "ItemState",
    "LinkPasswordChange",
    "ListState",
    "LocalList",
    "Message",
    "MessageOutcome",
    "MeterValue",
    "PaceBucket",
    "PasswordChangeState",
    "PhaseRotation",
    "PushRecord",
    "RefusedLogin",
    "RefusedTag",
    "ReportedSetting",
    "Rollout",
    "SecurityEvent",
    "SiteLoad",
    "ToldCharger",
    "Transaction",
    "UpstreamKey",
    "UpstreamLink",
    "UpstreamMessage",
    "UpstreamState",
    "UpstreamTransaction",
    "WorkerHeartbeat",
]
