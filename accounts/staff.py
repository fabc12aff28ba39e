"""What platform staff do for people: take them in, let them go, help who forgot something. All of it is audited."""

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from accounts import audit
from accounts.actor import Actor, Who
from accounts.invitations import invite
from accounts.members import find_or_create_person
from accounts.models import User
from accounts.refusals import Conflict, Forbidden, Invalid
from accounts.selectors import second_step_of
from accounts.sessions import end_sessions

PEOPLE_ORDER = ("email", "id")


def require_staff(who: Who) -> None:
    """Raises Forbidden."""
    if not Actor.of(who).user.is_staff:
        raise Forbidden("staff_only", _("This is for platform staff only."), extra={"missing_roles": ["staff"]})


def list_people(*, search: str = "") -> QuerySet[User]:
    """``search``: in address and name. With ``has_second_step``."""
    rows = User.objects.annotate(has_second_step=second_step_of("pk"))
    if search:
        rows = rows.filter(Q(email__icontains=search) | Q(name__icontains=search))
    return rows.order_by(*PEOPLE_ORDER)


@transaction.atomic
def create_person(*, actor: Who, email: str, name: str = "") -> tuple[User, str]:
    """Somebody new and the code to set a password with. Raises Invalid."""
    user, is_new = find_or_create_person(actor=actor, email=email, name=name)
    if not is_new:
        raise Invalid("email_taken", _("Somebody with this e-mail address is here already."), pointer="/email")
    return user, invite(user=user, actor=actor)


@transaction.atomic
def change_person(*, user: User, actor: Who, name: str, is_active: bool, is_staff: bool) -> None:
    """Who is not active is out at once, tokens included. Raises Conflict for what would shut out the actor."""
    locked = User.objects.select_for_update().get(pk=user.pk)
    before = {"name": locked.name, "active": locked.is_active, "staff": locked.is_staff}
    after = {"name": name.strip(), "active": is_active, "staff": is_staff}
    if locked.pk == Actor.of(actor).user.pk and not (is_active and is_staff):
        raise Conflict("yourself", _("You cannot shut yourself out: somebody else of the platform's staff can."))
    changed = [key for key in before if before[key] != after[key]]
    if not changed:
        return
    User.objects.filter(pk=locked.pk).update(name=name.strip(), is_active=is_active, is_staff=is_staff)
    audit.record(
        actor,
        "person_changed",
        locked,
        before={key: before[key] for key in changed},
        after={key: after[key] for key in changed},
    )
    if not is_active:
        end_sessions(user=locked, actor=actor)
