"""Sends what is due. The network is spoken in threads, the database by the one that leads them."""

import random
import threading
import time
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.db.models.functions import Coalesce, Now
from django.utils import timezone

from accounts import audit
from accounts.keyring import KeyringError
from installations.doors import configured_doors
from installations.services.secrets import reveal
from installations.webhook_models import OffCause, Webhook
from installations.webhooks import dial
from installations.webhooks.address import AddressRefused, parse_endpoint
from installations.webhooks.body import body_of, message_id, payload_of
from installations.webhooks.dial import Answer
from installations.webhooks.faults import Fault
from installations.webhooks.outbox import Claimed, Outcome, claim_due, end_waiting, record_attempt
from installations.webhooks.retry import delay_seconds, is_hopeless
from installations.webhooks.signing import signed_headers

log = structlog.get_logger(__name__)

AT_ONCE = 16
# Then somebody else goes on, so that a task ends before its time limit.
ROUND_SECONDS = 20.0
LOOK_AGAIN_SECONDS = 1.0

type Attempt = Callable[[], Answer]


# One thread of a process leads, and takes up what falls due while it does: others would only stand in the way.
_leading = threading.Lock()


def deliver(*, draw: Callable[[], float] = random.random) -> bool:
    """Send what is due and what falls due meanwhile; True: call again, the time was up before the work.

    A place is filled as soon as it is free: an endpoint that takes its time holds up nobody else.
    """
    if not _leading.acquire(blocking=False):
        return False
    try:
        return _lead(draw)
    finally:
        _leading.release()


def _lead(draw: Callable[[], float]) -> bool:
    ends = time.monotonic() + ROUND_SECONDS
    under_way: dict[Future[Answer], Claimed] = {}
    with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="webhook") as threads:
        while True:
            open_for_more = time.monotonic() < ends
            if open_for_more and len(under_way) < AT_ONCE:
                for claimed in claim_due(AT_ONCE - len(under_way)):
                    under_way[threads.submit(prepare(claimed))] = claimed
            if not under_way:
                return not open_for_more
            done, _open = wait(under_way, timeout=LOOK_AGAIN_SECONDS, return_when=FIRST_COMPLETED)
            for future in done:
                settle(under_way.pop(future), future.result(), draw)


def prepare(claimed: Claimed) -> Attempt:
    """All that the attempt needs of the database; what is answered touches it no more."""
    webhook = Webhook.objects.select_related("secret", "old_secret").filter(pk=claimed.webhook_id, enabled=True).first()
    if webhook is None:
        return lambda: Answer(None, Fault.SWITCHED_OFF, 0)
    doors = configured_doors()
    try:
        endpoint = parse_endpoint(webhook.url, doors)
        secrets = [reveal(webhook.secret)]
        if webhook.old_secret is not None and webhook.old_secret_signs_until is not None:
            secrets.append(reveal(webhook.old_secret))
    except AddressRefused:
        return lambda: Answer(None, Fault.URL, 0)
    except KeyringError:
        return lambda: Answer(None, Fault.SECRET, 0)
    body = body_of(payload_of(claimed.kind, claimed.at, claimed.facts, settings.PORTAL_PUBLIC_URL))
    name = message_id(claimed.public_id)

    def attempt() -> Answer:
        return dial.post(endpoint, signed_headers(secrets, name, int(time.time()), body), body, doors=doors)

    return attempt


def settle(claimed: Claimed, answer: Answer, draw: Callable[[], float] = random.random) -> bool:
    """Record an attempt, and what it says of the webhook; False: somebody else has the event by now."""
    delay = None
    if answer.fault is not None and answer.fault is not Fault.GONE:
        delay = delay_seconds(claimed.attempts, draw, wished=answer.wished)
    with transaction.atomic():
        outcome = Outcome(answer.status, answer.fault, answer.milliseconds, delay)
        if not record_attempt(claimed, outcome):
            return False
        if answer.fault is None:
            Webhook.objects.filter(pk=claimed.webhook_id, failing_since__isnull=False).update(failing_since=None)
        else:
            _count_failure(claimed.webhook_id, gone=answer.fault is Fault.GONE)
    return True


def _count_failure(webhook_id: int, *, gone: bool) -> None:
    rows = Webhook.objects.filter(pk=webhook_id, enabled=True)
    rows.update(failing_since=Coalesce(F("failing_since"), Now()))
    webhook = rows.first()
    if webhook is not None and (gone or is_hopeless(webhook.failing_since, timezone.now())):
        _switch_off(webhook, OffCause.GONE if gone else OffCause.FAILING)


def _switch_off(webhook: Webhook, cause: OffCause) -> None:
    """By the portal itself, in the audit trail."""
    switched = Webhook.objects.filter(pk=webhook.pk, enabled=True).update(
        enabled=False, off_cause=cause, off_at=Now(), version=F("version") + 1
    )
    if switched:
        end_waiting(webhook)
        after = {"cause": cause.value}
        audit.record(None, "webhook_switched_off", webhook, installation_id=webhook.installation_id, after=after)
        log.info("webhook switched off", webhook=webhook.pk, cause=cause.value)
