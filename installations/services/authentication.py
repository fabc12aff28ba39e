"""Publishes authentication revisions: numbered, immutable, one at a time."""

from collections.abc import Collection, Mapping
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts import audit
from accounts.actor import Actor, Who
from accounts.refusals import Stale
from installations.authentication import (
    NATIVE,
    ClearPassword,
    Draft,
    NewPassword,
    Password,
    Settings,
    settings_changes,
    settings_digest,
)
from installations.doorbell import ring_revision_published
from installations.models import AuthenticationRevision, Installation, Secret
from installations.services.secrets import fingerprint, shown_fingerprint, store_secret


class StaleRevision(Stale):
    """Somebody else saved first; ``current`` is the number of the revision in force."""

    def __init__(self, current: int) -> None:
        detail = _("The settings were changed by somebody else in the meantime: read them again, then save.")
        super().__init__("stale", detail, current=current)


def publish_revision(
    *,
    installation: Installation,
    draft: Draft,
    actor: Who | None,
    expected_number: int,
    acknowledged: Collection[str] = (),
    policy: Mapping[str, Any] | None = None,
    note: str = "",
    restored_from: int | None = None,
    ring: bool = True,
) -> AuthenticationRevision:
    """Make ``draft``, reviewed and normalised already, the installation's revision in force.

    ``ring`` False tells nobody: for an installation that is being made and cannot have chargers yet.
    One transaction: lock, compare ``expected_number`` (raises StaleRevision), insert, point to it, ring, audit.
    With ``restored_from`` a kept password is that revision's.
    """
    with transaction.atomic():
        locked = Installation.objects.select_for_update(no_key=True, of=("self",)).get(pk=installation.pk)
        standing = locked.revision
        current = standing.number if standing else 0
        if current != expected_number:
            raise StaleRevision(current)
        settings = settings_of(draft)
        secret = _secret(draft, standing if restored_from is None else locked.revisions.get(number=restored_from))
        revision = AuthenticationRevision.objects.create(
            installation=locked,
            number=current + 1,
            mode=settings.mode,
            server_url=settings.server_url,
            secret=secret,
            default_id_tag=settings.default_id_tag,
            authorization_required=settings.authorization_required,
            legacy_identity=settings.legacy_identity,
            author=Actor.of(actor).user if actor else None,
            author_label=Actor.of(actor).label if actor else "",
            note=note,
            restored_from=restored_from,
            digest=settings_digest(settings, secret.fingerprint if secret else ""),
        )
        locked.revision = revision
        locked.save(update_fields=["revision"])
        _audit(actor, locked, standing, revision, acknowledged, note)
        if ring:
            ring_revision_published(revision, policy or {})
    installation.revision = revision
    return revision


def settings_of(source: Draft | AuthenticationRevision) -> Settings:
    return Settings(
        source.mode,
        source.server_url,
        source.default_id_tag,
        source.authorization_required,
        source.legacy_identity,
    )


def _secret(draft: Draft, base: AuthenticationRevision | None) -> Secret | None:
    """``base`` is the revision whose password "keep" means; its row stays when the same password is entered again."""
    password: Password = draft.password
    if draft.mode == NATIVE or isinstance(password, ClearPassword):
        return None
    kept = base.secret if base else None
    if isinstance(password, NewPassword):
        same = kept is not None and kept.fingerprint == fingerprint(password.text)
        return kept if same else store_secret(password.text)
    return kept


def _audit(
    actor: Who | None,
    installation: Installation,
    standing: AuthenticationRevision | None,
    revision: AuthenticationRevision,
    acknowledged: Collection[str],
    note: str,
) -> None:
    before = settings_of(standing) if standing else None
    changed: list[str] = []
    if before is not None and standing is not None:
        changes = settings_changes(
            before,
            settings_of(revision),
            fingerprint_before=shown_fingerprint(standing.secret) or "",
            fingerprint_after=shown_fingerprint(revision.secret) or "",
        )
        changed = [change.field for change in changes]
    audit.record(
        actor,
        "authentication_changed",
        installation,
        installation_id=installation.pk,
        before={"revision": standing.number, "mode": standing.mode} if standing else {},
        after={
            "revision": revision.number,
            "mode": revision.mode,
            "changed": changed,
            "acknowledged": sorted(acknowledged),
            "restored_from": revision.restored_from,
        },
        reason=note,
    )
