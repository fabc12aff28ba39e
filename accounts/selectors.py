"""What pages and API read about people and organisations."""

from django.db.models import Prefetch, QuerySet

from accounts.actor import Actor, Who
from accounts.models import Membership, Organisation

ORGANISATION_ORDER = ("name", "id")


def list_organisations(who: Who) -> QuerySet[Organisation]:
    """The organisations a person belongs to, with the own membership; platform staff see all."""
    user = Actor.of(who).user
    rows = Organisation.objects.all() if user.is_staff else Organisation.objects.filter(members=user)
    own = Prefetch("memberships", queryset=Membership.objects.filter(user=user), to_attr="own_memberships")
    return rows.prefetch_related(own).order_by(*ORGANISATION_ORDER)
