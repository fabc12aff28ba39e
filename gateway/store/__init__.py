"""The one seam between the event loop and the database.

The loop hands over jobs; a writer thread takes all that wait, writes them set-based in one transaction (group commit),
and tells the loop afterwards. A transaction message is therefore answered only when it is stored (EJ-3.3).
"""

from gateway.store.jobs import (
    BeginPush,
    CloseFence,
    Connect,
    Disconnect,
    EndPush,
    KeepCandidate,
    KeepReported,
    LinkFacts,
    Raise,
    Recorded,
    RingFor,
    StepPush,
)
from gateway.store.writer import Store

__all__ = [
    "BeginPush",
    "CloseFence",
    "Connect",
    "Disconnect",
    "EndPush",
    "KeepCandidate",
    "KeepReported",
    "LinkFacts",
    "Raise",
    "Recorded",
    "RingFor",
    "StepPush",
    "Store",
]
