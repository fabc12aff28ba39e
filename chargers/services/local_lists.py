"""The list of cards at a charger: sent by a gateway whenever the site's cards change, or when somebody wants it now."""

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts import audit
from accounts.actor import Who
from accounts.refusals import Conflict
from chargers.models import Charger, ListState, LocalList
from installations.authentication import NATIVE


def keeps_our_list(charger: Charger) -> bool:
    """Whether its cards are the portal's: the site is native, and so is what has reached the charger."""
    wanted, held = charger.installation.revision, charger.applied_revision
    return wanted is not None and wanted.mode == NATIVE and (held is None or held.mode == NATIVE)


@transaction.atomic
def send_local_list(*, charger: Charger, actor: Who, reason: str = "") -> LocalList:
    """Have the whole list sent anew, as soon as the charger is there: whatever it holds, and whatever it said before.

    Raises Conflict where the portal has no list at this charger.
    """
    if not keeps_our_list(charger):
        detail = _("The cards of this charger are its backend's: the portal sends it no list.")
        raise Conflict("not_native", detail)
    row = LocalList.objects.select_for_update().filter(charger=charger).first()
    if row is None:
        detail = _("The portal has never sent this charger a list: it keeps none, or its site has no cards.")
        raise Conflict("no_local_list", detail)
    row.state, row.failures, row.retry_at, row.changed_at = ListState.WAITING, 0, None, timezone.now()
    row.save(update_fields=["state", "failures", "retry_at", "changed_at"])
    audit.record(actor, "local_list_ordered", charger, installation_id=charger.installation_id, reason=reason)
    return row
