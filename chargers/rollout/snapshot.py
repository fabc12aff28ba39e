"""Everything the plan looks at for one delivery, as plain values. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from chargers.link_state import Busy
from chargers.links.base import PushOutcome
from chargers.rollout.policy import Policy
from chargers.rollout.states import DeliveryState
from chargers.settings_diff import Target


@dataclass(frozen=True)
class LinkView:
    """The charger's connection as stored. ``online``: connected, boot accepted, its node alive."""

    online: bool = False
    node: str = ""
    epoch: int = 0
    boot_number: int = 0
    connected_at: datetime | None = None
    disconnected_at: datetime | None = None
    busy: Busy | None = None
    authenticated_with: str = ""


@dataclass(frozen=True)
class PushView:
    """The newest PushRecord of this delivery. ``outcome`` None while it is not ended; ``written``: accepted keys."""

    fencing: int
    epoch: int
    boot_number: int
    begun_at: datetime
    ended_at: datetime | None = None
    outcome: PushOutcome | None = None
    written: frozenset[str] = frozenset()
    reset_begun: bool = False


@dataclass(frozen=True)
class RolloutView:
    """The rollout a delivery belongs to. ``revoked``: who answers for it may not set the mode any more.

    ``held_together``: it waits until every charger is ready. ``opens_at``: its window is closed until then.
    ``under_way``: other deliveries of it are still open. ``wave``: waves landed so far.
    """

    rollout_id: int = 0
    installation_id: int = 0
    policy: Policy = field(default_factory=Policy)
    wave: int = 0
    under_way: bool = True
    cancelled: bool = False
    paused: bool = False
    pause_cause: str = ""
    revoked: bool = False
    held_together: bool = False
    opens_at: datetime | None = None


@dataclass(frozen=True)
class Snapshot:
    """One delivery and the facts around it.

    ``identified``: the charger has told its make in a BootNotification. ``broken``: what kept us from working out the
    target; then ``target`` says nothing. ``wave``: the wave whose place it holds. ``corrections``: how often drift of
    this charger was corrected in the last day. ``switches``: its messages go to a backend of ours before or after,
    so that even a charger with nothing to write must be idle, and takes its place in the waves.
    """

    delivery_id: int
    charger_id: int
    device_id: str
    state: DeliveryState
    fencing: int
    reason: str = ""
    attempts: int = 0
    pushed_at: datetime | None = None
    deadline_at: datetime | None = None
    next_attempt_at: datetime | None = None
    finished_at: datetime | None = None
    wave: int | None = None
    superseded: bool = False
    rollout: RolloutView = field(default_factory=RolloutView)
    corrects_drift: bool = True
    corrections: int = 0
    broken: str = ""
    identified: bool = True
    switches: bool = False
    target: Target = field(default_factory=Target)
    leave_seconds: int = 60
    link: LinkView = field(default_factory=LinkView)
    push: PushView | None = None
    reported: Mapping[str, str | None] = field(default_factory=dict)
