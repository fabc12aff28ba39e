"""Sets webhooks up: makes, changes and deletes them, gives new secrets, tries them out, sends events once more."""

import os
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import F, QuerySet
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts import audit
from accounts.actor import Who
from accounts.models import Organisation
from accounts.refusals import Conflict, Fault, Invalid
from installations.doors import configured_doors
from installations.models import Installation, Secret
from installations.services.installations import check_version
from installations.services.secrets import store_secret
from installations.webhook_models import DeliveryState, Webhook, WebhookDelivery, WebhookEvent
from installations.webhooks.access import Owner
from installations.webhooks.address import AddressRefused, parse_endpoint, shown_url
from installations.webhooks.kinds import TEST, EventKind, in_order
from installations.webhooks.outbox import end_waiting
from installations.webhooks.ring import ring_sender
from installations.webhooks.signing import SECRET_BYTES, secret_of

FIELDS = ("url", "description", "kinds", "enabled")
MOST_OF_ONE_OWNER = 20
OLD_SECRET_SIGNS = timedelta(hours=24)
DELIVERY_ORDER = ("-id",)


@transaction.atomic
def create_webhook(
    *,
    owner: Owner,
    actor: Who,
    url: str,
    kinds: Sequence[str],
    description: str = "",
    enabled: bool = True,
    reason: str = "",
) -> tuple[Webhook, str]:
    """The webhook and its secret, which nobody is shown again. Raises Invalid with every fault, or Conflict."""
    _lock(owner)
    if owner.webhooks.count() >= MOST_OF_ONE_OWNER:
        raise Conflict("webhooks_many", _("There are 20 webhooks here already: delete one first."))
    values = _checked({"url": url, "kinds": kinds, "description": description, "enabled": enabled})
    secret, stored = _new_secret()
    name = "installation" if isinstance(owner, Installation) else "organisation"
    webhook = Webhook.objects.create(**{name: owner}, **values, secret=stored)
    _record(actor, "webhook_created", webhook, after=facts_of(webhook), reason=reason)
    return webhook, secret


@transaction.atomic
def update_webhook(
    *, webhook: Webhook, actor: Who, changes: Mapping[str, Any], expected_version: int | None = None, reason: str = ""
) -> Webhook:
    """Set fields out of FIELDS. ``expected_version`` None: whoever comes last wins. Raises Invalid, Stale, Conflict.

    Who switches it on begins anew; who switches it off ends what waits.
    """
    locked = _locked(webhook)
    check_version(locked.version, expected_version)
    values = _checked({name: changes[name] for name in FIELDS if name in changes})
    before = facts_of(locked)
    changed = [name for name, value in values.items() if getattr(locked, name) != value]
    for name in changed:
        setattr(locked, name, values[name])
    if not changed:
        return locked
    if "enabled" in changed:
        locked.off_cause, locked.failing_since = "", None
        locked.off_at = None if locked.enabled else timezone.now()
    locked.version += 1
    locked.save(update_fields=[*changed, "off_cause", "off_at", "failing_since", "version"])
    if not locked.enabled:
        end_waiting(locked)
    after = facts_of(locked)
    _record(
        actor, "webhook_changed", locked,
        before={name: before[name] for name in changed}, after={name: after[name] for name in changed}, reason=reason,
    )  # fmt: skip
    return locked


@transaction.atomic
def delete_webhook(*, webhook: Webhook, actor: Who, reason: str = "") -> None:
    """With all that was or is to be sent. Raises Conflict."""
    locked = _locked(webhook)
    secrets = [pk for pk in (locked.secret_id, locked.old_secret_id) if pk is not None]
    _record(actor, "webhook_deleted", locked, before=facts_of(locked), reason=reason)
    locked.delete()
    Secret.objects.filter(pk__in=secrets).delete()


@transaction.atomic
def rotate_secret(*, webhook: Webhook, actor: Who, reason: str = "") -> str:
    """A new secret, shown once; the one before signs beside it for 24 hours. Raises Conflict."""
    locked = _locked(webhook)
    older = [pk for pk in (locked.old_secret_id,) if pk is not None]
    secret, stored = _new_secret()
    locked.old_secret_id, locked.secret = locked.secret_id, stored
    locked.old_secret_until = timezone.now() + OLD_SECRET_SIGNS
    locked.version += 1
    locked.save(update_fields=["secret", "old_secret", "old_secret_until", "version"])
    Secret.objects.filter(pk__in=older).delete()
    _record(actor, "webhook_secret_rotated", locked, reason=reason)
    return secret


@transaction.atomic
def send_test(*, webhook: Webhook, actor: Who) -> WebhookDelivery:
    """An event for this webhook alone, as soon as a sender takes it up. Raises Conflict while it is switched off."""
    locked = _locked(webhook)
    _require_on(locked)
    facts = {"webhook": locked.pk} | (
        {} if locked.installation_id is None else {"installation": locked.installation_id}
    )
    event = WebhookEvent.objects.create(
        kind=TEST, at=timezone.now(), installation_id=locked.installation_id, facts=facts
    )
    delivery = WebhookDelivery.objects.create(webhook=locked, event=event, due_at=Now())
    transaction.on_commit(ring_sender)
    delivery.refresh_from_db(fields=["due_at"])
    return delivery


@transaction.atomic
def send_again(*, delivery: WebhookDelivery, actor: Who) -> WebhookDelivery:
    """The same event, with the same id, at once and with all attempts anew. Raises Conflict."""
    _require_on(_locked(delivery.webhook))
    WebhookDelivery.objects.filter(pk=delivery.pk).update(
        state=DeliveryState.WAITING, attempts=0, due_at=Now(), lease_until=None, ended_at=None,
        fencing=F("fencing") + 1,
    )  # fmt: skip
    transaction.on_commit(ring_sender)
    delivery.refresh_from_db()
    return delivery


def list_deliveries(webhook: Webhook, *, state: str = "", kind: str = "") -> QuerySet[WebhookDelivery]:
    """Newest first, with their events."""
    rows = WebhookDelivery.objects.filter(webhook=webhook).select_related("event")
    if state:
        rows = rows.filter(state=state)
    if kind:
        rows = rows.filter(event__kind=kind)
    return rows.order_by(*DELIVERY_ORDER)


def facts_of(webhook: Webhook) -> dict[str, Any]:
    """For the audit trail: the path of a URL may be as good as a password."""
    return {
        "url": shown_url(webhook.url),
        "description": webhook.description,
        "kinds": webhook.kinds,
        "enabled": webhook.enabled,
        **({} if webhook.organisation is None else {"organisation": webhook.organisation.name}),
    }


def _checked(values: Mapping[str, Any]) -> dict[str, Any]:
    """Normal values. Raises Invalid with every fault."""
    found, faults = dict(values), []
    if "url" in found:
        try:
            found["url"] = parse_endpoint(found["url"].strip(), configured_doors()).url
        except AddressRefused as refused:
            faults.append(Fault(refused.code, refused.detail, "/url"))
    if "kinds" in found:
        unknown = set(found["kinds"]) - set(EventKind)
        found["kinds"] = in_order(found["kinds"])
        if unknown or not found["kinds"]:
            faults.append(Fault("kinds", _("Choose at least one event of the list."), "/events"))
    if "description" in found:
        found["description"] = found["description"].strip()
        if len(found["description"]) > 100:
            faults.append(Fault("too_long", _("A description has at most 100 characters."), "/description"))
    if faults:
        raise Invalid("invalid", _("The webhook cannot be kept like this; each fault says why."), faults=faults)
    return found


def _new_secret() -> tuple[str, Secret]:
    secret = secret_of(os.urandom(SECRET_BYTES))
    return secret, store_secret(secret)


def _lock(owner: Owner) -> None:
    model = Installation if isinstance(owner, Installation) else Organisation
    model.objects.select_for_update(no_key=True, of=("self",)).get(pk=owner.pk)


def _locked(webhook: Webhook) -> Webhook:
    rows = Webhook.objects.select_for_update(no_key=True, of=("self",)).select_related("installation", "organisation")
    found = rows.filter(pk=webhook.pk).first()
    if found is None:
        raise Conflict("gone", _("Somebody deleted this webhook in the meantime."))
    return found


def _require_on(webhook: Webhook) -> None:
    if not webhook.enabled:
        raise Conflict("switched_off", _("This webhook is switched off: switch it on first."))


def _record(actor: Who, action: str, webhook: Webhook, **facts: Any) -> None:
    audit.record(actor, action, webhook, installation_id=webhook.installation_id, **facts)
