"""What people set about themselves."""

from collections.abc import Mapping
from urllib.parse import urlencode

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts import audit
from accounts.models import SavedFilter, User
from accounts.refusals import Conflict, Invalid

MOST_FILTERS = 30
LONGEST_NAME = 60
LONGEST_QUERY = 500


def change_password(*, user: User, new: str) -> None:
    """Every session of the person ends by it, but one that is told the new one. API tokens go on."""
    with transaction.atomic():
        user.set_password(new)
        user.save(update_fields=["password"])
        audit.record(user, "password_changed", user)


def set_language(*, user: User, language: str) -> None:
    User.objects.filter(pk=user.pk).update(language=language)


def save_filter(*, user: User, page: str, name: str, values: Mapping[str, str]) -> SavedFilter:
    """Keep the filter of a list; one of the same name is replaced. Raises Invalid or Conflict."""
    name, query = name.strip(), urlencode({key: value for key, value in values.items() if value})
    if not name or len(name) > LONGEST_NAME:
        raise Invalid("filter_name", _("Give the filter a name of 1 to 60 characters."), pointer="/name")
    if not query:
        raise Invalid("filter_empty", _("Choose what to filter by first, then save it."))
    if len(query) > LONGEST_QUERY:
        raise Invalid("filter_long", _("This search is too long to be saved: shorten it."))
    own = SavedFilter.objects.filter(user=user, page=page)
    if own.exclude(name=name).count() >= MOST_FILTERS:
        raise Conflict("filters_many", _("You have 30 saved filters already: remove one first."))
    saved, _made = SavedFilter.objects.update_or_create(user=user, page=page, name=name, defaults={"query": query})
    return saved


def list_filters(user: User, page: str) -> list[SavedFilter]:
    return list(SavedFilter.objects.filter(user=user, page=page))


def remove_filter(*, user: User, pk: int) -> bool:
    """False: there is no such filter of this person."""
    return bool(SavedFilter.objects.filter(user=user, pk=pk).delete()[0])
