"""How authentication settings look in answers of the API."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from chargers.models import Rollout
from chargers.services.preview_values import Preview
from installations.authentication import Settings, settings_changes
from installations.findings import Finding
from installations.models import AuthenticationRevision
from installations.services.authentication import settings_of
from installations.services.secrets import shown_fingerprint


def show_settings(settings: Settings) -> dict[str, Any]:
    return {
        "mode": settings.mode,
        "server_url": settings.server_url,
        "default_id_tag": settings.default_id_tag,
        "authorization_required": settings.authorization_required,
        "legacy_identity": settings.legacy_identity,
    }


def show_authentication(revision: AuthenticationRevision, rollout: int | None) -> dict[str, Any]:
    return {
        **show_settings(settings_of(revision)),
        "initial_device_password_set": revision.secret_id is not None,
        "initial_device_password_fingerprint": shown_fingerprint(revision.secret),
        "revision": revision.number,
        "note": revision.note,
        "author": revision.author_label,
        "created_at": revision.created_at,
        "restored_from": revision.restored_from,
        "rollout": rollout,
    }


def show_revisions(rows: Sequence[AuthenticationRevision]) -> list[dict[str, Any]]:
    """Two more queries for all rows together: the revisions before, and the rollouts."""
    if not rows:
        return []
    numbers = [row.number - 1 for row in rows]
    before = AuthenticationRevision.objects.filter(installation=rows[0].installation_id, number__in=numbers)
    earlier = {row.number: row for row in before.select_related("secret")}
    rollouts = dict(Rollout.objects.filter(revision__in=[row.pk for row in rows]).values_list("revision_id", "pk"))
    return [
        {**show_authentication(row, rollouts.get(row.pk)), "changes": _changes(earlier.get(row.number - 1), row)}
        for row in rows
    ]


def _changes(before: AuthenticationRevision | None, after: AuthenticationRevision) -> list[dict[str, Any]]:
    if before is None:
        return []
    changes = settings_changes(
        settings_of(before),
        settings_of(after),
        fingerprint_before=shown_fingerprint(before.secret) or "",
        fingerprint_after=shown_fingerprint(after.secret) or "",
    )
    return [asdict(change) for change in changes]


def show_finding(finding: Finding) -> dict[str, Any]:
    return {
        "code": finding.code,
        "pointer": finding.pointer,
        "detail": str(finding.detail),
        "charger": finding.charger,
        "suggestion": finding.suggestion,
    }


def show_preview(preview: Preview) -> dict[str, Any]:
    return {
        "settings": None if preview.settings is None else show_settings(preview.settings),
        "problems": [show_finding(finding) for finding in preview.problems],
        "warnings": [show_finding(finding) for finding in preview.warnings],
        "notices": [show_finding(finding) for finding in preview.notices],
        "summary": asdict(preview.summary),
        "policy": preview.policy.plain(),
        "chargers": [
            {
                "device_id": row.device_id,
                "name": row.name,
                "dialled_url": row.dialled_url,
                "identity": row.identity,
                "url_source": row.url_source.value,
                "link_state": row.link_state.value,
                "profile": str(row.profile),
                "verdict": row.verdict.value,
                "reroutes": row.reroutes,
                "changes": [asdict(change) for change in row.changes],
                "problems": [{**show_finding(finding), "level": finding.level.value} for finding in row.problems],
            }
            for row in preview.chargers
        ],
    }
