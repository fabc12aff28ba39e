"""New passwords for chargers' connections to the gateway: over the connection itself, or handed out once."""

from datetime import timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts import audit
from accounts.actor import Actor, Who
from accounts.refusals import Conflict
from chargers.models import Charger, LinkPasswordChange, PasswordChangeState
from chargers.services.registration import Credentials, credentials_for, link_digest, new_link_password
from installations.authentication import DIRECT

OPEN = (PasswordChangeState.WAITING, PasswordChangeState.SENT)
UNPROVEN = (PasswordChangeState.SENT, PasswordChangeState.ACCEPTED, PasswordChangeState.UNKNOWN)
# A gateway that was killed in between leaves SENT behind; by then every call of its has timed out.
LOST = timedelta(minutes=2)


@transaction.atomic
def rotate_link_password(*, charger: Charger, actor: Who, reason: str = "") -> LinkPasswordChange:
    """Have the gateway give the charger a new password once it is online and idle. Raises Conflict.

    Nobody ever sees it: the gateway that holds the socket makes it up, keeps its digest and sends it.
    """
    row = _locked(charger)
    _refuse_in_direct_mode(row)
    newest = _newest(row)
    if newest is not None and newest.state in OPEN and not _is_lost(newest):
        raise Conflict("link_password_on_its_way", _("A new password is on its way to this charger already."))
    if newest is not None and newest.state in UNPROVEN and not _disproved(row, newest):
        raise Conflict(
            "link_password_unproven",
            _("The charger has not signed in since the last change, so nobody knows which password it will show. "
              "Wait until it connects again, or hand out a new password."),
        )  # fmt: skip
    if newest is not None and newest.state == PasswordChangeState.SENT:
        _end(newest, PasswordChangeState.UNKNOWN)
    change = LinkPasswordChange.objects.create(
        charger=row, state=PasswordChangeState.WAITING, requested_by=Actor.of(actor).user
    )
    _record(actor, "link_password_rotation", row, reason, way="over_ocpp")
    return change


@transaction.atomic
def hand_out_link_password(
    *, charger: Charger, actor: Who, revoke_old: bool = False, reason: str = ""
) -> tuple[LinkPasswordChange, Credentials]:
    """A new password for somebody to enter at the charger; told once. Raises Conflict while one is being sent.

    The old one works until the new one was shown, unless ``revoke_old``: then it is void at once, and who is
    connected with it is thrown out.
    """
    row = _locked(charger)
    newest = _newest(row)
    if newest is not None and newest.state == PasswordChangeState.SENT and not _is_lost(newest):
        raise Conflict("link_password_on_its_way", _("A new password is on its way to this charger already."))
    if newest is not None and newest.state in OPEN:
        lost = newest.state == PasswordChangeState.SENT
        _end(newest, PasswordChangeState.UNKNOWN if lost else PasswordChangeState.CANCELLED)
    password = new_link_password()
    digest = link_digest(password)
    if revoke_old or row.key_digest is None:
        row.key_digest, row.candidate_key_digest = digest, None
    else:
        row.candidate_key_digest = digest
    row.directory_at = timezone.now()
    row.save(update_fields=["key_digest", "candidate_key_digest", "directory_at"])
    now = timezone.now()
    change = LinkPasswordChange.objects.create(
        charger=row, state=PasswordChangeState.HANDED_OUT, ended_at=now,
        requested_by=Actor.of(actor).user,
    )  # fmt: skip
    _record(actor, "link_password_handed_out", row, reason, way="by_hand", revoked=revoke_old)
    return change, credentials_for(row.device_id, password)


@transaction.atomic
def cancel_rotation(*, charger: Charger, actor: Who) -> LinkPasswordChange:
    """Take back a change that still waits. Raises Conflict when none does."""
    row = _locked(charger)
    newest = _newest(row)
    if newest is None or newest.state != PasswordChangeState.WAITING:
        raise Conflict("nothing_waits", _("No new password is waiting for this charger."))
    _end(newest, PasswordChangeState.CANCELLED)
    _record(actor, "link_password_cancelled", row, "")
    return newest


def newest_change(charger: Charger) -> LinkPasswordChange | None:
    """For pages and API; a SENT one whose gateway was lost reads as UNKNOWN."""
    found = LinkPasswordChange.objects.filter(charger=charger).order_by("-id").first()
    if found is not None and found.state == PasswordChangeState.SENT and _is_lost(found):
        found.state = PasswordChangeState.UNKNOWN
    return found


def _locked(charger: Charger) -> Charger:
    rows = Charger.objects.select_for_update(no_key=True, of=("self",))
    return rows.select_related("installation__revision", "applied_revision", "link").get(pk=charger.pk)


def _newest(row: Charger) -> LinkPasswordChange | None:
    return LinkPasswordChange.objects.select_for_update().filter(charger=row).order_by("-id").first()


def _refuse_in_direct_mode(row: Charger) -> None:
    """There the charger's AuthorizationKey is what it shows to the backend."""
    held = row.applied_revision.mode if row.applied_revision else ""
    wanted = row.installation.revision.mode if row.installation.revision else ""
    if DIRECT in {held, wanted}:
        raise Conflict(
            "link_password_direct",
            _("In OCPP direct the password in the charger is the backend's: it cannot be changed from here. "
              "Hand out a new one and enter it at the charger."),
        )  # fmt: skip


def _is_lost(change: LinkPasswordChange) -> bool:
    return change.sent_at is not None and timezone.now() - change.sent_at > LOST


def _disproved(row: Charger, change: LinkPasswordChange) -> bool:
    """The charger has signed in with the older password since: it did not take the new one."""
    link = getattr(row, "link", None)
    after = change.ended_at or change.sent_at
    return bool(
        link and link.connected_at and after and link.connected_at > after and link.authenticated_with == "current"
    )


def _end(change: LinkPasswordChange, state: PasswordChangeState) -> None:
    change.state, change.ended_at = state, timezone.now()
    change.save(update_fields=["state", "ended_at"])


def _record(actor: Who, action: str, row: Charger, reason: str, **after: object) -> None:
    audit.record(actor, action, row, installation_id=row.installation_id, after=dict(after), reason=reason)
