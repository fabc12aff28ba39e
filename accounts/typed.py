"""What somebody typed into a form that could not be taken: which of it may be kept, whose it is, where it belongs.

A page whose form is sent after the session has ended, or after somebody signed in anew in another window, must lose
nothing and must show nothing to anybody else. The form's CSRF token tells who it was made for: every sign-in has a
secret of its own, and a signed cookie remembers for whom the last ones were. What was typed waits in the session of the
browser, without secrets, until that very person is signed in again.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse, QueryDict
from django.middleware.csrf import _unmask_cipher_token  # type: ignore[attr-defined]  # no public way to read a token
from django.utils import timezone
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.http import url_has_allowed_host_and_scheme

TOKEN = "csrfmiddlewaretoken"  # noqa: S105  the name of a field
SECRET_WORDS = ("password", "passcode", "secret", "token", "otp", "authorizationkey")
SECRET_NAMES = ("code", "current", "new", "again")  # of the second step, and of a changed password
SESSION_KEY = "typed"
COOKIE, SALT, REMEMBERED = "signed_in", "accounts.typed", 3
COOKIE_AGE, KEPT = timedelta(days=7), timedelta(hours=2)
UNMASKED, MASKED = 32, 64


@dataclass(frozen=True)
class Typed:
    """A form as it was sent. ``secrets`` and ``files``: names of what was filled in but is never kept."""

    fields: list[tuple[str, str]] = field(default_factory=list)
    secrets: list[str] = field(default_factory=list)
    files: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Kept:
    """``page``: where the form stands; ``action``: the path it is sent to."""

    by: int
    page: str
    action: str
    typed: Typed
    at: float

    def plain(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def of(cls, plain: Mapping[str, Any]) -> "Kept":
        typed = plain["typed"]
        fields = [(str(name), str(value)) for name, value in typed["fields"]]
        return cls(
            plain["by"], plain["page"], plain["action"], Typed(fields, typed["secrets"], typed["files"]), plain["at"]
        )


def typed_into(fields: Iterable[tuple[str, str]], files: Iterable[str] = ()) -> Typed:
    rows = [(name, value) for name, value in fields if name != TOKEN]
    # The value of a setting of a charger, whose key stands in another field of the form.
    beside = any(name == "key" and is_secret(value) for name, value in rows)
    hidden = {name for name, _value in rows if is_secret(name) or (beside and name == "value")}
    filled = [name for name, value in rows if name in hidden and value]
    return Typed([row for row in rows if row[0] not in hidden], list(dict.fromkeys(filled)), list(files))


def typed_in(request: HttpRequest) -> Typed:
    """Of a form that was sent; empty for anything else."""
    if request.method != "POST":
        return Typed()
    return typed_into(pairs(request.POST), (name for name in request.FILES if name))


def pairs(data: QueryDict) -> list[tuple[str, str]]:
    return [(name, value) for name in data for value in data.getlist(name)]


def is_secret(name: str) -> bool:
    return name in SECRET_NAMES or any(word in name.lower() for word in SECRET_WORDS)


def typed_by(request: HttpRequest) -> int | None:
    """The person for whom the page with this form was made; None: nobody knows."""
    given = request.POST.get(TOKEN) or request.headers.get("X-CSRFToken", "")
    if not given.isascii() or not given.isalnum() or len(given) not in {UNMASKED, MASKED}:
        return None
    mark = _mark(_unmask_cipher_token(given) if len(given) == MASKED else given)
    return next((person for person, known in _remembered(request) if constant_time_compare(known, mark)), None)


def remember_sign_in(request: HttpRequest, response: HttpResponse, person: int) -> None:
    """Whose the forms of this page are, in a cookie that outlives the session."""
    secret = request.META.get("CSRF_COOKIE")
    if not secret:
        return
    mine, known = (person, _mark(secret)), _remembered(request)
    if known[:1] == [mine]:
        return
    rows = [mine, *(row for row in known if row != mine)][:REMEMBERED]
    response.set_cookie(
        COOKIE,
        signing.dumps(rows, salt=SALT),
        max_age=COOKIE_AGE,
        httponly=True,
        samesite="Lax",
        secure=settings.SESSION_COOKIE_SECURE,
    )


def keep(request: HttpRequest, *, by: int, page: str, action: str, typed: Typed) -> None:
    kept = Kept(by, page, action, typed, timezone.now().timestamp())
    request.session[SESSION_KEY] = kept.plain()


def waiting(request: HttpRequest) -> bool:
    return SESSION_KEY in request.session


def take_back(request: HttpRequest, person: int) -> Kept | None:
    """What this person typed into a form of the page that is shown now. What is somebody else's or old is dropped."""
    plain = request.session.get(SESSION_KEY)
    if plain is None:
        return None
    kept = Kept.of(plain)
    if kept.by != person or kept.at < (timezone.now() - KEPT).timestamp():
        del request.session[SESSION_KEY]
        return None
    if urlsplit(kept.page).path != request.path:
        return None
    del request.session[SESSION_KEY]
    return kept


def page_of(request: HttpRequest) -> str:
    """Where the form that was sent stands: the path and query the browser names, else the address it was sent to."""
    named = request.headers.get("Referer", "")
    if url_has_allowed_host_and_scheme(named, {request.get_host()}, require_https=request.is_secure()):
        parts = urlsplit(named)
        return own_path(parts.path + (f"?{parts.query}" if parts.query else ""))
    return own_path(request.get_full_path())


def own_path(text: str) -> str:
    """A path of this portal, the front page for anything else."""
    return text if text.startswith("/") and url_has_allowed_host_and_scheme(text, None) else "/"


def read_pairs(text: str) -> list[tuple[str, str]]:
    """JSON ``[[name, value], …]`` as a script sends it; empty for anything else."""
    try:
        rows = json.loads(text)
        return [(name, value) for name, value in rows if isinstance(name, str) and isinstance(value, str)]
    except (ValueError, TypeError):
        return []


def _mark(secret: str) -> str:
    return salted_hmac(SALT, secret, algorithm="sha256").hexdigest()[:32]


def _remembered(request: HttpRequest) -> list[tuple[int, str]]:
    try:
        rows = signing.loads(request.COOKIES.get(COOKIE, ""), salt=SALT, max_age=COOKIE_AGE)
    except signing.BadSignature:
        return []
    return [(int(person), str(mark)) for person, mark in rows]
