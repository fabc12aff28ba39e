"""Who may see and do what with which installation: the one place that turns grants into rows and refusals.

Foreign is the same as nonexistent (an empty queryset, so 404); known but forbidden raises ``Missing`` (403).
"""

from collections.abc import Collection
from datetime import timedelta

from django.db.models import Model, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext

from accounts import audit
from accounts.actor import Actor, Who
from accounts.models import AuditEntry, Membership, Organisation, User
from accounts.permissions import ROLES, SCOPES, Action, Role, allows
from accounts.refusals import Forbidden
from installations import models
from installations.models import Grant, Installation

STAFF_AUDIT_EVERY = timedelta(hours=1)


class Missing(Forbidden):
    """The actor sees the installation but lacks every one of ``roles`` on it."""

    def __init__(self, roles: Collection[Role]) -> None:
        self.roles = sorted(roles)
        names = gettext(" or ").join(str(models.Role(role).label) for role in self.roles)
        detail = gettext("This needs the role %(roles)s on this installation.") % {"roles": names}
        super().__init__("role_missing", detail, extra={"missing_roles": [role.value for role in self.roles]})


def visible[M: Model](
    queryset: QuerySet[M], who: Who, action: Action = Action.VIEW, *, through: str = ""
) -> QuerySet[M]:
    """The rows of installations on which ``who`` may do ``action``.

    ``through`` is the path from the model to its installation; it is found by itself for Installation and for models
    with an ``installation`` field. A token without the action's scope sees nothing.
    """
    actor = Actor.of(who)
    path = _path(queryset.model, through)
    if not actor.user.is_active or not actor.has_scope(SCOPES[action]):
        return queryset.none()
    if actor.installation_ids is not None:
        queryset = queryset.filter(**{f"{path}__in": actor.installation_ids})
    if actor.user.is_staff:
        return queryset
    granted = standing_grants(actor).filter(role__in=ROLES[action]).values("installation_id")
    return queryset.filter(**{f"{path}__in": granted})


def standing_grants(who: Who) -> QuerySet[Grant]:
    """Grants in force now, to the person or to an organisation the person belongs to. Scopes play no part here."""
    user = Actor.of(who).user
    organisations = Membership.objects.filter(user=user).values("organisation_id")
    in_force = Q(expires_at__isnull=True) | Q(expires_at__gt=timezone.now())
    return Grant.objects.filter(in_force, Q(user=user) | Q(organisation__in=organisations))


def roles_on(who: Who, installation: Installation) -> frozenset[Role]:
    """The roles the person holds on one installation; platform staff need none and may have none."""
    return frozenset(
        Role(role) for role in standing_grants(who).filter(installation=installation).values_list("role", flat=True)
    )


def may(who: Who, installation: Installation, action: Action) -> bool:
    """Whether ``require`` would let pass; for showing or disabling a control. Audits nothing."""
    return action in allowed(who, installation, action)


def allowed(who: Who, installation: Installation, *actions: Action) -> frozenset[Action]:
    """Those of ``actions`` that ``may`` allows, with one look at the roles."""
    actor = Actor.of(who)
    if actor.installation_ids is not None and installation.pk not in actor.installation_ids:
        return frozenset()
    scoped = [action for action in actions if actor.user.is_active and actor.has_scope(SCOPES[action])]
    if actor.user.is_staff or not scoped:
        return frozenset(scoped)
    roles = roles_on(actor, installation)
    return frozenset(action for action in scoped if allows(roles, action))


def require(who: Who, installation: Installation, action: Action) -> None:
    """Raise ``Missing`` (no role) or ``Forbidden`` (the token's scopes) unless ``who`` may do ``action``.

    The installation must come from ``visible``. A right that only platform staff status gives leaves an audit entry.
    """
    actor = Actor.of(who)
    require_scope(actor, action)
    if actor.user.is_active and allows(roles_on(actor, installation), action):
        return
    if not (actor.user.is_active and actor.user.is_staff):
        raise Missing(ROLES[action])
    audit_staff(actor, installation, action)


def require_scope(who: Who, action: Action) -> None:
    if not Actor.of(who).has_scope(SCOPES[action]):
        raise Forbidden.scope(SCOPES[action].value)


def audit_staff(actor: Actor, target: Installation | Organisation | User, action: Action) -> None:
    """A right that only staff status gives. One entry an hour for the same person, target and action."""
    installation_id = target.pk if isinstance(target, Installation) else None
    known = AuditEntry.objects.filter(
        actor=actor.user,
        installation_id=installation_id,
        object_type=target._meta.model_name,
        object_id=str(target.pk),
        action="staff_access",
        after__action=action.value,
        at__gt=timezone.now() - STAFF_AUDIT_EVERY,
    )
    if not known.exists():
        after = {"action": action.value}
        audit.record(actor, "staff_access", target, installation_id=installation_id, after=after)


def _path(model: type[Model], through: str) -> str:
    if through:
        return through
    return "pk" if model is Installation else "installation"
