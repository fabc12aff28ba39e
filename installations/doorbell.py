"""How other rooms hear that a revision was published or a fuse has changed, without this room knowing them."""

from collections.abc import Callable, Mapping
from typing import Any

from installations.models import AuthenticationRevision, Installation

type Callback = Callable[[AuthenticationRevision, Mapping[str, Any]], object]

type SupplyCallback = Callable[[Installation], object]

_on_published: list[Callback] = []
_on_supply: list[SupplyCallback] = []


def on_revision_published(callback: Callback) -> None:
    """Call ``callback(revision, policy)`` inside the transaction that publishes; what it raises undoes the save."""
    if callback not in _on_published:
        _on_published.append(callback)


def ring_revision_published(revision: AuthenticationRevision, policy: Mapping[str, Any]) -> None:
    for callback in _on_published:
        callback(revision, policy)


def on_supply_changed(callback: SupplyCallback) -> None:
    """Call ``callback(installation)`` in the transaction that changes a fuse or how a site's load is balanced."""
    if callback not in _on_supply:
        _on_supply.append(callback)


def ring_supply_changed(installation: Installation) -> None:
    for callback in _on_supply:
        callback(installation)
