"""Who a browser's session belongs to, with what every request has to know of the person, in one query."""

from django.contrib.auth.backends import ModelBackend
from django.db.models import Exists, OuterRef

from accounts.models import Membership, User


class PeopleBackend(ModelBackend):
    def get_user(self, user_id: int) -> User | None:
        """With ``second_factor_asked``: whether an organisation asks the person for a second step."""
        asking = Membership.objects.filter(user=OuterRef("pk"), organisation__second_factor_required=True)
        user = User.objects.annotate(second_factor_asked=Exists(asking)).filter(pk=user_id).first()
        return user if user is not None and self.user_can_authenticate(user) else None
