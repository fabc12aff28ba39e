"""Saves an installation's authentication settings: preview, refuse, publish. Pages and API call nothing else.

Access is the caller's: whoever comes here may set the mode.
"""

from collections.abc import Collection, Mapping
from typing import Any

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from accounts.actor import Who
from accounts.refusals import Fault, Invalid
from chargers.services.preview import preview
from chargers.services.preview_values import Preview
from installations.authentication import NATIVE, Draft, KeepPassword
from installations.findings import Finding
from installations.models import AuthenticationRevision, Installation
from installations.services.authentication import StaleRevision, publish_revision

__all__ = ["Preview", "Refused", "StaleRevision", "UnknownRevision", "draft_of", "preview", "restore", "save"]


class Refused(Invalid):
    """Nothing was saved. ``preview`` tells all; ``findings`` are the problems, or the warnings not acknowledged."""

    def __init__(self, judged: Preview, acknowledged: Collection[str]) -> None:
        self.preview = judged
        self.unacknowledged = tuple(finding for finding in judged.warnings if finding.code not in acknowledged)
        self.findings: tuple[Finding, ...] = judged.problems or self.unacknowledged
        first = self.findings[0]
        code = "problems" if judged.problems else "not_acknowledged"
        super().__init__(
            code,
            first.detail,
            pointer=first.pointer,
            faults=[Fault(finding.code, finding.detail, finding.pointer) for finding in self.findings],
        )


class UnknownRevision(Invalid):
    def __init__(self, number: int) -> None:
        super().__init__("unknown_revision", format_lazy(_("There is no revision {number}."), number=number))


def save(
    *,
    installation: Installation,
    draft: Draft,
    actor: Who,
    expected_number: int,
    acknowledged: Collection[str] = (),
    policy: Mapping[str, Any] | None = None,
    note: str = "",
) -> AuthenticationRevision:
    """Publish the draft. Raises Refused, or StaleRevision when ``expected_number`` is not in force any more."""
    _check_number(installation, expected_number)
    judged = preview(installation=installation, draft=draft, policy=policy)
    return publish_revision(
        installation=installation,
        draft=_accepted(judged, draft, acknowledged),
        actor=actor,
        expected_number=expected_number,
        acknowledged=acknowledged,
        policy=judged.policy.plain(),
        note=note,
    )


def restore(
    *,
    installation: Installation,
    number: int,
    actor: Who,
    expected_number: int,
    acknowledged: Collection[str] = (),
    policy: Mapping[str, Any] | None = None,
    note: str = "",
) -> AuthenticationRevision:
    """A new revision with the settings and the password of revision ``number``; the same gates as a save.

    Raises UnknownRevision, Refused or StaleRevision.
    """
    _check_number(installation, expected_number)
    old = AuthenticationRevision.objects.select_related("secret").filter(
        installation=installation, number=number
    ).first()  # fmt: skip
    if old is None:
        raise UnknownRevision(number)
    draft = draft_of(old)
    judged = preview(installation=installation, draft=draft, password_of=old, policy=policy)
    return publish_revision(
        installation=installation,
        draft=_accepted(judged, draft, acknowledged),
        actor=actor,
        expected_number=expected_number,
        acknowledged=acknowledged,
        policy=judged.policy.plain(),
        note=note,
        restored_from=number,
    )


def draft_of(revision: AuthenticationRevision) -> Draft:
    """The draft that would make this revision again; its password is kept."""
    return Draft(
        mode=revision.mode,
        server_url=revision.server_url,
        password=KeepPassword(),
        default_id_tag=revision.default_id_tag,
        authorization_required=revision.authorization_required,
        legacy_identity=revision.legacy_identity,
    )


def _check_number(installation: Installation, expected_number: int) -> None:
    """Stale goes before refused: findings against settings that are no longer in force would mislead."""
    current = (
        AuthenticationRevision.objects.filter(installation=installation)
        .order_by("-number")
        .values_list("number", flat=True)
        .first()
        or 0
    )
    if current != expected_number:
        raise StaleRevision(current)


def _accepted(judged: Preview, draft: Draft, acknowledged: Collection[str]) -> Draft:
    """The normalised draft. Raises Refused."""
    if judged.settings is None or judged.problems or any(w.code not in acknowledged for w in judged.warnings):
        raise Refused(judged, acknowledged)
    settings = judged.settings
    return Draft(
        mode=settings.mode,
        server_url=settings.server_url,
        password=KeepPassword() if settings.mode == NATIVE else draft.password,
        default_id_tag=settings.default_id_tag,
        authorization_required=settings.authorization_required,
        legacy_identity=settings.legacy_identity,
    )
