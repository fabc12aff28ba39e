"""Who may charge while the backend cannot be asked. Pure."""

from datetime import datetime

from gateway.central.authorize import ACCEPTED, INVALID
from gateway.ocpp16.records import TagAnswer
from gateway.ocpp16.vocabulary import AuthorizationStatus

# What a backend says of the card of a session that may go on; empty: nothing.
TAKEN = frozenset({AuthorizationStatus.ACCEPTED, AuthorizationStatus.CONCURRENT_TX, ""})


def judge_offline(
    policy: str, known: TagAnswer | None, *, is_default: bool, backend_will_say: bool, at: datetime
) -> TagAnswer:
    """``policy``: reject, known or accept. ``known``: the backend's last word on the card.

    ``is_default``: the installation's default id tag. ``backend_will_say``: it is connected and gets the start next, so
    an unknown card is not turned away before it has spoken. What it once refused stays refused, but by ``accept``.
    """
    expired = known is not None and known.expires_at is not None and known.expires_at <= at
    good = known is not None and known.status == AuthorizationStatus.ACCEPTED and not expired
    if backend_will_say and (known is None or good or expired):
        return ACCEPTED if known is None or expired else known
    if policy == "accept":
        return ACCEPTED
    if policy == "reject":
        return INVALID
    if is_default or (good and known is not None):
        return known if good and known is not None else ACCEPTED
    return TagAnswer(AuthorizationStatus.EXPIRED) if expired else known or INVALID
