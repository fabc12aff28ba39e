"""Reads what the plan looks at for a batch of claimed deliveries, in a number of queries that does not grow."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import datetime

import structlog
from django.conf import settings as django_settings
from django.db.models import Count
from django.utils.translation import gettext_lazy as _

from chargers.link_state import LIVENESS, NODE_ALIVE, Activity, busy_reason, is_reserved
from chargers.links.wire import outcome_from_plain, steps_to_results
from chargers.models import (
    Charger,
    ChargerLink,
    Connector,
    Delivery,
    GatewayNode,
    PushRecord,
    ReportedSetting,
    Transaction,
)
from chargers.profiles import Profile, profile_for
from chargers.rollout.snapshot import LinkView, PushView, RolloutView, Snapshot
from chargers.rollout.states import DeliveryState
from chargers.rollout.views import corrections, rollout_views
from chargers.settings_diff import GivenSecret, Target, Unsupported, portal_endpoint, target_for
from installations.authentication import CLOUD, DIRECT, Settings
from installations.doors import configured_doors
from installations.models import AuthenticationRevision, DriftPolicy
from installations.ocpp_url.host import Doors
from installations.ocpp_url.identity import ChargerUrl, Endpoint, UrlSource, resolve
from installations.ocpp_url.template import UrlTemplate, parse_template
from installations.services.authentication import settings_of
from installations.services.secrets import reveal

log = structlog.get_logger(__name__)

URL_REFUSED = _("The URL of this setting, or of this charger, is not accepted any more: save the settings again.")
OPEN_DOORS = Doors(loopback=True)


def gather(delivery_ids: Collection[int], now: datetime) -> list[Snapshot]:
    deliveries = list(
        Delivery.objects.filter(pk__in=delivery_ids).select_related(
            "charger__link",
            "charger__installation",
            "charger__upstream",
            "charger__applied_revision",
            "revision__secret",
            "rollout__created_by",
        )
    )
    links = links_of([delivery.charger for delivery in deliveries], now)
    pushes = _newest_pushes([delivery.pk for delivery in deliveries if delivery.pushed_at])
    reported = reported_of([delivery.charger_id for delivery in deliveries])
    rollouts = rollout_views(deliveries, now)
    corrected = corrections(deliveries, now)
    targets = Targets()
    return [
        _snapshot(
            delivery,
            links[delivery.charger_id],
            pushes.get(delivery.pk),
            reported[delivery.charger_id],
            targets,
            rollouts[delivery.rollout_id],
            corrected.get(delivery.charger_id, 0),
        )
        for delivery in deliveries
    ]


def _snapshot(
    delivery: Delivery,
    link: LinkView,
    push: PushView | None,
    reported: dict[str, str | None],
    targets: "Targets",
    rollout: RolloutView,
    corrected: int,
) -> Snapshot:
    charger = delivery.charger
    profile = profile_for(charger.vendor, charger.model, charger.firmware)
    target, broken = Target(), ""
    try:
        target = targets.of(charger, profile, delivery.revision, reported)
    except Exception as error:  # one delivery that cannot be worked out must not hold up its batch
        log.exception("no target for a delivery", delivery=delivery.pk)
        broken = type(error).__name__
    return Snapshot(
        delivery_id=delivery.pk,
        charger_id=charger.pk,
        device_id=charger.device_id,
        state=DeliveryState(delivery.state),
        fencing=delivery.fencing,
        reason=delivery.reason,
        attempts=delivery.attempts,
        pushed_at=delivery.pushed_at,
        deadline_at=delivery.deadline_at,
        next_attempt_at=delivery.next_attempt_at,
        finished_at=delivery.finished_at,
        wave=delivery.wave,
        superseded=charger.installation.revision_id != delivery.revision_id,
        rollout=rollout,
        corrects_drift=charger.installation.drift_policy == DriftPolicy.CORRECT,
        corrections=corrected,
        identified=bool(charger.vendor),
        switches=_switches(charger, delivery.revision),
        target=target,
        broken=broken,
        leave_seconds=profile.leave_seconds,
        link=link,
        push=push,
        reported=reported,
    )


def _switches(charger: Charger, revision: AuthenticationRevision) -> bool:
    """Whether its messages go to a backend of ours, or will; one that goes on as it is switches nothing."""
    if charger.applied_revision_id == revision.pk:
        return False
    bridged = bool(getattr(charger, "upstream", None) and charger.upstream.url)
    applied = charger.applied_revision
    return CLOUD in {revision.mode, applied.mode if applied else ""} or bridged


class Targets:
    """Targets for many chargers; URL and password of one revision are read once."""

    def __init__(self) -> None:
        self._templates: dict[int, UrlTemplate | None] = {}
        self._secrets: dict[int, GivenSecret] = {}

    def of(
        self, charger: Charger, profile: Profile, revision: AuthenticationRevision, reported: dict[str, str | None]
    ) -> Target:
        settings = settings_of(revision)
        endpoint = self.endpoint(charger, revision, settings) if settings.mode == DIRECT else None
        if endpoint is not None and endpoint.dialled_url is None:
            # Never fall back to another address than the one that was agreed.
            return Target(unsupported=Unsupported("url_refused", URL_REFUSED))
        return target_for(
            profile,
            settings,
            endpoint,
            secret=self._secret(revision),
            secret_needed=revision.secret_id is not None and charger.delivered_secret_id != revision.secret_id,
            reported=reported,
            portal=portal_endpoint(django_settings.GATEWAY_PUBLIC_URL, charger.device_id),
            told_url=charger.told_url,
        )

    def endpoint(self, charger: Charger, revision: AuthenticationRevision, settings: Settings) -> Endpoint:
        """Where the charger is to dial in direct mode, or this portal for it in cloud mode."""
        doors = configured_doors() if settings.mode == CLOUD else OPEN_DOORS
        if revision.pk not in self._templates:
            parsed = parse_template(settings.server_url, mode=settings.mode, doors=doors)
            self._templates[revision.pk] = parsed.template
        if settings.server_url and self._templates[revision.pk] is None:
            return Endpoint(charger.device_id, None, "", UrlSource.NONE)
        return resolve(
            self._templates[revision.pk],
            ChargerUrl(charger.device_id, charger.server_url),
            mode=settings.mode,
            legacy_identity=settings.legacy_identity,
            doors=doors,
        )

    def _secret(self, revision: AuthenticationRevision) -> GivenSecret | None:
        secret = revision.secret
        if secret is None:
            return None
        if secret.pk not in self._secrets:
            self._secrets[secret.pk] = GivenSecret.of(secret.pk, reveal(secret))
        return self._secrets[secret.pk]


def links_of(chargers: Iterable[Charger], now: datetime) -> dict[int, LinkView]:
    """The connection of each charger (loaded with ``link``) as the plan sees it; three queries."""
    chargers = list(chargers)
    ids = [charger.pk for charger in chargers]
    alive = set(
        GatewayNode.objects.filter(seen_at__gt=now - NODE_ALIVE, stopped_at__isnull=True).values_list("name", flat=True)
    )
    connectors: dict[int, dict[int, tuple[str, int]]] = defaultdict(dict)
    for row in Connector.objects.filter(charger_id__in=ids).values_list(
        "charger_id", "number", "status", "boot_number"
    ):
        connectors[row[0]][row[1]] = (row[2], row[3])
    sessions = dict(
        Transaction.objects.filter(charger_id__in=ids, stop_received_at__isnull=True, orphan=False)
        .order_by()
        .values_list("charger_id")
        .annotate(Count("pk"))
    )
    return {
        charger.pk: _link_view(charger, connectors[charger.pk], sessions.get(charger.pk, 0), alive, now)
        for charger in chargers
    }


def _link_view(
    charger: Charger, connectors: dict[int, tuple[str, int]], sessions: int, alive: set[str], now: datetime
) -> LinkView:
    link: ChargerLink | None = getattr(charger, "link", None)
    if link is None:
        return LinkView()
    online = (
        link.connected_at is not None
        and link.disconnected_at is None
        and link.boot_accepted
        and link.node in alive
        and link.last_seen_at is not None
        and link.last_seen_at > now - LIVENESS
    )
    activity = Activity(
        boot_accepted=link.boot_accepted,
        connector_count=link.connector_count,
        connectors={number: status for number, (status, boot) in connectors.items() if boot == link.boot_number},
        open_transactions=sessions,
        firmware_status=link.firmware_status,
        diagnostics_status=link.diagnostics_status,
        reserved=is_reserved(link.reservations, now),
    )
    return LinkView(
        online=online,
        node=link.node,
        epoch=link.epoch,
        boot_number=link.boot_number,
        connected_at=link.connected_at,
        disconnected_at=link.disconnected_at,
        busy=busy_reason(activity),
        authenticated_with=link.authenticated_with,
    )


def _newest_pushes(delivery_ids: Collection[int]) -> dict[int, PushView]:
    if not delivery_ids:
        return {}
    rows = (
        PushRecord.objects.filter(delivery_id__in=delivery_ids).order_by("delivery_id", "-id").distinct("delivery_id")
    )
    return {row.delivery_id: push_view(row) for row in rows}


def push_view(row: PushRecord) -> PushView:
    steps = steps_to_results(row.steps)
    return PushView(
        fencing=row.fencing,
        epoch=row.epoch,
        boot_number=row.boot_number,
        begun_at=row.begun_at,
        ended_at=row.ended_at,
        outcome=outcome_from_plain(row.outcome) if row.ended_at else None,
        written=frozenset(step.key for step in steps if step.status in {"Accepted", "RebootRequired"}),
        reset_begun=any(step.key == "Reset" for step in steps),
    )


def reported_of(charger_ids: Collection[int]) -> dict[int, dict[str, str | None]]:
    reported: dict[int, dict[str, str | None]] = defaultdict(dict)
    for charger_id, key, value in ReportedSetting.objects.filter(charger_id__in=charger_ids).values_list(
        "charger_id", "key", "value"
    ):
        reported[charger_id][key] = value
    return reported
