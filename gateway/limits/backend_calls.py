"""A backend's calls about charging profiles: kept and answered here, never handed on to the charger."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import structlog

from chargers.charging.held import matching, replaced
from chargers.charging.profile import ChargingProfile, Purpose, Unit
from chargers.charging.reading import Asking, BadProfile, Clearing, convert, read_request
from gateway.bridge.calls import REJECTED, Answer, Limiting, Refuse
from gateway.limits.desk import Limits
from gateway.limits.facts import Kept
from gateway.limits.limiter import Limiter
from gateway.limits.words import composite_answer
from gateway.ocpp16.errors import ErrorCode
from gateway.ocpp16.vocabulary import CentralAction

log = structlog.get_logger(__name__)

MOST_PROFILES = 32
# A charger that has never been asked may say that it takes no profiles: then the backend should hear it at once.
FIRST_WORD_SECONDS = 10.0
NOT_SUPPORTED: Mapping[str, Any] = {"status": "NotSupported"}


@dataclass(frozen=True)
class Backend:
    """Who asks: the charger's backend at ``url``, served by ``holder``. ``ids``: sessions, ours to the backend's."""

    charger_id: int
    device_id: str
    url: str
    holder: str
    ids: Mapping[int, int]


async def answer(limits: Limits, backend: Backend, deed: Limiting) -> Answer | Refuse:
    limiter = await limits.limiter(backend.charger_id)
    try:
        match deed.action:
            case CentralAction.SET_CHARGING_PROFILE:
                return await _set(limits, limiter, backend, deed.payload)
            case CentralAction.CLEAR_CHARGING_PROFILE:
                return await _clear(limits, limiter, convert(deed.payload, Clearing))
            case _:
                return _composite(limits, limiter, convert(deed.payload, Asking))
    except BadProfile as error:
        log.info("a charging profile was refused", device_id=backend.device_id, detail=error.detail)
        return Refuse(ErrorCode(error.code), error.detail[:255]) if error.code else Answer(REJECTED)


async def _set(limits: Limits, limiter: Limiter, backend: Backend, payload: Mapping[str, Any]) -> Answer:
    new = read_request(payload)
    if limiter.known.takes is False:
        return Answer(NOT_SUPPORTED)
    async with limiter.keeping:
        new = _for_here(limiter, limits, backend, new)
        old = limiter.known.kept
        gone = {one.pk for one in old if one.profile in replaced([kept.profile for kept in old], new)}
        if len(old) - len(gone) >= MOST_PROFILES:
            raise BadProfile(f"at most {MOST_PROFILES} profiles are kept")
        pk = await limits.ask(
            lambda: limits.rows.keep_profile(
                backend.charger_id, backend.holder, backend.url, new.connector, payload["csChargingProfiles"],
                transaction_id=new.transaction_id, replaced=gone,
            )
        )  # fmt: skip
        if pk is None:
            raise BadProfile("the session is over, or another gateway serves this backend")
        limiter.kept((*(one for one in old if one.pk not in gone), Kept(pk, new)))
    takes = await limiter.judged(FIRST_WORD_SECONDS)
    return Answer(NOT_SUPPORTED if takes is False else {"status": "Accepted"})


def _for_here(limiter: Limiter, limits: Limits, backend: Backend, new: ChargingProfile) -> ChargingProfile:
    """With our own session instead of the backend's. Raises BadProfile."""
    site = limiter.site(limits.clock.now())
    if new.connector > site.connectors:
        raise BadProfile(f"there is no connector {new.connector}")
    if new.purpose is not Purpose.TX:
        return new
    running = site.sessions.get(new.connector)
    if running is None or running[0] not in backend.ids:
        raise BadProfile("a TxProfile needs a transaction that runs on its connector")
    if new.transaction_id not in (None, backend.ids[running[0]]):
        raise BadProfile("this transaction does not run on that connector")
    return replace(new, transaction_id=running[0])


async def _clear(limits: Limits, limiter: Limiter, asked: Clearing) -> Answer | Refuse:
    if limiter.known.takes is False:
        return Refuse(ErrorCode.NOT_SUPPORTED, "this charge point takes no charging profiles")
    async with limiter.keeping:
        alive = set(limiter.site(limits.clock.now()).sessions.values())
        running = {pk for pk, _started in alive}
        old = limiter.known.kept
        meant = matching(
            [one.profile for one in old if one.profile.transaction_id in (None, *running)],
            number=asked.id, connector=asked.connector_id, purpose=asked.charging_profile_purpose,
            stack_level=asked.stack_level,
        )  # fmt: skip
        gone = {one.pk for one in old if one.profile in meant}
        if not gone:
            return Answer({"status": "Unknown"})
        await limits.close_profiles(limiter.charger_id, gone)
        limiter.kept(tuple(one for one in old if one.pk not in gone))
    return Answer({"status": "Accepted"})


def _composite(limits: Limits, limiter: Limiter, asked: Asking) -> Answer | Refuse:
    if limiter.known.takes is False:
        return Refuse(ErrorCode.NOT_SUPPORTED, "this charge point takes no charging profiles")
    now = limits.clock.now()
    site = limiter.site(now)
    if asked.connector_id > site.connectors:
        return Answer(REJECTED)
    return Answer(composite_answer(site, asked.connector_id, asked.duration, asked.charging_rate_unit or Unit.A, now))
