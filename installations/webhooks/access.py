"""Whose webhooks a person may see and change.

Of an installation: its owners and service. Of an organisation: its admins, as they hear of every installation that it
owns. A member who is no admin and a viewer know that they could be there, and are told which role they lack.
"""

from django.db.models import Q, QuerySet
from django.utils.translation import gettext

from accounts.actor import Actor, Who
from accounts.models import Membership, Organisation
from accounts.permissions import Action
from accounts.refusals import Forbidden
from installations.access import audit_staff, require, require_scope, visible
from installations.models import Installation
from installations.webhook_models import Webhook

WEBHOOK_ORDER = ("id",)

type Owner = Installation | Organisation


def list_webhooks(who: Who, action: Action = Action.VIEW_WEBHOOKS) -> QuerySet[Webhook]:
    """Those with which ``who`` may do ``action``, with their owner."""
    sites = visible(Installation.objects.all(), who, action).values("pk")
    led = own_organisations(who, led=True).values("pk")
    rows = Webhook.objects.select_related("installation", "organisation")
    return rows.filter(Q(installation__in=sites) | Q(organisation__in=led)).order_by(*WEBHOOK_ORDER)


def webhooks_of(owner: Owner) -> QuerySet[Webhook]:
    return owner.webhooks.order_by(*WEBHOOK_ORDER)


def find_webhook(who: Who, webhook_id: int) -> Webhook | None:
    """With its owner, of which ``who`` knows; None: foreign or nonexistent, which nobody can tell apart."""
    sites = visible(Installation.objects.all(), who).values("pk")
    known = Q(installation__in=sites) | Q(organisation__in=own_organisations(who).values("pk"))
    return Webhook.objects.select_related("installation", "organisation").filter(known, pk=webhook_id).first()


def own_organisations(who: Who, *, led: bool = False) -> QuerySet[Organisation]:
    """``led``: only those whose admin ``who`` is. All for staff; none by a token for some installations."""
    actor = Actor.of(who)
    if not actor.user.is_active or actor.installation_ids is not None:
        return Organisation.objects.none()
    if actor.user.is_staff:
        return Organisation.objects.all()
    own = Membership.objects.filter(user=actor.user, **({"is_admin": True} if led else {}))
    return Organisation.objects.filter(pk__in=own.values("organisation_id"))


def owner_of(webhook: Webhook) -> Owner:
    owner = webhook.installation or webhook.organisation
    assert owner is not None  # a constraint of the table
    return owner


def require_webhooks(who: Who, owner: Owner, action: Action) -> None:
    """Raise Forbidden unless ``who``, who knows ``owner``, may do ``action`` with its webhooks."""
    if isinstance(owner, Installation):
        require(who, owner, action)
        return
    actor = Actor.of(who)
    require_scope(actor, action)
    if Membership.objects.filter(organisation=owner, user=actor.user, is_admin=True).exists() and actor.user.is_active:
        return
    if not (actor.user.is_active and actor.user.is_staff):
        detail = gettext("This is for admins of the organisation only.")
        raise Forbidden("admin_only", detail, extra={"missing_roles": ["admin"]})
    audit_staff(actor, owner, action)
