"""Between the right password and being signed in: the browser's session remembers who has come half way."""

import time
from dataclasses import asdict, dataclass

from django.conf import settings
from django.contrib.auth import login
from django.http import HttpRequest

from accounts import audit
from accounts.models import User
from accounts.second_factor import Factor, has_any, is_asked_of

HALF_WAY, BY_FACTOR = "half_way", "second_factor"
PATIENCE_SECONDS = 5 * 60


@dataclass(frozen=True)
class HalfWay:
    """``mark`` changes with the password. ``goal``: where to go on."""

    user_id: int
    mark: str
    at: float
    goal: str


def remember(request: HttpRequest, user: User, goal: str) -> None:
    request.session[HALF_WAY] = asdict(HalfWay(user.pk, user.get_session_auth_hash(), time.time(), goal))


def who_is_half_way(request: HttpRequest) -> tuple[User, str] | None:
    """The person and where to go on; None: nobody, it was too long ago, or the password has changed since."""
    kept = request.session.get(HALF_WAY)
    half_way = None if kept is None else HalfWay(**kept)
    if half_way is None or time.time() - half_way.at > PATIENCE_SECONDS:
        return None
    user = User.objects.filter(pk=half_way.user_id, is_active=True).first()
    if user is None or user.get_session_auth_hash() != half_way.mark:
        return None
    return user, half_way.goal


def arrive(request: HttpRequest, user: User, factor: Factor | None) -> None:
    """Signed in. ``factor`` None: the password was all that is asked of this person."""
    request.session.pop(HALF_WAY, None)
    login(request, user, backend=settings.AUTHENTICATION_BACKENDS[0])
    if factor is not None:
        request.session[BY_FACTOR] = factor.value
    audit.record(user, "signed_in", user, after={} if factor is None else {"second_factor": factor.value})


def must_set_one_up(request: HttpRequest) -> bool:
    """Somebody of whom a second step is asked and who came in without: they can do nothing else before."""
    return BY_FACTOR not in request.session and isinstance(request.user, User) and is_asked_of(request.user)


def forget_factor(request: HttpRequest, user: User) -> None:
    """After the person removed one: whoever has none left is asked anew, should one be asked for."""
    if not has_any(user):
        request.session.pop(BY_FACTOR, None)
