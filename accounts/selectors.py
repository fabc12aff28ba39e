"""What pages and API read about people and organisations."""

from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet

from accounts.actor import Actor, Who
from accounts.models import AuthenticatorApp, Membership, Organisation, Passkey

ORGANISATION_ORDER = ("name", "id")
MEMBER_ORDER = ("user__email", "id")


def second_step_of(person: str) -> Q:
    """Whether the person that a row's column ``person`` names has a second step."""
    apps = AuthenticatorApp.objects.filter(user=OuterRef(person), confirmed_at__isnull=False)
    return Exists(apps) | Exists(Passkey.objects.filter(user=OuterRef(person)))


def list_organisations(who: Who) -> QuerySet[Organisation]:
    """The organisations a person belongs to, with the own membership; platform staff see all."""
    user = Actor.of(who).user
    rows = Organisation.objects.all() if user.is_staff else Organisation.objects.filter(members=user)
    own = Prefetch("memberships", queryset=Membership.objects.filter(user=user), to_attr="own_memberships")
    return rows.prefetch_related(own).order_by(*ORGANISATION_ORDER)
