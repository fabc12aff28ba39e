"""Organisations and who belongs to them. Their admins, and platform staff, decide that."""

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from accounts import audit
from accounts.actor import Actor, Who
from accounts.invitations import invite
from accounts.models import Membership, Organisation, User
from accounts.refusals import Conflict, Forbidden, Invalid
from accounts.second_factor import has_any
from accounts.selectors import MEMBER_ORDER, list_organisations, second_step_of


def find_organisation_to_lead(who: Who, pk: int) -> Organisation | None:
    """None: foreign or nonexistent. Raises Forbidden for a member who is no admin."""
    user = Actor.of(who).user
    found = list_organisations(who).filter(pk=pk).first()
    if found is None or user.is_staff:
        return found
    if not Membership.objects.filter(organisation=found, user=user, is_admin=True).exists():
        detail = _("This is for admins of the organisation only.")
        raise Forbidden("admin_only", detail, extra={"missing_roles": ["admin"]})
    return found


def list_members(organisation: Organisation) -> QuerySet[Membership]:
    """With ``has_second_step``."""
    rows = Membership.objects.filter(organisation=organisation).annotate(has_second_step=second_step_of("user"))
    return rows.select_related("user").order_by(*MEMBER_ORDER)


@transaction.atomic
def create_organisation(*, name: str, actor: Who) -> Organisation:
    """Raises Invalid."""
    name = name.strip()
    if Organisation.objects.filter(name__iexact=name).exists():
        raise Invalid("name_taken", _("There is an organisation with this name already."), pointer="/name")
    organisation = Organisation.objects.create(name=name)
    audit.record(actor, "organisation_created", organisation, after={"name": name})
    return organisation


@transaction.atomic
def require_second_factor(*, organisation: Organisation, actor: Who, required: bool) -> None:
    """Members without one are led to set it up with their next click; API tokens go on. Raises Conflict."""
    locked = Organisation.objects.select_for_update(no_key=True).get(pk=organisation.pk)
    if locked.second_factor_required == required:
        return
    user = Actor.of(actor).user
    if required and not has_any(user) and Membership.objects.filter(organisation=locked, user=user).exists():
        raise Conflict("no_second_factor", _("Set up your own second step first: it is asked of you too."))
    locked.second_factor_required = required
    locked.save(update_fields=["second_factor_required"])
    audit.record(
        actor,
        "organisation_changed",
        locked,
        before={"second_factor_required": not required},
        after={"second_factor_required": required},
    )


@transaction.atomic
def add_member(
    *, organisation: Organisation, actor: Who, email: str, name: str = "", is_admin: bool = False
) -> tuple[Membership, str]:
    """The membership, and a code for somebody who is new here (else empty). Raises Conflict."""
    user, is_new = find_or_create_person(actor=actor, email=email, name=name)
    membership, added = Membership.objects.get_or_create(
        organisation=organisation, user=user, defaults={"is_admin": is_admin}
    )
    if not added:
        raise Conflict("member_already", _("This person is a member already."))
    audit.record(actor, "member_added", organisation, after=_facts(membership))
    return membership, invite(user=user, actor=actor) if is_new else ""


@transaction.atomic
def set_admin(*, membership: Membership, actor: Who, is_admin: bool) -> None:
    """Raises Conflict for the last admin."""
    _lock(membership)
    if not is_admin:
        _refuse_last_admin(membership, actor)
    before = _facts(membership)
    if membership.is_admin != is_admin:
        membership.is_admin = is_admin
        membership.save(update_fields=["is_admin"])
        audit.record(actor, "member_changed", membership.organisation, before=before, after=_facts(membership))


@transaction.atomic
def remove_member(*, membership: Membership, actor: Who) -> None:
    """What the organisation was given access to is closed to the person at once. Raises Conflict for the last admin."""
    _lock(membership)
    _refuse_last_admin(membership, actor)
    audit.record(actor, "member_removed", membership.organisation, before=_facts(membership))
    membership.delete()


def find_or_create_person(*, actor: Who, email: str, name: str) -> tuple[User, bool]:
    """The person with this address; somebody new has no password yet. True: new."""
    email = email.strip().lower()
    found = User.objects.filter(email=email).first()
    if found is not None:
        return found, False
    try:
        with transaction.atomic():
            user = User.objects.create_user(email, None, name=name.strip())
    except IntegrityError:  # somebody was faster
        return User.objects.get(email=email), False
    audit.record(actor, "person_created", user, after={"email": email, "name": user.name})
    return user, True


def _lock(membership: Membership) -> None:
    """Two admins who leave at the same moment wait for each other."""
    Organisation.objects.select_for_update(no_key=True).get(pk=membership.organisation_id)


def _refuse_last_admin(membership: Membership, actor: Who) -> None:
    others = Membership.objects.filter(organisation=membership.organisation_id, is_admin=True).exclude(pk=membership.pk)
    if membership.is_admin and not Actor.of(actor).user.is_staff and not others.exists():
        raise Conflict("last_admin", _("This is the last admin: make somebody else an admin first."))


def _facts(membership: Membership) -> dict[str, object]:
    return {"user": membership.user.email, "admin": membership.is_admin}
