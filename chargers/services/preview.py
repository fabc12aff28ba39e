"""What a draft of authentication settings would do to every charger; writes nothing, opens no socket."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings as django_settings
from django.utils import timezone
from django.utils.functional import lazy
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from chargers.facts import link_facts, reported_settings
from chargers.link_state import LinkFacts, busy_reason, link_state
from chargers.models import Charger
from chargers.profiles import profile_for
from chargers.rollout.policy import read_policy
from chargers.routes import NO_ROUTE, Route, Routes, routes_of
from chargers.services.balancing import is_wanted
from chargers.services.preview_values import Change, ChargerRow, Preview, Summary, Verdict
from chargers.settings_diff import GivenSecret, Target, differences, portal_endpoint, target_for
from installations.authentication import (
    CLOUD,
    DIRECT,
    NATIVE,
    ClearPassword,
    Draft,
    NewPassword,
    Settings,
    Site,
    review,
)
from installations.cards import count_usable_cards
from installations.doors import configured_doors
from installations.findings import Finding, Level
from installations.models import AuthenticationRevision, Installation, Secret
from installations.ocpp_url.identity import CHARGER_POINTER, ChargerUrl, Endpoint, UrlSource
from installations.services.secrets import fingerprint

__all__ = ["Change", "ChargerRow", "Preview", "Summary", "Verdict", "preview"]

# A password that is not stored yet: no row has this id, so every charger still needs it.
NOT_STORED = 0


def preview(
    *,
    installation: Installation,
    draft: Draft,
    password_of: AuthenticationRevision | None = None,
    policy: Mapping[str, Any] | None = None,
) -> Preview:
    """The same judgement as a save. ``password_of``: whose password "keep" means; None: the revision in force."""
    standing = installation.revision
    source = password_of or standing
    kept = source.secret if source else None
    chargers = list(
        Charger.objects.filter(installation=installation).defer("key_digest", "candidate_key_digest").order_by("pk")
    )
    ids = [charger.pk for charger in chargers]
    routes = routes_of(ids)
    judged = review(
        draft,
        Site(
            chargers=[ChargerUrl(charger.device_id, charger.server_url) for charger in chargers],
            password_set=kept is not None,
            current_mode=standing.mode if standing else NATIVE,
            usable_cards=count_usable_cards(installation),
            offline_authorization=installation.offline_authorization,
            queued=routes.queued,
            balanced=draft.mode != NATIVE and is_wanted(installation),
            doors=configured_doors(),
        ),
    )
    of_charger: dict[str, list[Finding]] = defaultdict(list)
    for finding in judged.findings:
        if finding.charger:
            of_charger[finding.charger].append(finding)
    table = _Table(
        settings=judged.settings,
        endpoints={endpoint.device_id: endpoint for endpoint in judged.endpoints},
        secret=_secret_of(draft, kept),
        routes=routes,
        links=link_facts(ids),
        reported=reported_settings(ids),
        findings=of_charger,
    )
    rows = tuple(table.row(charger) for charger in chargers)
    summary = Summary.of(rows)
    agreed, flaws = read_policy(policy or {}, direct=draft.mode == DIRECT, chargers=len(chargers))
    wrong = [Finding(Level.PROBLEM, flaw.code, f"/policy{flaw.pointer}", flaw.detail) for flaw in flaws]
    return Preview(judged.settings, (*judged.findings, *_cannot(rows), *wrong), rows, summary, agreed)


def _secret_of(draft: Draft, kept: Secret | None) -> GivenSecret | None:
    """The password as a delivery will see it: the standing row where it is kept or entered again unchanged."""
    if draft.mode == NATIVE or isinstance(draft.password, ClearPassword):
        return None
    if isinstance(draft.password, NewPassword):
        text = draft.password.text
        same = kept is not None and kept.fingerprint == fingerprint(text)
        return GivenSecret.of(kept.pk if kept is not None and same else NOT_STORED, text)
    return None if kept is None else GivenSecret(kept.pk)


def _cannot(rows: Iterable[ChargerRow]) -> tuple[Finding, ...]:
    """One warning to acknowledge for all chargers that stay as they are, however many reasons there are."""
    count = sum(row.verdict is Verdict.CANNOT and row.dialled_url is not None for row in rows)
    if not count:
        return ()
    return (Finding(Level.WARNING, "chargers_cannot", CHARGER_POINTER, lazy(_said_cannot, str)(count)),)


def _said_cannot(count: int) -> str:
    sentence = ngettext(
        "%(count)d charger cannot take this setting over OCPP and stays as it is: see its row.",
        "%(count)d chargers cannot take this setting over OCPP and stay as they are: see their rows.",
        count,
    )
    return sentence % {"count": count}


@dataclass(frozen=True)
class _Table:
    settings: Settings | None
    endpoints: Mapping[str, Endpoint]
    secret: GivenSecret | None
    routes: Routes
    links: Mapping[int, LinkFacts]
    reported: Mapping[int, Mapping[str, str | None]]
    findings: Mapping[str, Sequence[Finding]]

    def row(self, charger: Charger) -> ChargerRow:
        facts = self.links[charger.pk]
        state = link_state(facts, timezone.now())
        endpoint = self.endpoints.get(charger.device_id)
        problems = list(self.findings.get(charger.device_id, ()))
        target = self._target(charger, endpoint)
        changes = () if target is None else _changes(target, self.reported[charger.pk])
        reroutes = self._route(endpoint) != self.routes.of(charger.pk)
        verdict = Verdict.CHANGE if changes or reroutes or (target and target.must_read_first) else Verdict.MATCH
        if target is None or target.unsupported is not None:
            verdict = Verdict.CANNOT
        if target is not None and target.unsupported is not None:
            changes = ()
            problems.append(
                Finding(
                    Level.WARNING,
                    target.unsupported.code,
                    CHARGER_POINTER,
                    target.unsupported.detail,
                    charger.device_id,
                )
            )
        if not charger.vendor:
            verdict, changes = Verdict.CHANGE, ()
            problems = [*self.findings.get(charger.device_id, ()), _not_identified(charger)]
        return ChargerRow(
            charger_id=charger.pk,
            device_id=charger.device_id,
            name=charger.name,
            dialled_url=endpoint.dialled_url if endpoint else None,
            identity=endpoint.identity if endpoint else "",
            url_source=endpoint.source if endpoint else UrlSource.NONE,
            link_state=state,
            busy=busy_reason(facts.activity) if state.online else None,
            profile=profile_for(charger.vendor, charger.model, charger.firmware).title if charger.vendor else "",
            verdict=verdict,
            reroutes=reroutes,
            changes=changes,
            problems=tuple(problems),
        )

    def _route(self, endpoint: Endpoint | None) -> Route:
        """The backend that this portal would dial for the charger."""
        if self.settings is None or self.settings.mode != CLOUD or endpoint is None or not endpoint.dialled_url:
            return NO_ROUTE
        return endpoint.dialled_url, endpoint.identity, self.secret.secret_id if self.secret else None

    def _target(self, charger: Charger, endpoint: Endpoint | None) -> Target | None:
        """None: the draft leaves this charger without a URL, or there is nothing to judge it by."""
        if self.settings is None or (self.settings.mode == DIRECT and (endpoint is None or not endpoint.dialled_url)):
            return None
        needed = (
            self.settings.mode == DIRECT
            and self.secret is not None
            and (self.secret.secret_id == NOT_STORED or charger.delivered_secret_id != self.secret.secret_id)
        )
        return target_for(
            profile_for(charger.vendor, charger.model, charger.firmware),
            self.settings,
            endpoint,
            secret=self.secret,
            secret_needed=needed,
            reported=self.reported[charger.pk],
            portal=portal_endpoint(django_settings.GATEWAY_PUBLIC_URL, charger.device_id),
            told_url=charger.told_url,
        )


def _changes(target: Target, reported: Mapping[str, str | None]) -> tuple[Change, ...]:
    wrong = differences(target.expected, reported)
    return tuple(
        Change(write.key, None, "", secret=True)
        if write.value is None
        else Change(write.key, reported.get(write.key), write.value)
        for write in target.writes
        if write.value is None or write.key in wrong
    )


def _not_identified(charger: Charger) -> Finding:
    detail = format_lazy(
        _("The make of {device} is not known before it has connected once: what it takes is decided then."),
        device=charger.device_id,
    )
    return Finding(Level.NOTICE, "make_unknown", CHARGER_POINTER, detail, charger.device_id)
