"""Who may charge in native mode: a pure rule over what the store found."""

from datetime import datetime

import msgspec

from gateway.central import answers
from gateway.central.reply import Inbound, Reply
from gateway.ocpp16 import records
from gateway.ocpp16.messages import AuthorizeRequest
from gateway.ocpp16.records import TagAnswer
from gateway.ocpp16.vocabulary import AuthorizationStatus

MAX_ID_TAG = 255
ACCEPTED = TagAnswer(AuthorizationStatus.ACCEPTED.value)
INVALID = TagAnswer(AuthorizationStatus.INVALID.value)


class Card(msgspec.Struct, frozen=True):
    """A charge card listed for the installation. ``expires_at`` None: never."""

    blocked: bool = False
    expires_at: datetime | None = None
    parent_id_tag: str = ""


def judge_tag(*, required: bool, card: Card | None, at: datetime) -> TagAnswer:
    """Without required authorisation every tag is accepted; otherwise a listed, open and valid card is."""
    if not required:
        return ACCEPTED
    if card is None:
        return INVALID
    status = AuthorizationStatus.ACCEPTED
    if card.blocked:
        status = AuthorizationStatus.BLOCKED
    elif card.expires_at is not None and card.expires_at <= at:
        status = AuthorizationStatus.EXPIRED
    return TagAnswer(status.value, card.expires_at, card.parent_id_tag)


def on_authorize(inbound: Inbound[AuthorizeRequest]) -> Reply:
    """Answered from memory when everybody may charge, so that it works while the database is away."""
    if not inbound.authorization_required and not inbound.bridged:
        return Reply(answers.authorize(ACCEPTED))
    return Reply(record=records.Authorize(inbound.received_at, inbound.message.id_tag[:MAX_ID_TAG]))
