"""How other rooms hear that a revision was published, without this room knowing them."""

from collections.abc import Callable, Mapping
from typing import Any

from installations.models import AuthenticationRevision

type Callback = Callable[[AuthenticationRevision, Mapping[str, Any]], object]

_on_published: list[Callback] = []


def on_revision_published(callback: Callback) -> None:
    """Call ``callback(revision, policy)`` inside the transaction that publishes; what it raises undoes the save."""
    if callback not in _on_published:
        _on_published.append(callback)


def ring_revision_published(revision: AuthenticationRevision, policy: Mapping[str, Any]) -> None:
    for callback in _on_published:
        callback(revision, policy)
