"""A person's language comes along in Django's cookie, which its middleware reads."""

from datetime import timedelta

from django.conf import settings
from django.http import HttpResponse

COOKIE_AGE = timedelta(days=365)


def remember_language[R: HttpResponse](response: R, language: str) -> R:
    """``language`` empty: the person has chosen none."""
    if language:
        response.set_cookie(
            settings.LANGUAGE_COOKIE_NAME,
            language,
            max_age=COOKIE_AGE,
            samesite="Lax",
            secure=settings.SESSION_COOKIE_SECURE,
        )
    return response
