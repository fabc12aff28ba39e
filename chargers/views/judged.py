"""What a save and a restore share: the preview's context, when a click is not enough, and where both lead."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.web import go_to
from chargers import doorbell
from chargers.link_state import LinkState
from chargers.services.preview_values import ChargerRow, Preview, Verdict
from chargers.views.wording import policy_sentences, summary_sentence
from installations.authentication import DIRECT, NATIVE, FieldChange, settings_changes
from installations.models import AuthenticationRevision, Installation
from installations.services.authentication import settings_of
from installations.services.secrets import shown_fingerprint

CONFIRM_ABOVE = 50
SHOWN_CHARGERS = 200


def to_rollout(request: HttpRequest, revision: AuthenticationRevision) -> HttpResponse:
    if doorbell.out_of_order():
        told = _("Saved as version %(number)d. The queue does not answer just now: the rollout starts by itself later.")
    else:
        told = _("Saved as version %(number)d. It is on its way.")
    messages.success(request, told % {"number": revision.number})
    return go_to(request, reverse("rollout", args=[revision.rollout.pk]))


def needs_name(judged: Preview, installation: Installation) -> bool:
    """Into direct mode, or above 50 chargers, a click must not be enough."""
    if judged.settings is None or not judged.chargers:
        return False
    standing = installation.revision
    enters_direct = judged.settings.mode == DIRECT and (standing is None or standing.mode != DIRECT)
    return enters_direct or judged.summary.total > CONFIRM_ABOVE


def judged_context(
    judged: Preview, installation: Installation, acknowledged: list[str], new_fingerprint: str
) -> dict[str, Any]:
    """What the preview shows. ``new_fingerprint``: of the password after saving, empty for none."""
    standing = installation.revision
    changes: tuple[FieldChange, ...] = ()
    if judged.settings is not None and standing is not None:
        changes = settings_changes(
            settings_of(standing),
            judged.settings,
            fingerprint_before=shown_fingerprint(standing.secret) or "",
            fingerprint_after="" if judged.settings.mode == NATIVE else new_fingerprint,
        )
    return {
        "judged": judged,
        "sentence": summary_sentence(judged.summary),
        "policy": policy_sentences(judged.policy, installation.time_zone),
        "rows": sorted(judged.chargers, key=_by_concern)[:SHOWN_CHARGERS],
        "shown": SHOWN_CHARGERS,
        "field_changes": changes,
        "needs_name": needs_name(judged, installation),
        "acknowledged": acknowledged,
    }


def _by_concern(row: ChargerRow) -> tuple[int, bool, str]:
    """Chargers that cannot first, then those that must wait: they stand on the page however long the list is."""
    order = (Verdict.CANNOT, Verdict.CHANGE, Verdict.MATCH)
    return order.index(row.verdict), row.link_state == LinkState.IDLE, row.device_id


def changes_between(before: AuthenticationRevision, after: AuthenticationRevision) -> Any:
    return settings_changes(
        settings_of(before),
        settings_of(after),
        fingerprint_before=shown_fingerprint(before.secret) or "",
        fingerprint_after=shown_fingerprint(after.secret) or "",
    )
