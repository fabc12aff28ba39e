"""What people set about themselves."""

from accounts.models import User


def set_language(*, user: User, language: str) -> None:
    User.objects.filter(pk=user.pk).update(language=language)
