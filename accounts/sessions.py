"""Sessions in browsers: where a person is signed in, since when, and how to end that from elsewhere.

What every request needs stands in the session itself (seconds since the epoch); the row of ``BrowserSession`` is for
the list, and is brought up to date once a minute.
"""

import time
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth.signals import user_logged_in, user_logged_out
from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone

from accounts import audit
from accounts.actor import Who
from accounts.models import BrowserSession, User

SIGNED_IN_AT, SEEN_AT, PROVED_AT = "signed_in_at", "seen_at", "proved_at"
SEEN_EVERY_SECONDS = 60


def connect() -> None:
    user_logged_in.connect(_signed_in, dispatch_uid="accounts.sessions")
    user_logged_out.connect(_signed_out, dispatch_uid="accounts.sessions")


def has_ended(request: HttpRequest) -> bool:
    """Whether the session has outlived one of its two limits."""
    session, now = request.session, time.time()
    if SIGNED_IN_AT not in session:
        return False
    since_sign_in, since_seen = now - session[SIGNED_IN_AT], now - session[SEEN_AT]
    return bool(since_sign_in > settings.SESSION_COOKIE_AGE or since_seen > settings.SESSION_IDLE_SECONDS)


def end(request: HttpRequest) -> None:
    """The request goes on as nobody's."""
    BrowserSession.objects.filter(session_key=request.session.session_key or "").delete()
    request.session.flush()


def see(request: HttpRequest) -> None:
    """The person is there."""
    session, now = request.session, time.time()
    if SIGNED_IN_AT in session and now - session[SEEN_AT] >= SEEN_EVERY_SECONDS:
        session[SEEN_AT] = now
        BrowserSession.objects.filter(session_key=session.session_key or "").update(seen_at=timezone.now())


def list_sessions(user: User) -> QuerySet[BrowserSession]:
    """Those that still count, the one used last first."""
    now = timezone.now()
    idle, oldest = timedelta(seconds=settings.SESSION_IDLE_SECONDS), timedelta(seconds=settings.SESSION_COOKIE_AGE)
    rows = BrowserSession.objects.filter(user=user, seen_at__gt=now - idle, signed_in_at__gt=now - oldest)
    return rows.order_by("-seen_at", "-id")


@transaction.atomic
def end_sessions(*, user: User, apart_from: str = "", pk: int | None = None, actor: Who | None = None) -> int:
    """End the person's sessions, or the one ``pk``; ``apart_from`` (a session's key) goes on. Says how many.

    ``actor`` None: the person.
    """
    rows = BrowserSession.objects.filter(user=user).exclude(session_key=apart_from)
    if pk is not None:
        rows = rows.filter(pk=pk)
    keys = list(rows.values_list("session_key", flat=True))
    ended, _each = Session.objects.filter(session_key__in=keys).delete()
    rows.delete()
    if ended:
        audit.record(actor or user, "sessions_ended", user, after={"sessions": ended})
    return ended


def forget_ended_ones() -> None:
    """What nobody can go on with, of everybody."""
    now = timezone.now()
    idle, oldest = timedelta(seconds=settings.SESSION_IDLE_SECONDS), timedelta(seconds=settings.SESSION_COOKIE_AGE)
    over = BrowserSession.objects.filter(Q(seen_at__lte=now - idle) | Q(signed_in_at__lte=now - oldest))
    Session.objects.filter(session_key__in=list(over.values_list("session_key", flat=True))).delete()
    over.delete()
    Session.objects.filter(expire_date__lt=now).delete()


def rename(old_key: str, request: HttpRequest) -> None:
    """The session goes on under another key."""
    BrowserSession.objects.filter(session_key=old_key).update(session_key=request.session.session_key)


def _signed_in(sender: Any, request: HttpRequest, user: User, **_kwargs: Any) -> None:
    session, now = request.session, time.time()
    session[SIGNED_IN_AT] = session[SEEN_AT] = session[PROVED_AT] = now
    BrowserSession.objects.filter(user=user).exclude(pk__in=list_sessions(user).order_by().values("pk")).delete()
    BrowserSession.objects.update_or_create(
        session_key=session.session_key,
        defaults={
            "user": user,
            "signed_in_at": timezone.now(),
            "seen_at": timezone.now(),
            "remote_address": str(request.META.get("REMOTE_ADDR", ""))[:64],
            "agent": request.META.get("HTTP_USER_AGENT", "")[:200],
        },
    )


def _signed_out(sender: Any, request: HttpRequest, user: User | None, **_kwargs: Any) -> None:
    BrowserSession.objects.filter(session_key=request.session.session_key or "").delete()
